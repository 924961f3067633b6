"""The actions of a person on a run: start it again, or continue without it."""

import streamlit as st

from dashboard.access.rule import What
from dashboard.first_run.buttons import main_type
from dashboard.first_run.view import View
from dashboard.reading import format, person, runs
from warehouse.progress import Progress

SKIPPED = "skipped_run"


def draw_retry(progress: Progress, view: View, key: str, is_main: bool = False) -> None:
    """Draw the button for who may press it, if there is something to retry. Pressing it twice starts one run."""
    if view.retry_phase is None or not person.is_allowed(What.DECIDE, progress.team_id):
        return
    if st.button("Retry", key=key, type=main_type() if is_main else "secondary", icon=":material/refresh:"):
        try:
            with st.spinner("Asking Prefect to start it again ..."):
                run = runs.retry(progress.team_id, view.retry_phase, progress.run_id)
        except runs.PrefectUnavailable as error:
            st.error(format.escape(f"{error} {error.hint}"), icon=":material/cloud_off:")
        else:
            st.toast(f"Started again as {format.escape(run.name)}.", icon=":material/refresh:")


def skip(progress: Progress) -> None:
    """Open the pages of this session with what is there, until another run begins."""
    st.session_state[SKIPPED] = progress.run_id
    st.rerun()


def is_skipped(progress: Progress) -> bool:
    """Return True if this session chose to continue without the run that failed."""
    return SKIPPED in st.session_state and st.session_state[SKIPPED] == progress.run_id
