"""The banner above every open page: the background import, its failure, and what is simulated; staleness below."""

from datetime import datetime

import streamlit as st

from dashboard.first_run import actions
from dashboard.first_run.current_view import read_view_or_rerun
from dashboard.first_run.outages import draw_outages
from dashboard.first_run.simulated import draw_simulated_notice
from dashboard.first_run.view import Screen, View
from dashboard.reading import data, format
from dashboard.reading.settings import DashboardSettings
from dashboard.reading.snapshots import Snapshot
from warehouse.progress import Progress

RERUNS = "reruns_for_one_snapshot"
# While a sync stores batch after batch, a page is drawn again this often before it says that it is mixed.
MAX_RERUNS = 2
SEEN_PARTIAL = "seen_partial"


def draw(team_id: str, view: View) -> None:
    """Draw the banner; it refreshes every ten seconds while something runs, and not at all once complete."""

    @st.fragment(run_every=view.poll_seconds)
    def banner() -> None:
        progress, newest = read_view_or_rerun(team_id)
        if newest.screen is not view.screen:
            st.rerun()
        _draw_banner(progress, newest)

    banner()


def _draw_banner(progress: Progress, view: View) -> None:
    match view.screen:
        case Screen.OPENING | Screen.PARTIAL:
            st.session_state[SEEN_PARTIAL] = True
            _draw_partial(progress, view)
        case Screen.PHASE2_FAILED | Screen.REFRESH_FAILED:
            _draw_problem(progress, view, is_severe=False)
        case Screen.FAILED:
            _draw_problem(progress, view, is_severe=True)
        case Screen.COMPLETE if st.session_state.pop(SEEN_PARTIAL, False):
            st.toast(f"{view.title}: {format.escape(view.text)}", icon=":material/task_alt:", duration="long")
        case Screen.COMPLETE if view.hint:
            st.caption(f":material/rule: {format.escape(view.hint, 800)} See Data health & sync.")
        case _:
            pass
    if view.disagreement:
        st.info(format.escape(view.disagreement, 800), icon=":material/sync_problem:")
    draw_outages()
    draw_simulated_notice(progress)


def _draw_partial(progress: Progress, view: View) -> None:
    percent = view.percent or 0.0
    parts = [f"**{view.title}**", f"{percent:.0f} %"] if view.percent is not None else [f"**{view.title}**"]
    parts.append(format.escape(view.text.removesuffix(".")))
    if view.remaining is not None:
        parts.append(f"about {format.seconds(view.remaining.total_seconds())} left")
    parts.append("incomplete weeks are hatched")
    text = ":material/history: " + " · ".join(parts)
    if view.percent is None:
        st.caption(text)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, percent / 100), text=text)
        actions.draw_retry(progress, view, key="banner_retry")


def _draw_problem(progress: Progress, view: View, *, is_severe: bool) -> None:
    text = f"{format.escape(view.text, 800)} {format.escape(view.hint, 800)}"
    box = st.error if is_severe else st.warning
    with st.container(horizontal=True, vertical_alignment="center"):
        box(text, title=view.title, icon=":material/sync_problem:")
        actions.draw_retry(progress, view, key="banner_retry")


def follow_snapshot(at: Snapshot) -> None:
    """Run the page again if a commit came between its reads, so that it shows one state; say so if that never ends."""
    if not data.has_moved(at):
        st.session_state.pop(RERUNS, None)
        return
    st.session_state[RERUNS] = st.session_state.get(RERUNS, 0) + 1
    if st.session_state[RERUNS] <= MAX_RERUNS:
        st.rerun()
    st.session_state.pop(RERUNS)
    st.caption(
        ":material/sync: Data were stored while this page was drawn: some of its numbers may be newer than others."
    )


def draw_as_of(as_of: datetime | None, view: View) -> None:
    """Draw in the sidebar the time as of which the numbers are, with a badge if that is long ago."""
    with st.sidebar:
        st.caption(f":material/schedule: Data as of {format.timestamp(as_of)}")
        if view.is_stale:
            st.badge(
                "Stale",
                icon=":material/history_toggle_off:",
                color="orange",
                help=f"The last sync was more than {DashboardSettings.read().stale_hours} hours ago.",
            )
