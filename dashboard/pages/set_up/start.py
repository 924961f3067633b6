"""The button that begins the import, and what reads the pull requests then."""

import streamlit as st

from dashboard.first_run.buttons import main_type
from dashboard.parts.forms.attempts import attempt
from dashboard.reading import admin, format
from dashboard.reading.admin import SetUp


def draw_start(state: SetUp, ticked: int) -> None:
    """Draw what the language model is sent, and the button; without a key for one, the rules alone read."""
    if state.model is not None:
        st.caption(
            f"Each pull request is read by {format.escape(state.model)}: it is sent titles, descriptions and names of "
            "files, never code, with secrets taken out."
        )
        without = st.checkbox("Begin without the model: rules alone read", key="without_model")
    else:
        reason = format.escape(state.model_problem.message, 400) if state.model_problem else ""
        st.info(
            f"{reason} Without it, rules alone read the pull requests: all numbers of delivery and review are there, "
            "types of work and summaries are missing until you add a key.",
            title="No language model yet",
            icon=":material/smart_toy:",
        )
        without = True
    label = "Start the import" if state.model is not None else "Start without a model"
    if st.button(label, type=main_type(), icon=":material/play_arrow:", key="start_import", disabled=ticked == 0):
        attempt(lambda: admin.start_import(without_model=without), "Storing the choice, and queueing the import ...")
