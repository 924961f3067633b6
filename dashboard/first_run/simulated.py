"""The notice on every page that data are simulated."""

import streamlit as st

from warehouse.progress import Progress


def draw_simulated_notice(progress: Progress) -> None:
    """Say what is simulated, if anything is."""
    if progress.is_simulated and progress.is_analysis_simulated:
        text = "Pull requests come from a simulated GitHub, their analysis from a simulated model."
    elif progress.is_simulated:
        text = "Pull requests come from a simulated GitHub."
    elif progress.is_analysis_simulated:
        text = "The analysis comes from a simulated model."
    else:
        return
    st.caption(f":orange-badge[:material/science: Simulated] {text}")
