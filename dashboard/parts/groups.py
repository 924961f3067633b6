"""Groups side by side, for example repositories: one metric at a time, its value, how exact it is, n, change and weeks.

Below it the groups are sorted by the metric, and a click in a row lists the pull requests behind its number.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import polars as pl
import streamlit as st
from streamlit.elements.arrow import DataframeState
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard.parts import cards, weeks
from dashboard.parts.behind import Group, narrow
from dashboard.parts.samples import rows_of
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import BY_NAME

MAX_ROWS = 9
ROW_HEIGHT = 34
HEIGHT = 310
# Hours from which durations are told in days, as on cards.
DAYS_FROM = 48
NUMBER_FORMATS = {"share": "%.0f %%", "lines": "%,d lines", "count": "localized", "usd": "dollar"}


def draw_by_repository(page: Context, names: Sequence[str], key: str = "by_repository") -> None:
    """Draw one row per followed repository that the filters keep."""
    repositories = page.reader.repositories()
    if page.filters.repository_ids:
        repositories = repositories.filter(pl.col("id").is_in(list(page.filters.repository_ids)))
    groups = [
        Group(format.cell(name, 100), narrow(page, repository_id), repository_id)
        for repository_id, name in repositories.select("id", "name").iter_rows()
    ]
    draw_groups(page, groups, names, key, "Repository")


def draw_groups(page: Context, groups: Sequence[Group], names: Sequence[str], key: str, heading: str) -> None:
    """Draw the choice of a metric, if there are several, and the table of the groups."""
    labels = {name: BY_NAME[name].label for name in names}
    chosen = names[0]
    if len(names) > 1:
        chosen = (
            st.pills(
                "Metric",
                list(names),
                format_func=labels.__getitem__,
                default=names[0],
                required=True,
                key=f"{key}_metric",
                label_visibility="collapsed",
            )
            or names[0]
        )
    _draw_table(page, groups, BY_NAME[chosen], key, heading)


def _draw_table(page: Context, groups: Sequence[Group], metric: Metric, key: str, heading: str) -> None:
    names = tuple(group.name for group in groups)
    rows = page.remember((key, metric.name, names), lambda: make_rows(groups, metric, heading))
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    event = draw_rows(rows, metric, heading, f"{key}_{metric.name}_{turn}", "rerun")
    cells = event["selection"]["cells"]
    if cells and cells[0][0] < rows.height:
        st.session_state[f"{key}_turn"] += 1
        groups[rows["place"][cells[0][0]]].behind(metric).open(page)


def draw_rows(
    rows: pl.DataFrame, metric: Metric, heading: str, key: str, on_select: Literal["rerun"] | Callable[[], None]
) -> DataframeState:
    """Draw the rows of `make_rows`; return which cell was clicked."""
    scaled, number_format = scale_durations(rows.drop("place"), metric)
    return st.dataframe(
        scaled,
        hide_index=True,
        height=HEIGHT if rows.height > MAX_ROWS else "content",
        row_height=ROW_HEIGHT,
        column_config=_columns(metric, heading, rows, number_format),
        key=key,
        on_select=on_select,
        selection_mode="single-cell",
        placeholder=format.MISSING,
        alt=f"{metric.title} by {heading.lower()}",
    )


def scale_durations(rows: pl.DataFrame, metric: Metric) -> tuple[pl.DataFrame, str]:
    """Return the rows with durations in one unit, that of the largest, and the format that says it.

    They stay numbers, by which a person can sort them; a Styler would say each in its own words, but its price on every
    run of the page is that of the whole page.
    """
    if metric.unit != "hours":
        return rows, ""
    largest = max([*rows["Value"].drop_nulls(), 0.0])
    if largest < 1:
        factor, number_format = 60.0, "%d min"
    elif largest < DAYS_FROM:
        factor, number_format = 1.0, "%.1f h"
    else:
        factor, number_format = 1 / 24, "%.1f d"
    return rows.with_columns(pl.col("Value") * factor), number_format


def make_rows(groups: Sequence[Group], metric: Metric, heading: str) -> pl.DataFrame:
    """Make one row per group, the largest value first; `place` is its place in `groups`.

    Shares are in per cent. The value is NULL if there are too few pull requests, which the column of intervals says.
    """
    found = [_make_row(place, group, metric, heading) for place, group in enumerate(groups)]
    types: dict[str, pl.DataType | type[pl.DataType]] = {
        "place": pl.Int64, heading: pl.String, "Value": pl.Float64, "95 % interval": pl.String, "n": pl.Int64,
        "Change": pl.String, "Weeks": pl.List(pl.Float64),
    }  # fmt: skip
    table = pl.DataFrame(found, schema=types, orient="row")
    return table.sort("Value", heading, descending=[True, False], nulls_last=True)


def _make_row(place: int, group: Group, metric: Metric, heading: str) -> dict[str, object]:
    page = group.page
    weekly = weeks.read(page, (metric.name,))
    card = cards.make_card(metric.name, rows_of(page, metric), page.filters, page.covered_from, weekly)
    return {
        "place": place,
        heading: group.name,
        "Value": 100 * card.number if card.number is not None and metric.unit == "share" else card.number,
        "95 % interval": card.interval_text or ("too few" if card.number is None else None),
        "n": card.n,
        "Change": card.change_cell,
        "Weeks": weeks.sparkline(weekly, metric.name),
    }


def _columns(metric: Metric, heading: str, rows: pl.DataFrame, number_format: str) -> dict[str, ColumnConfig]:
    return {
        heading: st.column_config.TextColumn(width=126),
        "Value": _value_column(metric, rows, number_format),
        "95 % interval": st.column_config.TextColumn(
            width=102, help="With this n, the true value lies here in 95 of 100 cases"
        ),
        "n": st.column_config.NumberColumn(width=42, format="localized", help="How many the number rests on"),
        "Change": st.column_config.TextColumn(
            width=62, alignment="right", help="From the period before; noise if it may as well be none"
        ),
        "Weeks": st.column_config.BarChartColumn(width=66, y_min=0, help="The complete weeks of the history"),
    }


def _value_column(metric: Metric, rows: pl.DataFrame, number_format: str) -> ColumnConfig:
    if metric.unit == "hours":
        return st.column_config.NumberColumn(format=number_format, width=62)
    if metric.statistic == "count":
        largest = max([*rows["Value"].drop_nulls(), 0.0]) or 1.0
        return st.column_config.ProgressColumn(min_value=0, max_value=largest, format="%d", width=64)
    return st.column_config.NumberColumn(format=NUMBER_FORMATS[metric.unit], width=62)
