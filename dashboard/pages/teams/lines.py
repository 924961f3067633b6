"""One metric of several groups by week, as lines of one chart; a click lists the pull requests of a point."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl
import streamlit as st

from dashboard.parts import charts, weeks
from dashboard.parts.behind import Group, follow
from dashboard.parts.charts import Option
from dashboard.parts.charts.week_lines import make_series
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.metric import Metric

HEIGHT = 310
# More lines than colours, and nobody finds theirs.
MAX_LINES = 8


def draw_lines(page: Context, groups: Sequence[Group], metric: Metric, key: str) -> None:
    """Draw the groups with the most behind their values, at most eight of them."""
    weekly = [(group, _read_weeks(group, metric)) for group in groups]
    known = [(group, rows) for group, rows in weekly if rows["value"].drop_nulls().len() > 0]
    if not known:
        st.caption("No week has enough for a value yet: the history is short, or the filters leave few pull requests.")
        return
    largest = sorted(known, key=lambda one: (-int(one[1]["n"].sum()), one[0].name))[:MAX_LINES]
    starts, colors = weeks.starts(largest[0][1]), charts.palette()
    lines = [(group.name, rows) for group, rows in largest]
    names = tuple(name for name, _ in lines)
    selected = st.echarts_chart(
        page.remember((key, metric.name, names, colors), lambda: make_option(lines, metric, starts, colors)),
        height=HEIGHT,
        key=f"{key}_{metric.name}",
        on_select="rerun",
        alt=f"{metric.title} by week",
    )
    if len(known) > MAX_LINES:
        st.caption(f"The {MAX_LINES} of {len(known)} with the most behind their values.")
    follow(page, selected, [[replace(group.behind(metric), week=start) for start in starts] for group, _ in largest])


def _read_weeks(group: Group, metric: Metric) -> pl.DataFrame:
    return group.page.remember(("weeks", metric.name), lambda: weeks.read(group.page, (metric.name,)))


def make_option(
    lines: Sequence[tuple[str, pl.DataFrame]], metric: Metric, starts: Sequence[date], colors: Sequence[str]
) -> Option:
    """Show one line per group. Names are what people wrote: tooltips take them by placeholders, which are escaped."""
    legend, grid = charts.legend_of([name for name, _ in lines])
    named = [(metric, format.plain(name, 40), rows.sort("week_start")) for name, rows in lines]
    return {
        "grid": grid,
        "legend": {**legend, "data": [name for _, name, _ in named]},
        "tooltip": {"trigger": "item"},
        "xAxis": charts.weeks_axis(list(starts)),
        "yAxis": {
            "type": "value",
            "min": 0,
            # A share ends at 100 %, where its highest comes near: an axis up to 120 % would say that there is more.
            **({"max": 100} if metric.unit == "share" and _highest(lines) > charts.HIGH_SHARE else {}),
            "splitNumber": 4,
            "axisLabel": {"formatter": charts.axis_label([metric])},
        },
        "series": make_series(named, colors),
    }


def _highest(lines: Sequence[tuple[str, pl.DataFrame]]) -> float:
    return max((value for _, rows in lines for value in rows["value"].drop_nulls()), default=0.0)
