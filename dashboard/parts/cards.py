"""The numbers of a period as cards: value, change, benchmark, and how many pull requests are behind them.

A card and its drill-down ask `warehouse.metrics.periods` the same question, so their counts are equal.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from dashboard.parts.benchmarks import BENCHMARKS, Benchmark
from dashboard.parts.colors import BadgeColor, DeltaColor
from dashboard.reading import format
from dashboard.shell.filters import Filters
from warehouse.metrics.metric import Metric, MetricValue
from warehouse.metrics.periods import compute_period, select_pull_requests
from warehouse.metrics.registry import BY_NAME
from warehouse.words import plural

OVERVIEW = ("cycle_time_p50_hours", "first_review_p50_hours", "merged_prs", "pr_size_p50_lines")
DELTA_COLORS: dict[str, DeltaColor] = {"lower": "inverse", "higher": "normal", "neither": "off"}
# Smaller changes are noise: they are shown as no change.
FLAT_SHARE = 0.005


@dataclass(frozen=True)
class Card:
    """The contents of a card.

    `delta` is a signed share of the value before, 0 for no change, None if the two cannot be compared.
    `delta_note` says what it is compared with, or why it is not. `badge` is a level and its colour.
    """

    metric: str
    title: str
    value: str
    n: int
    help: str
    delta: float | None
    delta_note: str
    delta_color: DeltaColor
    badge: tuple[str, BadgeColor] | None
    badge_help: str


def make_card(
    name: str, prs: pl.DataFrame, filters: Filters, covered_from: datetime | None, has_benchmarks: bool = True
) -> Card:
    """Make the card of one metric over `prs`, the rows that the filters keep."""
    metric = BY_NAME[name]
    now = compute_period(metric, prs, filters.start, filters.end, include_bots=filters.include_bots)
    before = compute_period(metric, prs, filters.previous_start, filters.start, include_bots=filters.include_bots)
    delta, note = _change(now, before, filters, covered_from)
    benchmark = BENCHMARKS.get(name) if has_benchmarks and not now.is_too_few else None
    badge, badge_help = _badge(metric, prs, filters, benchmark)
    return Card(
        metric=name,
        title=metric.label,
        value=value_text(metric, now),
        n=now.n,
        help=_help(metric, now),
        delta=delta,
        delta_note=note,
        delta_color=DELTA_COLORS[metric.better] if delta else "off",
        badge=badge,
        badge_help=badge_help,
    )


def _help(metric: Metric, value: MetricValue) -> str:
    over = plural(value.n, "pull request")
    return f"**{metric.title}.** {format.escape(metric.definition, 2000)} Based on {over}."


def value_text(metric: Metric, value: MetricValue) -> str:
    """Return the value with its unit; "too few" below the metric's minimum n, a dash if there is nothing."""
    if value.n == 0 and metric.unit != "count":
        return format.MISSING
    return "too few" if value.is_too_few else format.measure(value.value, metric.unit)


def _change(
    now: MetricValue, before: MetricValue, filters: Filters, covered_from: datetime | None
) -> tuple[float | None, str]:
    if covered_from is None or covered_from > filters.previous_start:
        return None, "not enough history to compare"
    if now.is_too_few or before.is_too_few or not before.value or now.value is None:
        return None, "too few to compare"
    share = now.value / before.value - 1
    return (0.0 if abs(share) < FLAT_SHARE else share), f"vs the {filters.days} days before"


def _badge(
    metric: Metric, prs: pl.DataFrame, filters: Filters, benchmark: Benchmark | None
) -> tuple[tuple[str, BadgeColor] | None, str]:
    if benchmark is None:
        return None, ""
    p75 = compute_p75(metric, prs, filters)
    return (benchmark.level(p75), benchmark.describe(p75)) if p75 is not None else (None, "")


def compute_p75(metric: Metric, prs: pl.DataFrame, filters: Filters) -> float | None:
    """Compute the 75th percentile, by linear interpolation, of the column that the metric takes the median of."""
    if metric.column is None:
        return None
    rows = select_pull_requests(metric, prs, filters.start, filters.end, include_bots=filters.include_bots)
    p75 = rows[metric.column].quantile(0.75, "linear")
    return None if p75 is None else float(p75)
