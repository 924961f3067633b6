"""The panel of complete weeks whose numbers moved since they were said first."""

from datetime import date, datetime, timedelta

import polars as pl
import streamlit as st

from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.registry import BY_NAME
from warehouse.metrics.weeks import week_name

ONE_DAY = timedelta(days=1)


def draw_moved(page: Context) -> None:
    """Draw one row per number that moved: what was said, until when, what is said now; nothing if none did."""
    rows = page.reader.moved_weeks().filter(pl.col("metric").is_in(list(BY_NAME)))
    if rows.is_empty():
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Weeks that moved**")
        st.caption("numbers of complete weeks that changed after they were first shown; the command says why")
        st.dataframe(
            pl.DataFrame([_row(**row) for row in rows.iter_rows(named=True)]),
            hide_index=True,
            height="auto" if rows.height < 10 else 380,
            placeholder=format.MISSING,
            alt="Numbers of complete weeks that moved, newest week first",
        )


def _row(
    week_start: date,
    metric: str,
    value: float | None,
    n: int,
    said_until: datetime,
    value_now: float | None,
    n_now: int,
) -> dict[str, object]:
    known = BY_NAME[metric]
    return {
        "Week": week_name(week_start),
        "Metric": known.title,
        "Then": format.measure(value, known.unit),
        "n then": n,
        "Said until": format.timestamp(said_until),
        "Now": format.measure(value_now, known.unit),
        "n now": n_now,
        "Why": f"prflow metrics as-of {said_until.date() - ONE_DAY} --week {week_name(week_start)} --metric {metric}",
    }
