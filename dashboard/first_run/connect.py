"""The screen before anything was fetched: how to connect an organisation, or that the demo is starting."""

import streamlit as st

from dashboard.access.rule import EVERY_TEAM, What
from dashboard.first_run.layout import centred
from dashboard.first_run.view import View, connect_view, demo_starting_view
from dashboard.reading import data, person
from dashboard.reading.settings import DashboardSettings

KEYS = """GITHUB_TOKEN=…     # with read access to the repositories; or `prflow login`, or a GitHub App
GROQ_API_KEY=…     # or any OpenAI-compatible model"""
IS_DRAWN = "connect_drawn"


def draw_connect_screen(set_up: st.Page) -> None:
    """Draw the ways to connect an organisation, `set_up` first; the page opens once one of them is done."""
    settings = DashboardSettings.read()
    is_demo = settings.is_simulated and not settings.is_set_up_demo
    view = demo_starting_view() if is_demo else connect_view()

    @st.fragment(run_every=view.poll_seconds)
    def panel() -> None:
        if st.session_state.get(IS_DRAWN) and data.has_team():
            st.session_state.pop(IS_DRAWN)
            st.rerun()
        st.session_state[IS_DRAWN] = True
        if is_demo:
            _draw_demo_starting(view)
        else:
            _draw_ways(view, set_up)

    panel()


def _draw_ways(view: View, set_up: st.Page) -> None:
    with centred():
        st.title(view.title, anchor=False)
        st.markdown(
            f"{view.text} Give it a token that may read, choose an organisation and its repositories: the first pages "
            "open within minutes."
        )
        has_settings = DashboardSettings.read().has_settings and person.is_allowed(What.SET_UP, EVERY_TEAM)
        if has_settings:
            # A link and not a button: the browser itself goes there, whatever this fragment's polling does meanwhile.
            with st.container(border=True, key="to_set_up"):
                st.page_link(set_up, label="**Set up prflow**", icon=":material/arrow_forward:", width="stretch")
        ways = "On the command line instead" if has_settings else "On the command line of the machine of prflow"
        with st.expander(ways, icon=":material/terminal:", expanded=not has_settings):
            st.markdown("Give prflow access, in `.env` or as environment variables:")
            st.code(KEYS, language=None)
            st.markdown("Then follow an organisation or user, with all of its repositories or only some:")
            st.code("prflow onboard OWNER [--repo OWNER/NAME ...]", language=None)
            st.caption("This page opens by itself once the first pull requests are in.")
        st.caption("Want to look around first? “prflow demo” shows everything with a simulated organisation.")


def _draw_demo_starting(view: View) -> None:
    with centred():
        st.title(view.title, anchor=False)
        with st.container(border=True):
            st.markdown(f":primary[:material/progress_activity:] {view.text}")
            st.caption(view.hint)
