"""Step 1: a token, pasted or by GitHub's login; or the token and the App that prflow was started with."""

from urllib.parse import quote

import streamlit as st

from dashboard.first_run.buttons import main_type
from dashboard.parts.forms.access import draw_access, draw_token_field
from dashboard.parts.forms.attempts import attempt, draw_last_problem, draw_problem
from dashboard.reading import admin, format
from dashboard.reading.admin import Access, SetUp
from dashboard.reading.settings import DashboardSettings
from warehouse.set_up import Step

POLL_SECONDS = 2.0
# What GitHub's page of a new classic token is filled in with.
SCOPES = "repo,read:org"


def draw_connect(state: SetUp) -> None:
    """Draw what gives access now, and the ways to give another."""
    st.subheader("Connect GitHub", anchor=False)
    st.markdown("prflow only reads. It needs to see your pull requests, and the members of your organisation.")
    draw_last_problem()
    usable = [access for access in state.accesses if access.problem is None]
    if state.device is not None:
        _draw_login(state)
    elif usable:
        _draw_found(state, usable)
        with st.expander("Use another token", icon=":material/key:"):
            _draw_ways(state)
    else:
        for access in state.accesses:
            if access.problem is not None:
                draw_problem(access.problem)
        if state.access_problem is not None:
            draw_problem(state.access_problem)
        _draw_ways(state)


def _draw_found(state: SetUp, usable: list[Access]) -> None:
    for access in usable:
        draw_access(access)
    if st.button("Continue", type=main_type(), icon=":material/arrow_forward:", key="to_organisation"):
        attempt(lambda: admin.go_to(Step.ORGANISATION), "Saving ...")


def _draw_ways(state: SetUp) -> None:
    if state.can_log_in:
        if st.button("Sign in with GitHub", icon=":material/login:", key="sign_in", type=main_type()):
            attempt(admin.begin_login, "Asking GitHub for a code ...")
        st.caption("Or paste a token:")
    token = draw_token_field("GitHub token", "set_up")
    if token is not None:
        attempt(lambda: admin.save_token(token), "Asking GitHub whose token this is, and what it allows ...")
    if DashboardSettings().is_simulated:
        st.info(
            "This is the demo: GitHub is simulated. Any word of eight letters or more is a token, for example "
            "`demo-token`; `bad-token` is refused.",
            icon=":material/science:",
        )
    else:
        _draw_help(state)


def _draw_help(state: SetUp) -> None:
    page = f"{state.web_url}/settings/tokens/new?scopes={quote(SCOPES)}&description=prflow"
    st.link_button("Create a token on GitHub", page, icon=":material/open_in_new:")
    with st.expander("Which token, and what of an App?", icon=":material/help:"):
        st.markdown(
            "- **A classic token** with the scopes `repo` and `read:org`: the button above fills GitHub's page in.\n"
            "- **A fine-grained token** of the organisation, with read access to Contents, Pull requests, Metadata and "
            "Members.\n"
            "- **A GitHub App**, which belongs to no person: set `PRFLOW_GITHUB_APP_ID` and "
            "`PRFLOW_GITHUB_APP_PRIVATE_KEY_FILE` in `.env`, then start prflow again.\n"
            "- **Sign in with GitHub**: set `PRFLOW_GITHUB_CLIENT_ID` of an OAuth App whose device flow is enabled.\n\n"
            "The same on the command line: `prflow login`, or `GITHUB_TOKEN` in `.env`."
        )


def _draw_login(state: SetUp) -> None:
    """Draw the code of the device flow, or why it ended; the page goes on by itself once it is approved."""
    if state.device is not None and state.device.problem is not None:
        draw_problem(state.device.problem)
        _draw_cancel("Back")
        return

    @st.fragment(run_every=POLL_SECONDS)
    def panel() -> None:
        device = admin.read_set_up().device
        if device is None or device.problem is not None:
            st.rerun()
        st.markdown(f"Open **{format.escape(device.url)}** and enter this code:")
        st.code(device.user_code, language=None)
        st.link_button("Open GitHub", device.url, icon=":material/open_in_new:")
        st.markdown(":primary[:material/progress_activity:] Waiting for your approval. This page goes on by itself.")

    panel()
    _draw_cancel("Cancel")


def _draw_cancel(label: str) -> None:
    if st.button(label, key="cancel_login"):
        attempt(admin.cancel_login, "Cancelling ...")
