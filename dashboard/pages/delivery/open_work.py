"""Open pull requests by age, against what merged ones take: what is older than that is worth a look."""

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
from warehouse.words import plural

HEIGHT = 250
MAX_POINTS = 60
SMALLEST_DAYS = 0.01


@dataclass(frozen=True)
class OpenWork:
    """The chart of the oldest, their ids in the order of its points, how many are open and how many older than p75."""

    option: Option
    keys: tuple[str, ...]
    count: int
    limit: float | None
    older: int


def draw_ageing(page: Context) -> None:
    """Draw one point per open pull request, and the line of the p75 cycle time of the period."""
    work = page.remember("ageing", lambda: find_open(page))
    if not work.count:
        st.caption("No pull request is open.")
        return
    _draw_numbers(page, work)
    turn = st.session_state.setdefault("ageing_turn", 0)
    chosen = st.echarts_chart(
        work.option,
        height=HEIGHT,
        key=f"ageing_{turn}",
        on_select="rerun",
        alt=f"Ages of {plural(len(work.keys), 'open pull request')}, the oldest first",
    )
    point = chosen_point(chosen)
    if point is not None and point[1] < len(work.keys):
        st.session_state["ageing_turn"] += 1
        drawer.ask_for(work.keys[point[1]])


def find_open(page: Context) -> OpenWork:
    """Find the open pull requests, the oldest of them first, and what they are compared with."""
    open_now = Behind(BY_NAME["open_prs"]).select(page).sort("open_hours", KEY, descending=[True, False])
    shown, limit = open_now.head(MAX_POINTS), read_limit(page)
    names = dict(page.reader.repositories().select("id", "name").iter_rows())
    older = 0 if limit is None else older_than(limit).select(page).height
    return OpenWork(option(shown, limit, names), tuple(shown[KEY]), open_now.height, limit, older)


def read_limit(page: Context) -> float | None:
    """Return the p75 cycle time of the period in hours, to the minute; None if too few were merged."""
    metric = BY_NAME["cycle_time_p75_hours"]
    hours = Behind(metric).select(page)["cycle_time_hours"]
    return None if hours.len() < metric.min_n else round(float(hours.quantile(0.75, "linear") or 0), 2)


def older_than(limit: float) -> Behind:
    """Return the open pull requests older than that."""
    return Behind(BY_NAME["open_age_p50_hours"], part=f"{limit}..")


def _draw_numbers(page: Context, work: OpenWork) -> None:
    """Say how many are open and how many are older than most merged ones were; each opens its list."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(f"{work.count:,} open", key="see_open", type="tertiary", icon=":material/arrow_forward:"):
            Behind(BY_NAME["open_prs"]).open(page)
        if work.limit is None:
            st.caption("Too few were merged for a line of the p75 cycle time.", width="content")
            return
        text = f"{work.older:,} older than the p75 cycle time of {format.hours(work.limit)}"
        if st.button(text, key="see_older", type="tertiary", icon=":material/arrow_forward:", disabled=not work.older):
            older_than(work.limit).open(page)
    if work.count > MAX_POINTS:
        st.caption(f"The oldest {MAX_POINTS} are drawn.")


def option(open_now: pl.DataFrame, limit: float | None, names: dict[str, str]) -> Option:
    """Show one point per open pull request on a logarithmic scale, with a line at the limit."""
    columns = ("repository_id", "number", "open_hours")
    rows = list(open_now.select(columns).iter_rows())
    points = [
        [place, round(max(hours / 24, SMALLEST_DAYS), 3), _say(names, repository, number, hours)]
        for place, (repository, number, hours) in enumerate(rows)
    ]
    line: Option = {
        "silent": True,
        "symbol": "none",
        "lineStyle": {"type": "dashed", "width": 1.5},
        "label": {"formatter": "p75 cycle time", "position": "insideStartTop"},
        "data": [{"yAxis": round((limit or 0) / 24, 3)}],
    }
    return {
        "grid": {**charts.GRID, "top": 12},
        "tooltip": {"trigger": "item", "formatter": "{@[2]}"},
        "xAxis": {"type": "category", "data": list(range(len(rows))), "show": False},
        "yAxis": {"type": "log", "logBase": 10, "axisLabel": {"formatter": "{value} d"}},
        "series": [
            {
                "type": "scatter",
                "name": "Age",
                "data": points,
                "symbolSize": 9,
                "selectedMode": "single",
                **({"markLine": line} if limit else {}),
            }
        ],
    }


def _say(names: dict[str, str], repository: str, number: int, hours: float) -> str:
    return f"{format.plain(names.get(repository), 100)} #{number}: open for {format.hours(hours)}"
