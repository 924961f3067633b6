"""What was found in the last 90 days, and for how long it held."""

from datetime import timedelta

import polars as pl
import streamlit as st

from dashboard.pages.insights import enough
from dashboard.parts.behind_insight import BehindInsight
from dashboard.reading import format
from dashboard.reading.rows import StoredInsight, make_rows
from dashboard.shell.context import Context

KEY = "insight_history"
STATES = ["True now", "Dismissed", "Resolved"]
COLORS = ["orange", "gray", "green"]
MAX_ROWS_SHOWN = 15


def draw_history(page: Context) -> None:
    """Draw one row per insight, the latest first; a click in a row lists the pull requests that it names."""
    found = make_rows(StoredInsight, page.reader.all_insights())
    if not found:
        st.caption(f"Nothing was found yet. {enough.say_needed(page)}")
        return
    turn = st.session_state.setdefault(f"{KEY}_turn", 0)
    event = st.dataframe(
        make_table(page, found),
        hide_index=True,
        height="content" if len(found) <= MAX_ROWS_SHOWN else 560,
        key=f"{KEY}_{turn}",
        on_select="rerun",
        selection_mode="single-cell",
        placeholder=format.MISSING,
        column_config={
            "State": st.column_config.MultiselectColumn(options=STATES, color=COLORS, width=80),
            "What was found": st.column_config.TextColumn(width=520),
            "First seen": st.column_config.DatetimeColumn(width=75, format="DD MMM YY"),
            "Last seen": st.column_config.DatetimeColumn(width=75, format="DD MMM YY"),
            "Resolved": st.column_config.DatetimeColumn(width=75, format="DD MMM YY"),
            "Days": st.column_config.NumberColumn(width=48, help="For how many days it was found again and again"),
            "PRs": st.column_config.NumberColumn(width=48, help="Pull requests that it names; click to list them"),
        },
        alt="Insights of the last 90 days",
    )
    cells = event["selection"]["cells"]
    if cells and cells[0][0] < len(found):
        st.session_state[f"{KEY}_turn"] += 1
        behind = BehindInsight(found[cells[0][0]])
        if behind.ids(page):
            behind.open(page)


def make_table(page: Context, found: list[StoredInsight]) -> pl.DataFrame:
    """Make one row per insight, in the order given."""
    return pl.DataFrame(
        {
            "State": [[_state(one)] for one in found],
            "What was found": [format.cell(one.title, 400) for one in found],
            "First seen": [one.first_seen_at for one in found],
            "Last seen": [one.last_seen_at for one in found],
            "Resolved": [one.resolved_at for one in found],
            "Days": [_days(one) for one in found],
            "PRs": [len(BehindInsight(one).ids(page)) for one in found],
        },
        schema_overrides={"Resolved": pl.Datetime("us", "UTC"), "Days": pl.Int64},
    )


def _state(one: StoredInsight) -> str:
    if one.resolved_at is not None:
        return STATES[2]
    return STATES[0] if one.dismissed_until is None else STATES[1]


def _days(one: StoredInsight) -> int | None:
    """Return how many days lie between the first and the last time that it was found."""
    if one.first_seen_at is None or one.last_seen_at is None:
        return None
    return round((one.last_seen_at - one.first_seen_at) / timedelta(days=1))
