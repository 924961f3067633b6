"""A chart of a result that has a time and a number: a line for each of its groups, if a column of text names some."""

from dataclasses import dataclass

import polars as pl

from dashboard.parts.charts import GRID, LEGEND, Option
from dashboard.reading import format

MIN_POINTS = 2
# More lines than colours, and nobody finds theirs.
MAX_GROUPS = 8


@dataclass(frozen=True)
class ResultChart:
    """The columns of a chart: one time, the numbers to choose from, and the text that groups them, if there is one."""

    time: str
    numbers: list[str]
    group: str | None


def find(rows: pl.DataFrame) -> ResultChart | None:
    """Find what to draw; None unless each time has one value in each group."""
    times = [name for name, kind in rows.schema.items() if is_time(kind)]
    numbers = [name for name, kind in rows.schema.items() if kind.is_numeric()]
    if not times or not numbers:
        return None
    known = rows.filter(pl.col(times[0]).is_not_null())
    if known[times[0]].n_unique() < MIN_POINTS:
        return None
    if known[times[0]].is_unique().all():
        return ResultChart(times[0], numbers, None)
    texts = [name for name, kind in rows.schema.items() if kind in {pl.String, pl.Boolean}]
    groups = [name for name in texts if _tells_apart(known, times[0], name)]
    return ResultChart(times[0], numbers, groups[0]) if groups else None


def is_time(kind: pl.DataType) -> bool:
    """Return True for a date, and for a timestamp."""
    return kind == pl.Date or isinstance(kind, pl.Datetime)


def _tells_apart(rows: pl.DataFrame, time: str, name: str) -> bool:
    return rows[name].n_unique() <= MAX_GROUPS and rows.select(time, name).is_unique().all()


def option(rows: pl.DataFrame, chart: ResultChart, number: str) -> Option:
    """Draw one number over time. Names and groups may be what people wrote: they are drawn as text, never as HTML."""
    known = rows.filter(pl.col(chart.time).is_not_null()).sort(chart.time)
    parts = known.partition_by(chart.group, maintain_order=True) if chart.group else [known]
    return {
        "grid": GRID,
        "legend": LEGEND,
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "xAxis": {"type": "time"},
        "yAxis": {"type": "value", "splitNumber": 4},
        "series": [
            {
                "type": "line",
                "name": format.plain(str(part[chart.group][0]) if chart.group else number, 40),
                "connectNulls": False,
                "symbolSize": 5,
                "data": _points(part, chart.time, number),
            }
            for part in parts
        ],
    }


def _points(rows: pl.DataFrame, time: str, number: str) -> list[list[object]]:
    values = rows[number].cast(pl.Float64)
    values = values.set(~values.is_finite(), None)  # JSON has neither infinity nor NaN
    return [[at.isoformat(), value] for at, value in zip(rows[time], values, strict=True)]
