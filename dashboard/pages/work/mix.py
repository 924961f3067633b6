"""The mix of work: merged pull requests by type, by investment or by who decided, over weeks and the period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
import streamlit as st

from dashboard.parts import charts, weeks
from dashboard.parts.behind import MANY, NOT_KNOWN, Behind, add_analysis, follow
from dashboard.parts.charts import Option
from dashboard.parts.panels import PANEL_WIDTH
from dashboard.parts.samples import rows_of
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.flags import is_jira_on
from warehouse.metrics.definitions.work import WORK_TYPES
from warehouse.metrics.outcomes.investment import CANNOT_TELL
from warehouse.metrics.outcomes.team_rules import BUCKETS
from warehouse.metrics.periods import select_pull_requests
from warehouse.metrics.precision.intervals import share_interval
from warehouse.metrics.registry import BY_NAME
from warehouse.words import percent

MERGED = BY_NAME["merged_prs"]
HEIGHT = 330
TABLE_HEIGHT = 330
ROW_HEIGHT = 34
# More kinds than colours of the theme are not told apart: the rarest stand together.
MAX_KINDS = 7
OTHER = "Other types"
PERIOD_COLUMNS = {"PRs": pl.Int64, "Share": pl.Float64, "95 % interval": pl.String, "Before": pl.Float64}


@dataclass(frozen=True)
class Dimension:
    """A way to divide merged pull requests: its column and the names of its values, in order."""

    column: str
    title: str
    names: dict[str, str]


DIMENSIONS = {
    "work_type": Dimension(
        "work_type",
        "Type of work",
        {name: words[0].upper() + words[1:] for name, words in WORK_TYPES.items()}
        | {"unclear": "Unclear", NOT_KNOWN: "Not read yet"},
    ),
    "investment": Dimension(
        "investment",
        "Investment",
        {name: name.capitalize() for name in BUCKETS} | {CANNOT_TELL: "Cannot tell", NOT_KNOWN: "Not read yet"},
    ),
    "work_type_source": Dimension(
        "work_type_source",
        "Decided by",
        {"rule": "Rules", "llm": "The model", NOT_KNOWN: "Nobody yet"},
    ),
}


@dataclass(frozen=True)
class Kind:
    """A part of the mix: its name, and the values that it stands for."""

    name: str
    values: tuple[str, ...]

    def part(self, column: str) -> str:
        """Return it as a part of a number's address."""
        return f"{column}={MANY.join(self.values)}"


def draw_mix(page: Context) -> None:
    """Draw the choice of the division, the weeks and the table of the period."""
    dimensions = DIMENSIONS | issue_dimensions(page)
    chosen = st.segmented_control(
        "Divide by",
        list(dimensions),
        format_func=lambda name: dimensions[name].title,
        default="work_type",
        required=True,
        key="mix",
        label_visibility="collapsed",
    )
    dimension = dimensions[chosen or "work_type"]
    by_week = page.remember(("mix", dimension.column), lambda: count_by_week(page, dimension))
    kinds = page.remember(("kinds", dimension.column), lambda: choose_kinds(by_week, dimension))
    with st.grid(2, min_column_width=PANEL_WIDTH):
        with st.container():
            _draw_weeks(page, dimension, by_week, kinds)
        with st.container():
            _draw_period(page, dimension, kinds)


def issue_dimensions(page: Context) -> dict[str, Dimension]:
    """Return the divisions by what Jira says of the issue; none while it is switched off."""
    titles = {"issue_type": "Type of issue", "epic_key": "Epic"} if is_jira_on() else {}
    return {column: Dimension(column, title, _names_of(page, column)) for column, title in titles.items()}


def _names_of(page: Context, column: str) -> dict[str, str]:
    """Return the values of a column of the merged pull requests, the most frequent first, and the name of none."""
    values = rows_of(page, MERGED)[column].drop_nulls()
    counts = values.value_counts(sort=True).sort("count", column, descending=[True, False])
    named = {value: format.plain(value, 40) for value in counts[column] if MANY not in value}
    return named | {NOT_KNOWN: "No issue" if column == "issue_type" else "No epic"}


def count_by_week(page: Context, dimension: Dimension) -> pl.DataFrame:
    """Count merged pull requests by week and value: `week_start`, `is_complete`, `value`, `n`; 0 for none."""
    value = pl.col(dimension.column).fill_null(NOT_KNOWN).alias("value")
    merged = add_analysis(page, rows_of(page, MERGED), dimension.column).with_columns(value)
    counted = weeks.count_by_week(page, MERGED, merged, "value")
    known = [name for name in dimension.names if name in counted["value"]]
    return counted.filter(pl.col("value").is_in(known))


def choose_kinds(by_week: pl.DataFrame, dimension: Dimension) -> list[Kind]:
    """Return the parts of the mix in the order of the dimension; the rarest of many stand together, last."""
    totals = dict(by_week.group_by("value").agg(pl.col("n").sum()).iter_rows())
    present = [name for name in dimension.names if totals.get(name)]
    if len(present) <= MAX_KINDS + 1:
        return [Kind(dimension.names[name], (name,)) for name in present]
    common = set(sorted(present, key=lambda name: -totals[name])[:MAX_KINDS])
    rare = tuple(name for name in present if name not in common)
    return [Kind(dimension.names[name], (name,)) for name in present if name in common] + [Kind(OTHER, rare)]


def _draw_weeks(page: Context, dimension: Dimension, by_week: pl.DataFrame, kinds: Sequence[Kind]) -> None:
    if not kinds:
        st.caption("No pull request has been merged yet.")
        return
    starts = weeks.starts(by_week)
    selected = st.echarts_chart(
        page.remember(("mix bars", dimension.column), lambda: option(by_week, kinds)),
        height=HEIGHT,
        key=f"mix_{dimension.column}",
        on_select="rerun",
        alt=f"Merged pull requests by week and {dimension.title.lower()}",
    )
    follow(page, selected, [[of_week(dimension, kind, start) for start in starts] for kind in kinds])


def of_week(dimension: Dimension, kind: Kind, start: date) -> Behind:
    """Return what a bar of a week stands for."""
    return Behind(MERGED, start, part=kind.part(dimension.column))


def option(by_week: pl.DataFrame, kinds: Sequence[Kind]) -> Option:
    """Stack the kinds by week: the height of a bar is what was merged."""
    return {
        "grid": {**charts.GRID, "top": 76},
        "legend": {**charts.LEGEND, "type": "plain"},
        "tooltip": {"trigger": "item"},
        "xAxis": charts.weeks_axis(weeks.starts(by_week)),
        "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 4, "axisLabel": {"formatter": charts.PRS_LABEL}},
        "series": [_series(by_week, kind) for kind in kinds],
    }


def count_kind(by_week: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """Count one kind by week: `week_start`, `is_complete`, `n` and `total`, which is what was merged."""
    mine = pl.col("value").is_in(list(kind.values))
    return (
        by_week.group_by("week_start", "is_complete")
        .agg(n=pl.col("n").filter(mine).sum(), total=pl.col("n").sum())
        .sort("week_start")
    )


def _series(by_week: pl.DataFrame, kind: Kind) -> Option:
    hatched: Option = {"itemStyle": {"decal": charts.HATCH}}
    bars = [
        {"value": [f"{start:%d %b}", n, percent(n / total) if total else format.MISSING]}
        | ({} if is_complete else hatched)
        for start, is_complete, n, total in count_kind(by_week, kind).iter_rows()
    ]
    return {
        "type": "bar",
        "name": kind.name,
        "stack": "mix",
        "barCategoryGap": "28%",
        "data": bars,
        "selectedMode": "single",
        "tooltip": {"formatter": "Week of {b}<br/>{a}: <b>{@[1]}</b> merged ({@[2]} of the week)"},
    }


def _draw_period(page: Context, dimension: Dimension, kinds: Sequence[Kind]) -> None:
    table = page.remember(("mix table", dimension.column), lambda: make_table(page, dimension, kinds))
    turn = st.session_state.setdefault("mix_turn", 0)
    event = st.dataframe(
        table,
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        key=f"mix_table_{dimension.column}_{turn}",
        on_select="rerun",
        selection_mode="single-cell",
        placeholder=format.MISSING,
        column_config={
            dimension.title: st.column_config.TextColumn(width=115),
            "PRs": st.column_config.NumberColumn(width=45, format="localized"),
            "Share": st.column_config.NumberColumn(width=55, format="%.0f %%"),
            "95 % interval": st.column_config.TextColumn(
                width=90, help="With this n, the true share lies here in 95 of 100 cases"
            ),
            "Before": st.column_config.NumberColumn(width=60, format="%.0f %%", help="Share of the period before"),
        },
        alt=f"Merged pull requests of the period by {dimension.title.lower()}",
    )
    cells = event["selection"]["cells"]
    if cells and cells[0][0] < len(kinds):
        st.session_state["mix_turn"] += 1
        of_period(dimension, kinds[cells[0][0]]).open(page)


def of_period(dimension: Dimension, kind: Kind) -> Behind:
    """Return what a row of the table stands for."""
    return Behind(MERGED, part=kind.part(dimension.column))


def make_table(page: Context, dimension: Dimension, kinds: Sequence[Kind]) -> pl.DataFrame:
    """Return one row per kind, in their order: how many were merged in the period, and their shares in per cent."""
    now = _values(page, dimension, is_before=False)
    before = _values(page, dimension, is_before=True)
    rows = []
    for kind in kinds:
        count, old = (int(side.is_in(list(kind.values)).sum()) for side in (now, before))
        interval = share_interval(count, now.len()) if count else None
        exact = f"{percent(interval.low)} to {percent(interval.high)}" if interval else None
        shares = (100 * part / side.len() if side.len() else None for part, side in ((count, now), (old, before)))
        rows.append((kind.name, count, next(shares), exact, next(shares)))
    types = {
        dimension.title: pl.String,
        "PRs": pl.Int64,
        "Share": pl.Float64,
        "95 % interval": pl.String,
        "Before": pl.Float64,
    }
    return pl.DataFrame(rows, schema=types, orient="row")


def _values(page: Context, dimension: Dimension, *, is_before: bool) -> pl.Series:
    filters = page.filters
    start, end = (filters.previous_start, filters.start) if is_before else (filters.start, filters.end)
    rows = select_pull_requests(MERGED, rows_of(page, MERGED), start, end)
    if is_before and (page.covered_from is None or page.covered_from > start):
        rows = rows.clear()  # a share of half a period is not that of the period
    return add_analysis(page, rows, dimension.column)[dimension.column].fill_null(NOT_KNOWN)
