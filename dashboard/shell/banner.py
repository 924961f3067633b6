"""What stands above every open page: the background import, its failure, staleness, what is simulated."""

from datetime import datetime

import streamlit as st

from dashboard.first_run import actions, import_panel
from dashboard.first_run.view import STALE_AFTER, Screen, View
from dashboard.reading import format
from warehouse.progress import Progress

SEEN_PARTIAL = "seen_partial"


def draw(team_id: str, shown: View) -> None:
    """The banner; it looks again every ten seconds while something runs, and not at all once complete."""

    @st.fragment(run_every=shown.poll_seconds)
    def banner() -> None:
        progress, now_shown = import_panel.look_again(team_id)
        if now_shown.screen is not shown.screen:
            st.rerun()
        _draw(progress, now_shown)

    banner()


def _draw(progress: Progress, shown: View) -> None:
    match shown.screen:
        case Screen.OPENING | Screen.PARTIAL:
            st.session_state[SEEN_PARTIAL] = True
            _draw_partial(progress, shown)
        case Screen.PHASE2_FAILED | Screen.REFRESH_FAILED:
            _draw_problem(progress, shown, "quiet")
        case Screen.FAILED:
            _draw_problem(progress, shown, "loud")
        case Screen.COMPLETE if st.session_state.pop(SEEN_PARTIAL, False):
            st.toast(f"{shown.title}: {format.escape(shown.text)}", icon=":material/task_alt:", duration="long")
        case _:
            pass
    if shown.disagreement:
        st.info(format.escape(shown.disagreement, 800), icon=":material/sync_problem:")
    import_panel.draw_simulated(progress)


def _draw_partial(progress: Progress, shown: View) -> None:
    percent = shown.percent or 0.0
    words = [f"**{shown.title}**", f"{percent:.0f} %"] if shown.percent is not None else [f"**{shown.title}**"]
    words.append(format.escape(shown.text.removesuffix(".")))
    if shown.remaining is not None:
        words.append(f"about {format.seconds(shown.remaining.total_seconds())} left")
    words.append("weeks that are not complete are hatched")
    text = ":material/history: " + " · ".join(words)
    if shown.percent is None:
        st.caption(text)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, percent / 100), text=text)
        actions.draw_retry(progress, shown, key="banner_retry")


def _draw_problem(progress: Progress, shown: View, tone: str) -> None:
    text = f"{format.escape(shown.text, 800)} {format.escape(shown.hint, 800)}"
    box = st.warning if tone == "quiet" else st.error
    with st.container(horizontal=True, vertical_alignment="center"):
        box(text, title=shown.title, icon=":material/sync_problem:")
        actions.draw_retry(progress, shown, key="banner_retry")


def draw_as_of(as_of: datetime | None, shown: View) -> None:
    """The time as of which the numbers are, in the sidebar, with a badge where that is long ago."""
    with st.sidebar:
        st.caption(f":material/schedule: Data as of {format.moment(as_of)}")
        if shown.is_stale:
            st.badge(
                "Stale", icon=":material/history_toggle_off:", color="orange",
                help=f"The newest sync is older than {STALE_AFTER.total_seconds() / 3600:.0f} hours.",
            )  # fmt: skip
