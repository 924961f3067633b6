"""What a person can do about a run: start it again, or go on without it."""

from typing import Literal

import streamlit as st

from dashboard.first_run.view import View
from dashboard.reading import format, runs
from warehouse.progress import Progress

SKIPPED = "skipped_run"


def draw_retry(progress: Progress, shown: View, key: str, is_main: bool = False) -> None:
    """The button, where there is something to retry. Pressing it twice starts one run."""
    if shown.retry_phase is None:
        return
    kind: Literal["primary", "secondary"] = "primary" if is_main else "secondary"
    if st.button("Retry", key=key, type=kind, icon=":material/refresh:"):
        try:
            run = runs.retry(progress.team_id, shown.retry_phase, progress.run_id)
        except runs.PrefectUnavailable as error:
            st.error(format.escape(str(error)), icon=":material/cloud_off:")
        else:
            st.toast(f"Started again as {format.escape(run.name)}.", icon=":material/refresh:")


def skip(progress: Progress) -> None:
    """Opens the pages of this session on what is there, until another run begins."""
    st.session_state[SKIPPED] = progress.run_id
    st.rerun()


def is_skipped(progress: Progress) -> bool:
    """True where this session chose to go on without the run that failed."""
    return SKIPPED in st.session_state and st.session_state[SKIPPED] == progress.run_id
