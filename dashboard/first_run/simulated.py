"""The notice on every page that data are simulated, or read without a model."""

from typing import Literal

import streamlit as st

from warehouse.progress import Progress


def draw_simulated_notice(progress: Progress) -> None:
    """Say what is simulated, if anything is, and that no model reads, if a team chose so."""
    if progress.is_without_model:
        _draw_notice(
            "Rules only",
            ":material/rule:",
            "gray",
            "No language model reads this team's pull requests: there are no summaries and no risks, and the "
            "type of work is known only if the title or the files show it. Set GROQ_API_KEY to add one.",
        )
    if progress.is_simulated and progress.is_analysis_simulated:
        text = "Pull requests come from a simulated GitHub, their analysis from a simulated model."
    elif progress.is_simulated:
        text = "Pull requests come from a simulated GitHub."
    elif progress.is_analysis_simulated:
        text = "The analysis comes from a simulated model."
    else:
        return
    _draw_notice("Simulated", ":material/science:", "orange", text)


def _draw_notice(label: str, icon: str, color: Literal["gray", "orange"], text: str) -> None:
    # A badge within a caption fades with it, below the contrast that its letters need.
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(label, icon=icon, color=color)
        st.caption(text, width="stretch")
