"""How far a person agrees with the types of work, and which pull requests are still to be judged."""

import polars as pl
import streamlit as st

from dashboard.parts.tables import draw_readings
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.precision.agreement import LOW_AGREEMENT, MIN_CHECKED, compute_agreement
from warehouse.metrics.precision.flips import MIN_READ, compute_flips
from warehouse.reads.reading_checks import WORK_TYPE


def draw_agreement(page: Context) -> None:
    """Draw the figure of agreement, and the drawn pull requests; a click in a row opens the question."""
    drawn = page.reader.drawn_readings().filter(pl.col("question") == WORK_TYPE)
    if drawn.is_empty():
        st.caption("No merged pull request has a type of work yet.")
        return
    row = compute_agreement(drawn).row(0, named=True)
    st.markdown(say_agreement(row))
    st.caption(say_flips(compute_flips(page.reader.second_readings())))
    left = drawn.filter(pl.col("is_right").is_null())
    if not left.is_empty():
        draw_readings(left, "agreement")


def say_flips(flips: pl.DataFrame) -> str:
    """Say how often the model says something else when it is asked a second time, in Markdown."""
    enough = [row for row in flips.iter_rows(named=True) if row["read"] >= MIN_READ]
    if not enough:
        most = max(flips["read"].to_list(), default=0)
        return f"Asked twice: {most}. From {MIN_READ} on, how often the answer changes is given here."
    said = [
        f"{NAMES[row['question']]} in {format.share_between(row['share'], row['low'], row['high'])}" for row in enough
    ]
    most = max(row["read"] for row in enough)
    return f"Asked twice, with the fields in another order, the model changes its {', '.join(said)}; n = {most:,}."


NAMES = {"work_type": "type of work", "risk": "risk", "ai_level": "AI level"}


def say_agreement(row: dict[str, float]) -> str:
    """Say how many were judged and how many are right, with the interval, in Markdown."""
    if row["checked"] < MIN_CHECKED:
        return f"**{row['checked']} of {row['drawn']} judged.** From {MIN_CHECKED} on, the agreement is given here."
    figure = format.share_between(row["share"], row["low"], row["high"])
    text = f"**Agreement here {figure}**, {row['checked']} of {row['drawn']} judged."
    if row["share"] < LOW_AGREEMENT:
        return f":gray[{text} That is little: take the types of work for guesses.]"
    return text
