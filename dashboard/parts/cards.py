"""The numbers of a period as cards: value, how exact it is, change, and how many pull requests are behind them.

A card and its drill-down ask `warehouse.metrics.periods` the same question, so their counts are equal.

A badge compares with the weeks before of the same team, which is the only comparison of like with like: strangers
measure other things under the same names. It does not judge people, and can be switched off
(`PRFLOW_DASHBOARD_HAS_BENCHMARKS`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from dashboard.parts.charts import BadgeColor, DeltaColor
from dashboard.reading import format
from dashboard.shell.filters import Filters
from warehouse.metrics.metric import Metric, MetricValue
from warehouse.metrics.periods import compute_value, lacks_weeks
from warehouse.metrics.precision.changes import MetricChange, find_interval
from warehouse.metrics.precision.intervals import Interval
from warehouse.metrics.precision.sides import Sides
from warehouse.metrics.registry import BY_NAME
from warehouse.words import percent, plural, points, signed

OVERVIEW = ("cycle_time_p50_hours", "first_review_p50_hours", "merged_prs", "pr_size_p50_lines")
DELTA_COLORS: dict[str, DeltaColor] = {"lower": "inverse", "higher": "normal", "neither": "off"}
# Smaller changes are noise: they are shown as no change.
FLAT_SHARE = 0.005

# Fewer weeks have no quarters worth the name.
MIN_WEEKS = 8
BEST_QUARTER = 0.75
WORST_QUARTER = 0.25
AS_USUAL: tuple[str, BadgeColor] = ("As usual", "gray")


@dataclass(frozen=True)
class Badge:
    """A label with its colour, and a sentence that says how it was found."""

    label: str
    color: BadgeColor
    help: str


@dataclass(frozen=True)
class Card:
    """The contents of a card.

    `delta_text` is the change from the period before, 0 for none, None if the two cannot be compared; `delta_note` says
    what it is compared with and how exact it is, or why it is not. It is coloured only if its 95 % interval leaves no
    change out, which `is_noise` says, too: None if the two were not compared. `basis` says how many pull requests are
    behind the value, and its own interval.
    """

    metric: str
    title: str
    value: str
    n: int
    basis: str
    help: str
    delta_text: str | int | None
    delta_note: str
    delta_color: DeltaColor
    badge: Badge | None
    number: float | None = None
    interval_text: str = ""
    interval: Interval | None = None
    part_n: int = 0
    is_noise: bool | None = None

    @property
    def change_cell(self) -> str | None:
        """The change as a cell of a table: "noise" if it may be none, None if the two were not compared."""
        if self.is_noise is None:
            return None
        return "noise" if self.is_noise or not self.delta_text else str(self.delta_text)


def make_card(
    name: str, prs: pl.DataFrame, filters: Filters, covered_from: datetime | None, weekly: pl.DataFrame | None = None
) -> Card:
    """Make the card of one metric over `prs`, the rows that the filters keep, with a badge from its `weekly` rows."""
    metric = BY_NAME[name]
    sides = Sides.select(metric, prs, filters.previous_start, filters.start, filters.end)
    value = compute_value(metric, sides.now)
    has_gaps = weekly is not None and lacks_weeks(weekly, filters.previous_start, filters.end)
    change, note = _change(metric, value, sides, filters, covered_from, has_gaps=has_gaps)
    interval = None if value.is_too_few else find_interval(metric, sides.now)
    badge = None
    if weekly is not None and not value.is_too_few and sides.can_be_compared and not has_gaps:
        of_week = _of_one_week(metric, value, filters)
        badge = compare_with_own_weeks(
            metric, of_week, weekly, filters.start.date(), lambda usual: _may_be(usual, interval, change)
        )
    return Card(
        metric=name,
        title=metric.label,
        value=value_text(metric, value),
        n=value.n,
        basis=_basis(metric, value, interval, sides),
        help=_help(metric, value, interval),
        delta_text=_delta_text(metric, change),
        delta_note=note,
        delta_color=DELTA_COLORS[metric.better] if change and not change.is_noise else "off",
        badge=badge,
        number=None if value.is_too_few else value.value,
        interval_text=_interval_text(metric, interval) if interval else "",
        interval=interval,
        part_n=_count_part(metric, sides.now),
        is_noise=change.is_noise if change else None,
    )


def _count_part(metric: Metric, rows: pl.DataFrame) -> int:
    """Count the pull requests that a share is of; the numerator of one with censored rows is not that count."""
    if metric.flag is None or metric.source == "reviews":
        return 0
    return int(rows.select(metric.flag.sum()).item())


def _of_one_week(metric: Metric, value: MetricValue, filters: Filters) -> float | None:
    """Return the value as weeks have it: a count of four weeks is four times that of one."""
    if metric.statistic != "count" or value.value is None:
        return value.value
    return value.value / (filters.days / 7)


def _basis(metric: Metric, value: MetricValue, interval: Interval | None, sides: Sides) -> str:
    """Say what the value rests on: "n = 152 · likely 24 h to 36 h", its 95 % interval."""
    parts = [f"n = {value.n:,} reviews" if metric.source == "reviews" else f"n = {value.n:,}"]
    if interval:
        parts.append(f"likely {_interval_text(metric, interval)}")
    if sides.lacking:
        parts.append(f"{sides.lacking:,} with missing data")
    return " · ".join(parts)


def _interval_text(metric: Metric, interval: Interval) -> str:
    return f"{format.measure(interval.low, metric.unit)} to {format.measure(interval.high, metric.unit)}"


def _help(metric: Metric, value: MetricValue, interval: Interval | None) -> str:
    rests = plural(value.n, "review" if metric.source == "reviews" else "pull request")
    text = f"**{metric.title}.** {format.escape(metric.definition, 2000)} Based on {rests}."
    return f"{text} 95 % interval: {_interval_text(metric, interval)}." if interval else text


def value_text(metric: Metric, value: MetricValue) -> str:
    """Return the value with its unit; "too few" below the metric's minimum n, a dash if there is nothing."""
    if value.n == 0 and metric.unit != "count":
        return format.MISSING
    return "too few" if value.is_too_few else format.measure(value.value, metric.unit)


def _change(
    metric: Metric,
    value: MetricValue,
    sides: Sides,
    filters: Filters,
    covered_from: datetime | None,
    *,
    has_gaps: bool,
) -> tuple[MetricChange | None, str]:
    """Compare with the period before; without a change, say why."""
    if covered_from is None or covered_from > filters.previous_start:
        return None, "not enough history to compare"
    if not sides.can_be_compared:
        return None, "too many lack data to compare"
    if has_gaps:
        return None, "data of some weeks are missing"
    if not metric.has_interval:
        return None, "not compared: no interval is known for it"
    change = None if value.is_too_few else sides.change()
    if change is None or (change.interval is None and metric.min_n > 0):
        return None, "too few to compare"
    return change, _note(metric, change, filters)


def _note(metric: Metric, change: MetricChange, filters: Filters) -> str:
    against = f"vs the {filters.days // 7} weeks before"
    if change.interval is None:
        return against
    unit = " points" if metric.flag is not None else " %"
    span = f"{signed(100 * change.interval.low)} to {signed(100 * change.interval.high)}{unit}"
    return f"{against}: within noise ({span})" if change.is_noise else f"{against} ({span})"


def _delta_text(metric: Metric, change: MetricChange | None) -> str | int | None:
    if change is None:
        return None
    if abs(change.by) < FLAT_SHARE:
        return 0
    return points(change.by) if metric.flag is not None else f"{signed(100 * change.by)} %"


def _may_be(usual: float, interval: Interval | None, change: MetricChange | None) -> bool:
    """Return True if the value is not told apart from the usual one: by its interval, else by its change."""
    if interval is not None:
        return interval.holds(usual)
    return change is None or change.is_noise


def compare_with_own_weeks(
    metric: Metric,
    value: float | None,
    weekly: pl.DataFrame,
    before: date,
    may_be: Callable[[float], bool] = lambda usual: False,
) -> Badge | None:
    """Compare a value with the complete weeks of `weekly` that began before `before`.

    It is as usual if it `may_be` what is usual in them, within noise. None if the metric is neither better high nor
    low, if its values of weeks and of longer periods are not alike, or if fewer than 8 such weeks have a value.
    """
    of_weeks = weekly.filter(pl.col("is_complete") & (pl.col("week_start") < before), pl.col("value").is_not_null())
    earlier = of_weeks["value"]
    if value is None or metric.better == "neither" or not metric.compares_with_weeks or earlier.len() < MIN_WEEKS:
        return None
    is_worse = earlier > value if metric.better == "lower" else earlier < value
    share = (int(is_worse.sum()) + int((earlier == value).sum()) / 2) / earlier.len()
    usual = find_usual(metric, of_weeks)
    is_noise = may_be(usual)
    label, color = AS_USUAL if is_noise else _level(share)
    if (label, color) != AS_USUAL:
        label = f"{label} ({_usual_text(metric, usual)})"
    words = f"Better than {percent(share)} of your {earlier.len():,} complete weeks before this period"
    return Badge(label, color, f"{words}, and not told apart from what is usual in them." if is_noise else f"{words}.")


def find_usual(metric: Metric, of_weeks: pl.DataFrame) -> float:
    """Return the usual value of weeks: their median, or of shares what they have together.

    The median week of something rare has none of it: against that, a single revert would be worse than usual.
    """
    n = of_weeks.get_column("n", default=None)
    if metric.unit != "share" or n is None or not n.sum():
        return float(of_weeks["value"].median() or 0.0)  # type: ignore[arg-type]  # of numbers
    return float((of_weeks["value"] * n).sum() / n.sum())


def _usual_text(metric: Metric, usual: float) -> str:
    """Say the usual value: a badge beside "within noise" is no contradiction to who sees what each compares with."""
    text = format.measure(usual, metric.unit)
    return f"{text} a week" if metric.statistic == "count" else text


def _level(share: float) -> tuple[str, BadgeColor]:
    if share >= BEST_QUARTER:
        return "Better than usual", "green"
    if share > WORST_QUARTER:
        return AS_USUAL
    return "Worse than usual", "orange"
