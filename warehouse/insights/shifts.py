"""How much each phase and each share moved between the recent weeks and those before: in the team, and where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any

import polars as pl

from warehouse.insights.comparison import LOOK, add_interval, compare, strata
from warehouse.insights.orders import Look, adjust_both, score_orders
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import select_pull_requests
from warehouse.metrics.weeks import Week

# Fewer on either side, and the typical value is an accident.
MIN_N = 8
# A share needs more: of eight pull requests one is 12 %.
MIN_N_OF_SHARE = 20
# A change that a reader would act on: a quarter more or less and at least an hour; ten points of a share.
MIN_RATIO = 1.25
MIN_HOURS = 1.0
MIN_POINTS = 0.10
# Waits shorter than this are the same to a reader, and their logarithms must not decide.
SHORTEST_HOURS = 1 / 12


@dataclass(frozen=True)
class Shift:
    """One metric in one scope: its value on both sides, and the difference of like with like.

    `before` and `recent` are the metric's own values (medians in hours, or shares). `like`, `low` and `high` are the
    difference within repository and author with its 95 % interval: ratios for durations, differences for shares.
    `n_above` of the recent pull requests lie above `before`. `p_rise` and `p_fall` say how often chance alone would
    make any duration (or any share) rise or fall as clearly. `weight` is the part of the team's comparison that this
    scope makes up.
    """

    metric: Metric
    scope_id: str
    before: float
    recent: float
    n_before: int
    n_recent: int
    n_above: int
    like: float
    low: float
    high: float
    p_rise: float
    p_fall: float
    weight: float

    @property
    def rise(self) -> float:
        return self.recent - self.before

    def part_of(self, team: "Shift") -> float:
        """Return the part of the team's difference that this repository makes up; the parts add to 1."""
        return self.weight * log(self.like) / (team.weight * log(team.like))

    def reverse(self) -> "Shift":
        """Return the same of the pull requests for which the flag is false."""
        return replace(self, like=-self.like, low=-self.high, high=-self.low)

    @property
    def is_large_rise(self) -> bool:
        """Return True if the value rose by what a reader would act on, and so did the difference of like with like."""
        if self.metric.flag is not None:
            return min(self.rise, self.like) >= MIN_POINTS
        return self.rise >= max(MIN_HOURS, (MIN_RATIO - 1) * self.before) and self.like >= MIN_RATIO

    @property
    def is_large_fall(self) -> bool:
        """Return True if the value fell by what a reader would act on, and so did the difference of like with like."""
        if self.metric.flag is not None:
            return max(self.rise, self.like) <= -MIN_POINTS
        return -self.rise >= max(MIN_HOURS, (MIN_RATIO - 1) * self.recent) and self.like <= 1 / MIN_RATIO


def measure_shifts(
    metrics: Sequence[Metric], pull_requests: pl.DataFrame, before: Sequence[Week], recent: Sequence[Week], team_id: str
) -> list[Shift]:
    """Measure each metric in the team (scope `team_id`) and, for durations, in each repository.

    A scope with too few pull requests on either side, or with under four weeks in which anything happened, is left out.
    """
    if not recent:
        return []
    weeks = [*before, *recent]
    rows = pl.concat(_of_weeks(metric, pull_requests, weeks) for metric in metrics)
    rows = rows.with_columns(is_recent=pl.col("week") >= recent[0].start)
    is_duration = pl.col("metric").is_in([metric.name for metric in metrics if metric.flag is None])
    repositories = rows.filter(is_duration).with_columns(scope_id=pl.col("repository_id"))
    looks = strata(_large_enough(pl.concat([rows.with_columns(scope_id=pl.lit(team_id)), repositories]), is_duration))
    compared = _with_interval(compare(looks), team_id, is_duration).join(_sides(looks, is_duration), on=LOOK).sort(LOOK)
    chances = _chances(looks, weeks, len(recent), is_duration)
    of_name = {metric.name: metric for metric in metrics}
    return [_shift(of_name[row["metric"]], row, chances) for row in compared.iter_rows(named=True)]


def _chances(
    looks: pl.DataFrame, weeks: Sequence[Week], recent: int, is_duration: pl.Expr
) -> dict[Look, tuple[float, float]]:
    """Return the adjusted probabilities of a rise and of a fall: durations among durations, shares among shares."""
    found: dict[Look, tuple[float, float]] = {}
    starts = [week.start for week in weeks]
    for kind in (looks.filter(is_duration), looks.filter(~is_duration)):
        scores = score_orders(kind, starts, recent)
        rises, falls = adjust_both(scores)
        found |= {look: (rises[look], falls[look]) for look in scores}
    return found


def _of_weeks(metric: Metric, pull_requests: pl.DataFrame, weeks: Sequence[Week]) -> pl.DataFrame:
    """Select the rows behind the metric, each with the week that holds it; weeks may be missing in between."""
    if metric.flag is not None:
        value = y = metric.flag.cast(pl.Float64)
    else:
        value = pl.col(str(metric.column))
        y = pl.max_horizontal(value, pl.lit(SHORTEST_HOURS)).log()
    columns = {
        "metric": pl.lit(metric.name),
        "author": pl.coalesce("author_id", "author_login").fill_null(""),
        "week": pl.col("week"),
    }
    bounds = pl.DataFrame([(week.start, week.starts_at, week.ends_at) for week in weeks], schema=_BOUNDS, orient="row")
    rows = select_pull_requests(metric, pull_requests, weeks[0].starts_at, weeks[-1].ends_at).sort(metric.placed_by)
    placed = rows.join_asof(bounds.sort("starts_at"), left_on=metric.placed_by, right_on="starts_at")
    held = placed.filter(pl.col(metric.placed_by) < pl.col("ends_at"))
    return held.select("repository_id", **columns, value=value, y=y).drop_nulls("y")


_BOUNDS = {"week": pl.Date(), "starts_at": pl.Datetime("us", "UTC"), "ends_at": pl.Datetime("us", "UTC")}


def _large_enough(rows: pl.DataFrame, is_duration: pl.Expr) -> pl.DataFrame:
    """Select the looks with enough pull requests on both sides."""
    recent = pl.col("is_recent").sum().over(LOOK)
    smaller = pl.min_horizontal(recent, pl.len().over(LOOK) - recent)
    return rows.filter(smaller >= pl.when(is_duration).then(MIN_N).otherwise(MIN_N_OF_SHARE))


def _with_interval(compared: pl.DataFrame, team_id: str, is_duration: pl.Expr) -> pl.DataFrame:
    """Count what weeks add to all durations of the team on average, unless they add more to this one."""
    of_team = compared.filter(pl.col("scope_id") == team_id)
    mean = of_team.select(pl.col("week_effect").filter(is_duration).mean().fill_null(0.0)).item()
    joined = compared.join(of_team.select("metric", of_metric="week_effect"), on="metric", how="left")
    pooled = pl.when(is_duration).then(pl.lit(mean)).otherwise(pl.lit(0.0))
    return add_interval(joined, pl.max_horizontal(pl.col("of_metric"), pooled, pl.lit(0.0))).drop("of_metric")


def _sides(rows: pl.DataFrame, is_duration: pl.Expr) -> pl.DataFrame:
    """Return the values of both sides: medians of durations, means of flags."""
    recent, before = pl.col("value").filter("is_recent"), pl.col("value").filter(~pl.col("is_recent"))

    def typical(side: pl.Expr) -> pl.Expr:
        return pl.when(is_duration.first()).then(side.median()).otherwise(side.mean())

    return rows.group_by(LOOK).agg(
        before=typical(before),
        recent=typical(recent),
        n_before=before.len(),
        n_recent=recent.len(),
        n_above=(recent > before.median()).sum(),
    )


def _shift(metric: Metric, row: dict[str, Any], chances: dict[Look, tuple[float, float]]) -> Shift:
    transform = exp if metric.flag is None else float
    p_rise, p_fall = chances[metric.name, row["scope_id"]]
    return Shift(
        metric=metric,
        p_rise=p_rise,
        p_fall=p_fall,
        like=transform(row["difference"]),
        low=transform(row["low"]),
        high=transform(row["high"]),
        **{name: row[name] for name in _COPIED},
    )


_COPIED = ("scope_id", "before", "recent", "n_before", "n_recent", "n_above", "weight")
