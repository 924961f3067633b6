"""Options for ECharts: frames in, dictionaries out. Colours come from the theme, in the order of its palette."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import polars as pl
import streamlit as st

from dashboard.reading import format
from warehouse.metrics.metric import Metric
from warehouse.metrics.phases import PHASES
from warehouse.metrics.registry import BY_NAME

Option = dict[str, object]
# Above it the axis of shares ends at 100 %: it would end at 120 % by itself.
HIGH_SHARE = 0.8
AXIS_LABELS = {
    "hours": "{value} h",
    "lines": "{value} lines",
    "count": "{value}",
    "share": "{value} %",
    "usd": "${value}",
}
PRS_LABEL = "{value} PRs"
# The names of colours that Streamlit's badges and metrics take.
BadgeColor = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray", "primary"]
DeltaColor = Literal["normal", "inverse", "off"]

# As `chartCategoricalColors` in config.toml, which charts use by themselves.
LIGHT = ("#4f46e5", "#14b8a6", "#f59e0b", "#94a3b8", "#e0567f", "#38a3dd", "#8b5cf6", "#84a94a")
DARK = ("#818cf8", "#2dd4bf", "#fbbf24", "#94a3b8", "#f48fb1", "#60c0f0", "#b79cff", "#a9cf6b")
# Incomplete weeks are hatched: they lack what is not there yet.
HATCH: Option = {
    "symbol": "rect",
    "dashArrayX": [1, 0],
    "dashArrayY": [2, 4],
    "rotation": -0.7854,
    "color": "rgba(128,128,128,.55)",
}
MAX_PEOPLE = 12
# A phase has one name on every page: that of its metric.
PHASE_TITLES = {phase: BY_NAME[f"{phase}_p50_hours"].title for phase in PHASES}
LEGEND: Option = {
    "type": "scroll",
    "top": 0,
    "left": 0,
    "itemWidth": 10,
    "itemHeight": 10,
    "itemGap": 10,
    "textStyle": {"fontSize": 11},
}
GRID: Option = {"left": 8, "right": 8, "top": 40, "bottom": 4, "containLabel": True}
# Of a chart on a phone, and of a sign of its legend, in pixels.
LEGEND_WIDTH, SIGN_WIDTH, ENTRY_GAP, LINE_HEIGHT, MAX_LINES = 340, 6, 28, 19, 3


def legend_of(names: Sequence[str]) -> tuple[Option, Option]:
    """Return the legend of these names and the grid below it: in up to three lines, since who turns pages misses some.

    More names than that can be turned.
    """
    lines, left = 1, LEGEND_WIDTH
    for name in names:
        width = SIGN_WIDTH * len(name) + ENTRY_GAP
        lines, left = (lines + 1, LEGEND_WIDTH - width) if width > left else (lines, left - width)
    if lines == 1 or lines > MAX_LINES:
        return LEGEND, GRID
    return {**LEGEND, "type": "plain"}, {**GRID, "top": 40 + LINE_HEIGHT * (lines - 1)}


def axis_label(metrics: Sequence[Metric]) -> str:
    """Return the format of an axis of these metrics of one unit; a count of anything but pull requests has no unit."""
    if all(metric.unit == "count" and metric.name.endswith("_prs") for metric in metrics):
        return PRS_LABEL
    return AXIS_LABELS[metrics[0].unit]


def is_dark() -> bool:
    """Return True if this session's browser shows the dark theme."""
    return st.context.theme.type == "dark"


def palette() -> tuple[str, ...]:
    """Return the categorical colours of the theme, for colours that are named outside a chart."""
    return DARK if is_dark() else LIGHT


def review_load_option(load: pl.DataFrame, weeks: Sequence[date], colors: list[str]) -> Option:
    """Show reviews by person and week as a heat map, one cell per row of `load`; the last person is on top."""
    people = load["login"].unique(maintain_order=True).to_list()
    shown = [format.plain(login, 40) for login in people]
    places = {week: place for place, week in enumerate(weeks)}
    cells = [
        [places[week], people.index(login), reviews]
        for login, week, reviews in load.select("login", "week_start", "reviews").iter_rows()
    ]
    return {
        "grid": {"left": 8, "right": 8, "top": 4, "bottom": 44, "containLabel": True},
        "tooltip": {"position": "top"},
        "xAxis": weeks_axis(weeks),
        "yAxis": {"type": "category", "data": shown, "axisTick": {"show": False}, "axisLine": {"show": False}},
        "visualMap": {
            "min": 0,
            "max": max((cell[2] for cell in cells), default=1),
            "orient": "horizontal",
            "left": 8,
            "bottom": 0,
            "itemHeight": 90,
            "itemWidth": 9,
            "text": ["more reviews", ""],
            "inRange": {"color": colors},
        },
        "series": [
            {
                "type": "heatmap",
                "name": "Reviews",
                "selectedMode": "single",
                "data": cells,
                "itemStyle": {"borderWidth": 2, "borderColor": "transparent", "borderRadius": 3},
            }
        ],
    }


def timeline_option(phases: list[tuple[str, float, str]]) -> Option:
    """Show the phases of one pull request (name, hours, colour) as parts of one horizontal bar."""
    return {
        "grid": {"left": 0, "right": 0, "top": 4, "bottom": 4},
        "tooltip": {"trigger": "item"},
        "legend": {"show": False},
        "xAxis": {"type": "value", "show": False, "max": round(sum(value for _, value, _ in phases), 2) or 1},
        "yAxis": {"type": "category", "data": [""], "show": False},
        "series": [
            {
                "type": "bar",
                "name": name,
                "stack": "all",
                "data": [round(value, 2)],
                "barWidth": 18,
                "color": color,
                "tooltip": {"formatter": f"{name}: {format.hours(value)}"},
            }
            for name, value, color in phases
        ],
    }


def weeks_axis(weeks: Sequence[date]) -> Option:
    """Return an axis of weeks, each named by its Monday."""
    return {
        "type": "category",
        "data": [f"{week:%d %b}" for week in weeks],
        "axisTick": {"show": False},
        "axisLabel": {"hideOverlap": True},
    }


def _bars(values: pl.Series, completeness: pl.Series) -> list[Option]:
    """Make one bar per week, hatched if the week is incomplete."""
    bars: list[Option] = [{"value": _rounded(value)} for value in values]
    hatched: Option = {"itemStyle": {"decal": HATCH}}
    return [bar if is_complete else bar | hatched for bar, is_complete in zip(bars, completeness, strict=True)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
