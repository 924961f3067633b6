"""Metrics of pull requests by agents, with a model's help and without evidence of either, side by side."""

from dataclasses import dataclass

import polars as pl
import streamlit as st

from dashboard.parts import cards, parts_of_ai
from dashboard.parts.behind import Behind
from dashboard.reading import format
from dashboard.shell.context import Context
from warehouse.metrics.metric import Metric, MetricValue
from warehouse.metrics.periods import compute_value
from warehouse.metrics.precision.changes import measure_change
from warehouse.metrics.precision.intervals import Interval
from warehouse.metrics.precision.matched import can_match, measure_matched
from warehouse.metrics.registry import BY_NAME
from warehouse.words import plural, signed

METRICS = (
    "merged_prs",
    "merge_rate_share",
    "merged_within_7d_share",
    "cycle_time_p50_hours",
    "coding_p50_hours",
    "pickup_p50_hours",
    "review_p50_hours",
    "merge_p50_hours",
    "waiting_on_author_p50_hours",
    "waiting_on_review_p50_hours",
    "pr_size_p50_lines",
    "large_pr_share",
    "reviewed_within_24h_share",
    "reviewed_share",
    "review_rounds_p50",
    "review_comments_per_pr",
    "reverted_share",
    "retouched_share",
    "hotfix_share",
)
SIDES = tuple(parts_of_ai.SIDES)
ROW_HEIGHT = 34
GAP_HELP = "Difference with its 95 % interval"
ALIKE_HELP = "Difference between pull requests of the same repository and size, with its 95 % interval"
SAID = (
    "Side by side is correlation, not cause: people choose what to hand to a tool, and a pull request without evidence "
    "may have been written with one. Behind a difference is its 95 % interval; chance alone explains “noise”, and of "
    "twenty differences that are none it lets one look like more. “Like with like” compares pull requests of the same "
    "repository and size."
)


@dataclass(frozen=True)
class Side:
    """One metric of one side: the rows behind it and its value."""

    rows: pl.DataFrame
    value: MetricValue


def draw_sides(page: Context) -> None:
    """Draw one row per metric with a cell per side, and how far each side of AI is from the one without evidence."""
    columns, table = page.remember("sides", lambda: make_table(page))
    chosen = st.segmented_control(
        "Differences", list(DIFFERENCES), default=AS_THEY_ARE, key="sides_differences", label_visibility="collapsed"
    )
    shown = DIFFERENCES[chosen or AS_THEY_ARE]
    turn = st.session_state.setdefault("sides_turn", 0)
    event = st.dataframe(
        table.select("Metric", *columns, *shown),
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        key=f"sides_{turn}",
        on_select="rerun",
        selection_mode="single-cell",
        placeholder=format.MISSING,
        column_config={
            "Metric": st.column_config.TextColumn(width=155),
            **{name: st.column_config.TextColumn(width=126, alignment="right") for name in columns},
            **{name: st.column_config.TextColumn(width=190, help=GAP_HELP) for name in _GAPS},
            **{name: st.column_config.TextColumn(width=212, help=ALIKE_HELP) for name in _ALIKE},
        },
        alt="Metrics of pull requests by agents, those with a model's help and those without evidence of AI",
    )
    st.caption(SAID)
    _draw_left_out(page)
    cells = event["selection"]["cells"]
    if cells and cells[0][0] < len(METRICS):
        side = _side_of(columns, cells[0][1])
        if side and not behind(METRICS[cells[0][0]], side).select(page).is_empty():
            st.session_state["sides_turn"] += 1
            behind(METRICS[cells[0][0]], side).open(page)


_GAPS = ("Agents against none", "Help against none")
_ALIKE = ("Agents, like with like", "Help, like with like")
AS_THEY_ARE = "As they are"
DIFFERENCES = {AS_THEY_ARE: _GAPS, "Like with like": _ALIKE}


def behind(name: str, side: str) -> Behind:
    """Return what a cell is behind: one metric of one side."""
    return Behind(BY_NAME[name], part=f"side={side}")


def make_table(page: Context) -> tuple[dict[str, str], pl.DataFrame]:
    """Return the sides by their column, and one row per metric; each cell of a side says its value and its n."""
    columns = {title: side for side, title in parts_of_ai.SIDE_TITLES.items()}
    return columns, pl.DataFrame([_make_row(page, BY_NAME[name]) for name in METRICS])


def _make_row(page: Context, metric: Metric) -> dict[str, str]:
    sides = {side: _measure(page, metric, side) for side in SIDES}
    cells = {parts_of_ai.SIDE_TITLES[side]: _say_value(metric, found) for side, found in sides.items()}
    gaps = (_say_gap(metric, sides[side], sides["none"]) for side in ("agent", "assisted"))
    alike = (_say_alike(metric, sides[side], sides["none"]) for side in ("agent", "assisted"))
    return {"Metric": metric.label, **cells, **dict(zip((*_GAPS, *_ALIKE), (*gaps, *alike), strict=True))}


def _measure(page: Context, metric: Metric, side: str) -> Side:
    rows = behind(metric.name, side).select(page)
    return Side(rows, compute_value(metric, rows))


def _say_value(metric: Metric, side: Side) -> str:
    value = cards.value_text(metric, side.value)
    return value if metric.statistic == "count" else f"{value}  ·  n = {side.value.n:,}"


def _say_gap(metric: Metric, side: Side, other: Side) -> str:
    """Say how far a side is from the one without evidence; a count says nothing, as sides differ in size."""
    if metric.statistic == "count":
        return ""
    if why_not := _why_not(metric, side, other):
        return why_not
    change = measure_change(metric, other.rows, side.rows)
    if change is None or change.interval is None:
        return "too few to compare" if metric.has_interval else "no interval"
    unit = " points" if metric.flag is not None else " %"
    return _say_difference(change.by, change.interval, unit)


def _why_not(metric: Metric, side: Side, other: Side) -> str:
    """Say why two sides are not compared, if the values tell: there are few, or of a duration one is nothing."""
    if side.value.is_too_few or other.value.is_too_few:
        return "too few to compare"
    nothing = [one.value for one in (other, side) if not one.value.value]
    has_ratio = metric.flag is None and metric.has_interval
    return f"no ratio to {cards.value_text(metric, nothing[0])}" if nothing and has_ratio else ""


def _say_alike(metric: Metric, side: Side, other: Side) -> str:
    """Say the same of pull requests of the same repositories and sizes, with how many of the side are such."""
    if metric.statistic == "count":
        return ""
    if not can_match(metric):
        return "not compared"
    found = measure_matched(metric, other.rows, side.rows)
    if found is None:
        return _why_not(metric, side, other) or "too few to compare"
    unit = " points" if metric.flag is not None else " %"
    return f"{_say_difference(found.by, found.interval, unit)}  ·  n = {found.n:,}"


def _say_difference(by: float, interval: Interval, unit: str) -> str:
    span = f"{signed(100 * interval.low)} to {signed(100 * interval.high)}{unit}"
    return f"noise ({span})" if interval.holds(0.0) else f"{signed(100 * by)}{unit} ({span})"


def _side_of(columns: dict[str, str], column: str) -> str:
    """Return the side of a clicked column; a difference leads to the side of AI in it, and a name to none."""
    return columns.get(column) or dict(zip((*_GAPS, *_ALIKE), ("agent", "assisted") * 2, strict=True)).get(column, "")


def _draw_left_out(page: Context) -> None:
    """Say how many merged pull requests are on no side, and why."""
    rows = Behind(BY_NAME["merged_prs"]).select(page)
    unread = rows.filter(pl.col("ai_level").is_null()).height
    some = rows.filter(pl.col("ai_level") == "contains").height
    parts = [f"{plural(unread, 'merged pull request')} not read yet"] * bool(unread)
    parts += [f"{plural(some, 'merged pull request')} with AI in some commits only"] * bool(some)
    if parts:
        st.caption(f"On no side: {', '.join(parts)}.")
