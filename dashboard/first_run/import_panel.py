"""The screen in place of every page while a team's first days are imported."""

from typing import Literal

import streamlit as st

from dashboard.first_run import actions
from dashboard.first_run.current_view import read_view_or_rerun
from dashboard.first_run.layout import centred
from dashboard.first_run.outages import draw_outages
from dashboard.first_run.repository_table import draw_import_table
from dashboard.first_run.simulated import draw_simulated_notice
from dashboard.first_run.view import BLOCKED_POLL_SECONDS, Screen, StepState, View, starting_view
from dashboard.reading import clock, format
from warehouse.progress import Progress

BADGES: dict[Screen, tuple[str, Literal["blue", "orange", "violet", "red"]]] = {
    Screen.BLOCKED: ("Running", "blue"),
    Screen.STALLED: ("Stalled", "orange"),
    Screen.WAITING: ("Waiting", "violet"),
    Screen.FAILED: ("Failed", "red"),
}
INTRODUCTION = (
    "The most recent days are imported first, so the dashboard opens within minutes. "
    "Older history follows in the background."
)
INTRODUCTION_OF_FAILURE = "The pages open once the first days are in. What has been fetched so far is kept."
STEP_ICONS = {
    StepState.DONE: ":green[:material/check_circle:]",
    StepState.RUNNING: ":primary[:material/progress_activity:]",
    StepState.TO_DO: ":gray[:material/radio_button_unchecked:]",
}


def draw_import_screen(team_id: str) -> None:
    """Draw the panel; it refreshes every two seconds, and opens the page that was asked for by itself."""

    @st.fragment(run_every=BLOCKED_POLL_SECONDS)
    def panel() -> None:
        progress, view = read_view_or_rerun(team_id)
        if view.is_open:
            st.rerun()
        if view.screen is Screen.CONNECT:  # Start was pressed this very moment: its run is not there yet
            view = starting_view()
        _draw_panel(progress, view)

    panel()


def _draw_panel(progress: Progress, view: View) -> None:
    with centred():
        st.title(view.title, anchor=False)
        st.markdown(INTRODUCTION_OF_FAILURE if view.screen is Screen.FAILED else INTRODUCTION)
        draw_outages()
        with st.container(border=True):
            _draw_heading(progress, view)
            if view.screen is not Screen.FAILED:
                _draw_bar(progress, view)
                _draw_steps(view)
            _draw_message(view)
            _draw_actions(progress, view)
            draw_import_table(progress.repos)
        _draw_footer(progress)


def _draw_heading(progress: Progress, view: View) -> None:
    label, color = BADGES[view.screen]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(f"Importing the first days of {format.escape(progress.login)}", anchor=False)
        st.badge(label, color=color)


def _draw_bar(progress: Progress, view: View) -> None:
    percent = view.percent or 0.0
    text = f"**{percent:.0f} %** overall · {format.escape(progress.description.removesuffix('.'))}"
    if view.remaining is not None:
        text += f" · about {format.seconds(view.remaining.total_seconds())} left"
    st.progress(min(1.0, percent / 100), text=text)


def _draw_steps(view: View) -> None:
    with st.container(horizontal=True, gap="medium"):
        for step in view.steps:
            name = f"**{step.name}**" if step.state is StepState.RUNNING else step.name
            st.markdown(f"{STEP_ICONS[step.state]} {name}", width="content")


def _draw_message(view: View) -> None:
    text, hint = format.escape(view.text, 800), format.escape(view.hint, 800)
    match view.screen:
        case Screen.STALLED:
            st.warning(f"{text} {hint}", title="Looks stalled", icon=":material/hourglass_top:")
        case Screen.WAITING:
            st.info(f"{text} {hint}", title="Waiting", icon=":material/schedule:")
        case Screen.FAILED:
            st.error(f"{text}\n\n**What to do:** {hint}", title="Why it failed", icon=":material/error:")
        case _:
            pass
    if view.disagreement:
        st.info(format.escape(view.disagreement, 800), icon=":material/sync_problem:")


def _draw_actions(progress: Progress, view: View) -> None:
    if not view.retry_phase and not view.can_skip:
        return
    with st.container(horizontal=True):
        actions.draw_retry(progress, view, key="import_retry", is_main=True)
        if view.can_skip and st.button("Continue with what is there", key="skip", icon=":material/skip_next:"):
            actions.skip(progress)


def _draw_footer(progress: Progress) -> None:
    parts = [f"Last checked {format.time_of_day(clock.now())}"]
    if progress.is_running:
        parts.append("you can close this tab: the import continues")
    if progress.run_url:
        parts.append(f"[open the run in Prefect]({progress.run_url})")
    st.caption(" · ".join(parts))
    draw_simulated_notice(progress)
