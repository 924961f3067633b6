"""The notice on every page that data are simulated, or read without a model."""

import streamlit as st

from warehouse.progress import Progress


def draw_simulated_notice(progress: Progress) -> None:
    """Say what is simulated, if anything is, and that no model reads, if a team chose so."""
    if progress.is_without_model:
        st.caption(
            ":gray-badge[:material/rule: Rules only] No language model reads this team's pull requests: there are no "
            "summaries and no risks, and a type of work only if title or files tell it. Set `GROQ_API_KEY` to add one."
        )
    if progress.is_simulated and progress.is_analysis_simulated:
        text = "Pull requests come from a simulated GitHub, their analysis from a simulated model."
    elif progress.is_simulated:
        text = "Pull requests come from a simulated GitHub."
    elif progress.is_analysis_simulated:
        text = "The analysis comes from a simulated model."
    else:
        return
    st.caption(f":orange-badge[:material/science: Simulated] {text}")
