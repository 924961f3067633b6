"""How the values of a metric spread: bars of ranges, each of which lists its pull requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import streamlit as st

from dashboard.parts import charts
from dashboard.parts.behind import Behind, follow
from dashboard.parts.charts import Option
from dashboard.shell.context import Context
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import BY_NAME
from warehouse.words import plural

HEIGHT = 280


@dataclass(frozen=True)
class Bar:
    """A range of values: its label, how many have it, and how to list them."""

    label: str
    count: int
    behind: Behind


def draw_histogram(page: Context, name: str, edges: Sequence[float], key: str) -> None:
    """Draw one bar per range of the metric's column; the last has no upper end."""
    bars = page.remember(("bars", name, *edges), lambda: make_bars(page, BY_NAME[name], edges))
    if not any(bar.count for bar in bars):
        st.caption("No pull request of the period has this value yet. A longer period may have some.")
        return
    total = sum(bar.count for bar in bars)
    chosen = st.echarts_chart(
        _option(bars),
        height=HEIGHT,
        key=key,
        on_select="rerun",
        alt=f"{BY_NAME[name].title}: {plural(total, 'pull request')} by range",
    )
    follow(page, chosen, [[bar.behind for bar in bars]])


def make_bars(page: Context, metric: Metric, edges: Sequence[float]) -> list[Bar]:
    """Count the values of the metric's column in each range, low end included."""
    values = Behind(metric).select(page)[str(metric.column)]
    bars = []
    for low, high in [*pairwise(edges), (edges[-1], None)]:
        inside = (values >= low) & (values < high) if high is not None else values >= low
        part = f"{low:g}..{'' if high is None else f'{high:g}'}"
        bars.append(Bar(_label(metric, low, high), int(inside.sum()), Behind(metric, part=part)))
    return bars


def _label(metric: Metric, low: float, high: float | None) -> str:
    if high is None:
        return f"{_short(metric, low)}+"
    return f"< {_short(metric, high)}" if low == 0 else f"{_short(metric, low)}–{_short(metric, high)}"


def _short(metric: Metric, value: float) -> str:
    if metric.unit != "hours":
        return f"{value:,.0f}"
    return f"{value:g} h" if value < 24 else f"{value / 24:g} d"


def _option(bars: Sequence[Bar]) -> Option:
    return {
        "grid": {**charts.GRID, "top": 12},
        "tooltip": {"trigger": "item", "formatter": "{b}<br/><b>{c}</b> pull requests"},
        "xAxis": {
            "type": "category",
            "data": [bar.label for bar in bars],
            "axisTick": {"show": False},
            "axisLabel": {"interval": 0, "hideOverlap": True, "fontSize": 10},
        },
        "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 4, "axisLabel": {"formatter": charts.PRS_LABEL}},
        "series": [
            {
                "type": "bar",
                "name": "Pull requests",
                "data": [bar.count for bar in bars],
                "barCategoryGap": "12%",
                "itemStyle": {"borderRadius": [3, 3, 0, 0]},
                "selectedMode": "single",
            }
        ],
    }
