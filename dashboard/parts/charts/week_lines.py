"""Metrics by week as lines, with unit and n, dashed to a week that is not complete; a click lists its pull requests."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from dashboard.parts import charts, weeks
from dashboard.parts.behind import Behind, follow
from dashboard.parts.charts import Option
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import BY_NAME

HEIGHT = 280


def draw_weeks(page: Context, names: Sequence[str], key: str, repository_id: str = "") -> None:
    """Draw metrics of one unit as lines; the points of each can be clicked.

    `repository_id` is that of a page that is narrowed to a repository which its filters in the address do not name.
    """
    metrics = [BY_NAME[name] for name in names]
    weekly = page.remember(("weeks", *names), lambda: weeks.read(page, names))
    if weekly["value"].drop_nulls().is_empty():
        st.caption("No week has enough for a value yet: the history is short, or the filters leave few pull requests.")
        return
    colors = charts.palette()
    chosen = st.echarts_chart(
        page.remember(("week lines", *names, *colors), lambda: option(weekly, metrics, colors)),
        height=HEIGHT,
        key=key,
        on_select="rerun",
        alt=", ".join(metric.title for metric in metrics) + " by week",
    )
    starts = weeks.starts(weekly)
    follow(page, chosen, [[Behind(metric, start, repository_id) for start in starts] for metric in metrics])


def option(weekly: pl.DataFrame, metrics: Sequence[Metric], colors: Sequence[str]) -> Option:
    """Show one line per metric: first a series of points for each, which can be clicked, then their lines."""
    lines = [weekly.filter(pl.col("metric") == metric.name).sort("week_start") for metric in metrics]
    named = [(metric, metric.label, line) for metric, line in zip(metrics, lines, strict=True)]
    unit = metrics[0].unit
    labels = [metric.label for metric in metrics]
    legend, grid = charts.legend_of(labels)
    return {
        "grid": grid,
        "legend": {**legend, "data": labels, "show": len(metrics) > 1},
        "tooltip": {"trigger": "item"},
        "xAxis": charts.weeks_axis(weeks.starts(weekly)),
        "yAxis": {
            "type": "value",
            "min": 0,
            "splitNumber": 4,
            "axisLabel": {"formatter": charts.axis_label(metrics)},
            **({"max": 100, "interval": 25} if unit == "share" and (weekly["value"] > charts.HIGH_SHARE).any() else {}),
        },
        "series": make_series(named, colors),
    }


def make_series(lines: Sequence[tuple[Metric, str, pl.DataFrame]], colors: Sequence[str]) -> list[Option]:
    """Make the points of each line, which can be clicked, then the lines: dashed to a week that is not complete.

    A line has its metric, the name in the legend, and rows of weeks in their order.
    """
    colored = [(*line, colors[place % len(colors)]) for place, line in enumerate(lines)]
    return [
        *(_points(*one) for one in colored),
        *(_path(*one, is_complete=True) for one in colored),
        *(_path(*one, is_complete=False) for one in colored),
    ]


def _points(metric: Metric, name: str, line: pl.DataFrame, color: str) -> Option:
    hollow: Option = {"itemStyle": {"color": "transparent", "borderColor": color, "borderWidth": 2}}
    points = [
        {"value": [f"{start:%d %b}", _scaled(metric, value), say_value(metric, value, is_complete), n]}
        | ({} if is_complete else hollow)
        for start, value, n, is_complete in line.select("week_start", "value", "n", "is_complete").iter_rows()
    ]
    return {
        "type": "line",
        "name": name,
        "color": color,
        "data": points,
        "lineStyle": {"width": 0},
        "symbol": "circle",
        "symbolSize": 8,
        "showSymbol": True,
        "z": 4,
        "selectedMode": "single",
        "tooltip": {"formatter": "Week of {b}<br/>{a}: <b>{@[2]}</b><br/>n = {@[3]}"},
    }


def _path(metric: Metric, name: str, line: pl.DataFrame, color: str, *, is_complete: bool) -> Option:
    """Return the line through complete weeks, or the dashed one through the others and their neighbours."""
    complete = line["is_complete"].to_list()
    here = [
        one if is_complete else not all(complete[max(0, place - 1) : place + 2]) for place, one in enumerate(complete)
    ]
    values = [_scaled(metric, value) if shown else None for value, shown in zip(line["value"], here, strict=True)]
    return {
        "type": "line",
        "name": name,
        "color": color,
        "data": values,
        "showSymbol": False,
        "silent": True,
        "tooltip": {"show": False},
        "lineStyle": {"width": 2.5} if is_complete else {"width": 1.5, "type": "dashed"},
    }


def _scaled(metric: Metric, value: float | None) -> float | None:
    """Return the value as the axis shows it: shares in per cent."""
    if value is None:
        return None
    return round(100 * value if metric.unit == "share" else value, 2)


def say_value(metric: Metric, value: float | None, is_complete: bool) -> str:
    """Say the value of a week with its unit, and that the week is not complete."""
    text = format.measure(value, metric.unit)
    return text if is_complete else f"{text} (week not complete)"
