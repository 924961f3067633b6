"""The table of durations: median, p75 and p90 of the cycle time and of each phase."""

import polars as pl
import streamlit as st

from dashboard.parts import cards, weeks
from dashboard.parts.behind import Behind
from dashboard.parts.samples import rows_of
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.metric import MIN_N_OF_P75, MIN_N_OF_P90, Metric
from warehouse.metrics.registry import BY_NAME

DURATIONS = (
    "cycle_time_p50_hours",
    "coding_p50_hours",
    "pickup_p50_hours",
    "review_p50_hours",
    "merge_p50_hours",
    "unreviewed_p50_hours",
    "time_to_merge_p50_hours",
)
PERCENTILES = {"p75": (0.75, MIN_N_OF_P75), "p90": (0.9, MIN_N_OF_P90)}
TOO_FEW = "too few"
ROW_HEIGHT = 34


def draw_times(page: Context) -> None:
    """Draw one row per duration; a click lists the pull requests that have it."""
    table = page.remember("times", lambda: make_table(page))
    turn = st.session_state.setdefault("times_turn", 0)
    event = st.dataframe(
        table,
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        key=f"times_{turn}",
        on_select="rerun",
        selection_mode="single-cell",
        placeholder=format.MISSING,
        column_config={
            "Duration": st.column_config.TextColumn(width=120),
            **{
                name: st.column_config.TextColumn(width=70, alignment="right", help=text)
                for name, text in {
                    "Median": "The middle one",
                    "p75": f"Three of four took no longer; from {MIN_N_OF_P75} pull requests on",
                    "p90": f"Nine of ten took no longer; from {MIN_N_OF_P90} pull requests on",
                }.items()
            },
            "95 % interval": st.column_config.TextColumn(
                width=105, help="With this n, the true median lies here in 95 of 100 cases"
            ),
            "n": st.column_config.NumberColumn(width=50, format="localized", help="Pull requests that have it"),
            "Change": st.column_config.TextColumn(
                width=75, alignment="right", help="Of the median; noise if it may as well be none"
            ),
            "Weeks": st.column_config.BarChartColumn(width=120, y_min=0, help="Medians of complete weeks"),
        },
        alt="Median, p75 and p90 of the cycle time and its phases",
    )
    cells = event["selection"]["cells"]
    if cells and cells[0][0] < len(DURATIONS):
        st.session_state["times_turn"] += 1
        Behind(BY_NAME[DURATIONS[cells[0][0]]]).open(page)


def make_table(page: Context) -> pl.DataFrame:
    """Make one row per duration."""
    weekly = weeks.read(page, DURATIONS)
    return pl.DataFrame([make_row(page, BY_NAME[name], weekly) for name in DURATIONS])


def make_row(page: Context, metric: Metric, weekly: pl.DataFrame) -> dict[str, object]:
    """Make the row of one duration: `metric` is its median."""
    of_metric = weekly.filter(pl.col("metric") == metric.name)
    card = cards.make_card(metric.name, rows_of(page, metric), page.filters, page.covered_from, of_metric)
    values = Behind(metric).select(page)[str(metric.column)]
    return {
        "Duration": metric.title,
        "Median": card.value,
        **{name: _percentile(values, *found) for name, found in PERCENTILES.items()},
        "95 % interval": card.interval_text or None,
        "n": card.n,
        "Change": card.change_cell,
        "Weeks": weeks.sparkline(weekly, metric.name),
    }


def _percentile(values: pl.Series, at: float, min_n: int) -> str:
    return format.hours(values.quantile(at, "linear")) if values.len() >= min_n else TOO_FEW
