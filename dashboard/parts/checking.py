"""“Right?”: a person judges what rules and model say of the pull requests that are drawn for it."""

import polars as pl
import streamlit as st

from dashboard.access.rule import What
from dashboard.reading import format, person, writing
from dashboard.reading.data import Reader
from dashboard.reading.rows import DrawnReading, make_rows
from warehouse.decisions.reading_checks import ReadingKey
from warehouse.errors import PrflowError
from warehouse.reads.reading_checks import WORK_TYPE


def draw_questions(reader: Reader, pull_request_id: str) -> None:
    """Draw the questions about a pull request for who decides for the team; nothing if it is not drawn."""
    if not person.is_allowed(What.DECIDE, reader.team_id):
        return
    drawn = reader.drawn_readings().filter(pl.col("pull_request_id") == pull_request_id)
    readings = make_rows(DrawnReading, drawn)
    if not readings:
        return
    with st.container(border=True, gap="xsmall"):
        st.caption("Drawn for a check. Your answer counts for everybody's figure of agreement.")
        for reading in readings:
            _draw_question(reader.team_id, reading)


def ask(reading: DrawnReading) -> str:
    """Return the question in Markdown."""
    if reading.question == WORK_TYPE:
        return f"Is **{format.escape(reading.said.replace('_', '/'))}** the right type of work?"
    return f"Does the sign **{format.escape(reading.subject)}** show here that an AI tool was used?"


def _draw_question(team_id: str, reading: DrawnReading) -> None:
    key = ReadingKey(reading.pull_request_id, reading.question, reading.subject)
    name = f"check_{reading.question}_{reading.subject}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(ask(reading), width="stretch")
        if reading.is_right is None:
            _draw_button(team_id, key, name, "Right", is_right=True)
            _draw_button(team_id, key, name, "Wrong", is_right=False)
        else:
            st.badge("Right" if reading.is_right else "Wrong", color="green" if reading.is_right else "red")
            _draw_button(team_id, key, name, "Undo", is_right=None)


def _draw_button(team_id: str, key: ReadingKey, name: str, label: str, *, is_right: bool | None) -> None:
    if not st.button(label, key=f"{name}_{label}", type="tertiary"):
        return
    try:
        writing.check_reading(team_id, key, is_right)
    except PrflowError as error:
        st.error(f"{format.escape(str(error), 400)} {format.escape(error.hint, 400)}", icon=":material/error:")
    else:
        st.rerun()
