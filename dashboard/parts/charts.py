"""ECharts options: frames in, dictionaries out. Colours come from the theme, in the order of its palette."""

from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from dashboard.parts.weeks import PHASES

Option = dict[str, Any]

# The first of `chartCategoricalColors` in config.toml, which charts take by themselves.
LIGHT = ("#4f46e5", "#14b8a6", "#f59e0b", "#94a3b8", "#e0567f")
DARK = ("#818cf8", "#2dd4bf", "#fbbf24", "#94a3b8", "#f48fb1")
# Weeks of which something is missing are hatched: too low by what is not there yet.
HATCH = {
    "symbol": "rect",
    "dashArrayX": [1, 0],
    "dashArrayY": [2, 4],
    "rotation": -0.7854,
    "color": "rgba(128,128,128,.55)",
}
LEGEND = {
    "type": "scroll",
    "top": 0,
    "left": 0,
    "itemWidth": 10,
    "itemHeight": 10,
    "itemGap": 10,
    "textStyle": {"fontSize": 11},
}
GRID = {"left": 8, "right": 8, "top": 40, "bottom": 4, "containLabel": True}


def is_dark() -> bool:
    """The theme of this session's browser."""
    return st.context.theme.type == "dark"


def palette() -> tuple[str, ...]:
    """The categorical colours of the theme, where a colour must be named outside a chart."""
    return DARK if is_dark() else LIGHT


def draw_throughput(weekly: pl.DataFrame) -> Option:
    """Merged pull requests as bars, the median cycle time as a line over them; a bar can be clicked."""
    merged = weekly.filter(pl.col("metric") == "merged_prs")
    cycle = weekly.filter(pl.col("metric") == "cycle_time_p50_hours")
    bars = [_item(value, whole) for value, whole in zip(merged["value"], merged["is_whole"], strict=True)]
    pale = {"opacity": 0.5 if is_dark() else 0.38, "borderRadius": [3, 3, 0, 0]}
    return {
        "grid": GRID,
        "legend": LEGEND,
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": _weeks_axis(merged["week_start"].to_list()),
        "yAxis": [
            {"type": "value", "minInterval": 1, "splitNumber": 4},
            {"type": "value", "splitNumber": 4, "splitLine": {"show": False}, "axisLabel": {"formatter": "{value} h"}},
        ],
        "series": [
            {"type": "bar", "name": "PRs merged", "data": bars, "barCategoryGap": "28%", "itemStyle": pale,
             "selectedMode": "single", "select": {"itemStyle": {"borderWidth": 0, "opacity": 0.9}}},
            {"type": "line", "name": "Median cycle time (h)", "yAxisIndex": 1, "smooth": 0.3, "symbolSize": 5,
             "showSymbol": False, "connectNulls": False, "lineStyle": {"width": 2.5},
             "data": [_rounded(value) for value in cycle["value"]]},
        ],
    }  # fmt: skip


def draw_phases(phases: pl.DataFrame) -> Option:
    """Mean hours of each phase, stacked: the height of a bar is the mean cycle time of the week."""
    names = [name for name in PHASES if name != "unreviewed" or float(phases["unreviewed"].sum() or 0) > 0]
    return {
        "grid": GRID,
        "legend": LEGEND,
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "valueFormatter": "%.1f h"},
        "xAxis": _weeks_axis(phases["week_start"].to_list()),
        "yAxis": {"type": "value", "splitNumber": 4, "axisLabel": {"formatter": "{value} h"}},
        "series": [
            {
                "type": "bar",
                "name": PHASES[name],
                "stack": "phases",
                "barCategoryGap": "28%",
                "data": [_item(value, whole) for value, whole in zip(phases[name], phases["is_whole"], strict=True)],
            }
            for name in names
        ],
    }


def draw_review_load(load: pl.DataFrame, weeks: list[date], colors: list[str]) -> Option:
    """People by weeks; people in the order given, busiest on top."""
    people = load.group_by("login").agg(pl.col("reviews").sum()).sort("reviews", "login").tail(12)["login"].to_list()
    places = {week: place for place, week in enumerate(weeks)}
    cells = [
        [places[week], people.index(login), reviews]
        for login, week, reviews in load.select("login", "week_start", "reviews").iter_rows()
        if login in people and week in places
    ]
    return {
        "grid": {"left": 8, "right": 8, "top": 4, "bottom": 44, "containLabel": True},
        "tooltip": {"position": "top"},
        "xAxis": _weeks_axis(weeks),
        "yAxis": {"type": "category", "data": people, "axisTick": {"show": False}, "axisLine": {"show": False}},
        "visualMap": {"min": 0, "max": max((cell[2] for cell in cells), default=1), "orient": "horizontal", "left": 8,
                      "bottom": 0, "itemHeight": 90, "itemWidth": 9, "text": ["more reviews", ""],
                      "inRange": {"color": colors}},
        "series": [{"type": "heatmap", "name": "Reviews", "data": cells,
                    "itemStyle": {"borderWidth": 2, "borderColor": "transparent", "borderRadius": 3}}],
    }  # fmt: skip


def draw_timeline(phases: list[tuple[str, float, str]]) -> Option:
    """The phases of one pull request (name, hours, colour) as parts of one horizontal bar."""
    return {
        "grid": {"left": 0, "right": 0, "top": 4, "bottom": 4},
        "tooltip": {"trigger": "item", "formatter": "{a}: {c} h"},
        "legend": {"show": False},
        "xAxis": {"type": "value", "show": False, "max": round(sum(value for _, value, _ in phases), 2) or 1},
        "yAxis": {"type": "category", "data": [""], "show": False},
        "series": [
            {"type": "bar", "name": name, "stack": "all", "data": [round(value, 1)], "barWidth": 18, "color": color}
            for name, value, color in phases
        ],
    }


def _weeks_axis(weeks: list[date]) -> Option:
    return {
        "type": "category",
        "data": [f"{week:%d %b}" for week in weeks],
        "axisTick": {"show": False},
        "axisLabel": {"hideOverlap": True},
    }


def _item(value: float | None, is_whole: bool | None) -> Option:
    item: Option = {"value": _rounded(value)}
    return item if is_whole else item | {"itemStyle": {"decal": HATCH}}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
