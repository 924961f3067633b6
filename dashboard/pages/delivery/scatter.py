"""Every merged pull request of the period as a point: when it was merged, and how long it took."""

from dataclasses import dataclass

import polars as pl
import streamlit as st

from dashboard.parts import charts, drawer
from dashboard.parts.behind import Behind, chosen_point
from dashboard.parts.charts import Option
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.facts import KEY
from warehouse.metrics.registry import BY_NAME

HEIGHT = 280
# More points are a cloud, and slow to draw: then the newest are shown.
MAX_POINTS = 2_000
# A logarithm needs more than nothing: a minute.
SMALLEST_HOURS = 1 / 60


def draw_scatter(page: Context) -> None:
    """Draw the points; a click opens the drawer."""
    plot = page.remember("scatter", lambda: make_plot(page))
    if not plot.keys:
        st.caption("No pull request was merged in the period. A longer period may have some.")
        return
    if len(plot.keys) < plot.merged:
        st.caption(f"The newest {len(plot.keys):,} of {plot.merged:,}.")
    turn = st.session_state.setdefault("scatter_turn", 0)
    chosen = st.echarts_chart(
        plot.option,
        height=HEIGHT,
        key=f"scatter_{turn}",
        on_select="rerun",
        alt=f"Cycle times of {len(plot.keys):,} pull requests by time of merge",
    )
    point = chosen_point(chosen)
    if point is not None and point[1] < len(plot.keys):
        st.session_state["scatter_turn"] += 1
        drawer.ask_for(plot.keys[point[1]])


@dataclass(frozen=True)
class Plot:
    """The chart, the keys of the pull requests in the order of its points, and how many were merged in all."""

    option: Option
    keys: tuple[str, ...]
    merged: int


def make_plot(page: Context) -> Plot:
    """Make the chart of the newest pull requests merged in the period."""
    merged = Behind(BY_NAME["cycle_time_p50_hours"]).select(page).sort("merged_at", KEY)
    shown = merged.tail(MAX_POINTS)
    names = dict(page.reader.repositories().select("id", "name").iter_rows())
    return Plot(option(shown, names), tuple(shown[KEY]), merged.height)


def option(merged: pl.DataFrame, names: dict[str, str]) -> Option:
    """Show one point per pull request, in the order of the rows."""
    columns = ("merged_at", "cycle_time_hours", "repository_id", "number")
    points = [
        [f"{at:%Y-%m-%dT%H:%M:%SZ}", round(max(value, SMALLEST_HOURS), 3), _say(names, repository, number, value)]
        for at, value, repository, number in merged.select(columns).iter_rows()
    ]
    return {
        "grid": {**charts.GRID, "top": 12, "right": 16},
        "tooltip": {"trigger": "item", "formatter": "{@[2]}"},
        "xAxis": {
            "type": "time",
            "axisLabel": {"hideOverlap": True, "formatter": "{dd} {MMM}"},
            "splitLine": {"show": False},
        },
        "yAxis": {"type": "log", "logBase": 10, "axisLabel": {"formatter": "{value} h"}},
        "series": [
            {
                "type": "scatter",
                "name": "Cycle time",
                "data": points,
                "symbolSize": 7,
                "itemStyle": {"opacity": 0.6},
                "selectedMode": "single",
            }
        ],
    }


def _say(names: dict[str, str], repository: str, number: int, hours: float) -> str:
    return f"{format.plain(names.get(repository), 100)} #{number}: {format.hours(hours)}"
