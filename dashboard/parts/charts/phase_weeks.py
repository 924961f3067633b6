"""The phases of merged pull requests by week: medians, means or shares of all hours, and the longest of the period."""

import polars as pl
import streamlit as st

from dashboard.parts import charts, weeks
from dashboard.parts.behind import Behind, follow
from dashboard.parts.charts import Option
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.phases import PHASES
from warehouse.metrics.registry import BY_NAME
from warehouse.words import percent

HEIGHT = 270
MEASURES = {"share": "Shares of hours", "median": "Medians", "mean": "Means"}
NOTES = {
    "share": "of all hours from the first commit to the merge",
    "median": "of the pull requests that have the phase; medians do not add up to the cycle time",
    "mean": "over all merged pull requests; they add up to the mean cycle time",
}


def draw_phases(page: Context) -> None:
    """Draw the choice of the measure, the stacked bars, and which phase takes longest."""
    st.markdown(page.remember("longest phase", lambda: say_longest(page)))
    measure = st.segmented_control(
        "Measure",
        list(MEASURES),
        format_func=MEASURES.__getitem__,
        default="share",
        required=True,
        key="phases_measure",
        label_visibility="collapsed",
    )
    measure = measure or "share"
    st.caption(NOTES[measure])
    by_week = page.remember("phases", lambda: compute_phases(page))
    chosen = st.echarts_chart(
        page.remember(("phase bars", measure), lambda: option(by_week, measure)),
        height=HEIGHT,
        key=f"phases_{measure}",
        on_select="rerun",
        alt=f"Phases of merged pull requests by week: {MEASURES[measure].lower()}",
    )
    starts = by_week["week_start"].to_list()
    follow(page, chosen, [[Behind(BY_NAME[f"{phase}_p50_hours"], start) for start in starts] for phase in PHASES])


def say_longest(page: Context) -> str:
    """Say which phase took most of the hours of the pull requests merged in the period."""
    merged = Behind(BY_NAME["cycle_time_p50_hours"]).select(page)
    hours = {phase: float(merged[f"{phase}_hours"].sum() or 0) for phase in PHASES}
    total = sum(hours.values())
    if not total:
        return "No pull request was merged in the period."
    longest = max(hours, key=hours.__getitem__)
    share = hours[longest] / total
    return f"Longest in the period: **{charts.PHASE_TITLES[longest]}**, {percent(share)} of {format.hours(total)}."


def compute_phases(page: Context) -> pl.DataFrame:
    """Compute one row per week: for each phase its median, mean and share of the hours, and how many have it.

    Means count a phase that did not happen as 0 hours, so they sum to the mean cycle time; medians do not. NULL in a
    week without merges.
    """
    measured = weeks.compute_by_week(
        page,
        BY_NAME["cycle_time_p50_hours"],
        [
            *(pl.col(f"{phase}_hours").median().alias(f"{phase}_median") for phase in PHASES),
            *((pl.col(f"{phase}_hours").sum() / pl.len()).alias(f"{phase}_mean") for phase in PHASES),
            *(
                (100 * pl.col(f"{phase}_hours").sum() / pl.col("cycle_time_hours").sum()).alias(f"{phase}_share")
                for phase in PHASES
            ),
            *(pl.col(f"{phase}_hours").count().alias(f"{phase}_n") for phase in PHASES),
        ],
    )
    return measured.with_columns(pl.selectors.float().fill_nan(None))


def option(by_week: pl.DataFrame, measure: str) -> Option:
    """Stack the phases by week; every bar says how many pull requests have the phase."""
    unit = "%" if measure == "share" else "h"
    legend, grid = charts.legend_of(list(charts.PHASE_TITLES.values()))
    return {
        "grid": grid,
        "legend": legend,
        "tooltip": {"trigger": "item"},
        "xAxis": charts.weeks_axis(by_week["week_start"].to_list()),
        "yAxis": {
            "type": "value",
            "splitNumber": 4,
            "axisLabel": {"formatter": f"{{value}} {unit}"},
            **({"max": 100, "interval": 25} if measure == "share" else {}),
        },
        "series": [_series(by_week, phase, measure) for phase in PHASES],
    }


def _series(by_week: pl.DataFrame, phase: str, measure: str) -> Option:
    columns = ("week_start", f"{phase}_{measure}", f"{phase}_n", "is_complete")
    hatched: Option = {"itemStyle": {"decal": charts.HATCH}}
    bars = [
        {"value": [f"{start:%d %b}", None if value is None else round(value, 1), _say(value, measure), n or 0]}
        | ({} if is_complete else hatched)
        for start, value, n, is_complete in by_week.select(columns).iter_rows()
    ]
    return {
        "type": "bar",
        "name": charts.PHASE_TITLES[phase],
        "stack": "phases",
        "barCategoryGap": "28%",
        "data": bars,
        "selectedMode": "single",
        "tooltip": {"formatter": "Week of {b}<br/>{a}: <b>{@[2]}</b><br/>n = {@[3]}"},
    }


def _say(value: float | None, measure: str) -> str:
    if value is None:
        return format.MISSING
    return f"{value:.0f} %" if measure == "share" else format.hours(value)
