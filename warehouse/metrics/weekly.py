"""The weekly values of every metric, by team, repository, GitHub team and person.

Rows are selected and aggregated as in `periods.py`, so a card, the pull requests behind it and the weekly value of the
same days are equal by construction.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse import schema
from warehouse.metrics.coverage import compute_coverage, plan_history
from warehouse.metrics.facts import Facts
from warehouse.metrics.metric import Metric
from warehouse.metrics.outcomes.endings import complete_lives
from warehouse.metrics.periods import counting
from warehouse.metrics.registry import metrics_with
from warehouse.metrics.samples import Samples, make_samples
from warehouse.metrics.scopes import Placed, Scope, list_scopes
from warehouse.metrics.weeks import Week


@dataclass(frozen=True)
class Weekly:
    """Rows of `weekly_values`, only of weeks with anything behind a value, and of `weekly_calendar`."""

    values: pl.DataFrame
    calendar: pl.DataFrame


def compute_weekly(facts: Facts, pull_request_metrics: pl.DataFrame, as_of: datetime) -> Weekly:
    """Compute each (team, week, scope, metric), persons for the metrics with a person's view, if the team allows it."""
    return compute_weeks(facts, make_samples(complete_lives(facts), pull_request_metrics, as_of), as_of)


def compute_weeks(facts: Facts, samples: Samples, as_of: datetime) -> Weekly:
    """Compute the same from the rows that `measure_shares` gave."""
    weeks, metrics = plan_history(facts, as_of), metrics_with(has_issues=facts.has_issues)
    placed = Placed(samples.by_source(), facts.timezone, as_of)
    scopes = list_scopes(facts, placed, weeks, compute_coverage(facts, weeks))
    values = [
        scope.show_names(rows)
        for placed_alike in _group(metrics, lambda metric: (metric.source, metric.placed_by))
        for scope in scopes
        for alike in _count_alike([metric for metric in placed_alike if scope.holds(metric)])
        for rows in _weekly(alike, placed, scope)
    ]
    calendar = [scope.show_names(scope.calendar()) for scope in scopes]
    added = _same_for_all(facts, weeks, as_of)
    return Weekly(
        _as_stored(schema.polars_schema(schema.weekly_values), pl.concat(values).with_columns(added)),
        _as_stored(schema.polars_schema(schema.weekly_calendar), pl.concat(calendar).with_columns(added)),
    )


def compute_weekly_metrics(facts: Facts, pull_request_metrics: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return one row per (team, week, scope, metric), those of weeks without anything too, as in `weekly_metrics`."""
    weekly = compute_weekly(facts, pull_request_metrics, as_of)
    metrics = metrics_with(has_issues=facts.has_issues)
    empty = pl.concat(
        weekly.calendar.filter(pl.lit(metric.has_person_view) | (pl.col("scope") != "person")).with_columns(
            metric=pl.lit(metric.name),
            value=pl.lit(0.0 if metric.statistic == "count" else None, pl.Float64),
            is_uncovered=Scope.coverage_of(metric),
            is_partial=Scope.coverage_of(metric),
            n=pl.lit(0),
        )
        for metric in metrics
    ).join(weekly.values, on=schema.key_of(schema.weekly_metrics), how="anti")
    missing = [pl.lit(None, pl.Float64).alias(name) for name in ("numerator", "denominator")]
    types = schema.polars_schema(schema.weekly_metrics)
    return pl.concat([weekly.values, _as_stored(types, empty.with_columns(missing))])


def _same_for_all(facts: Facts, weeks: Sequence[Week], as_of: datetime) -> list[pl.Expr]:
    over = [week.start for week in weeks if week.is_over(as_of)]
    return [
        pl.lit(facts.team_id).alias("team_id"),
        pl.lit(as_of).alias("as_of"),
        pl.col("week_start").is_in(over).alias("is_complete"),
    ]


def _as_stored(types: Mapping[str, pl.DataType], rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(pl.col(name).cast(kind) for name, kind in types.items())


def _count_alike(metrics: Iterable[Metric]) -> Iterable[list[Metric]]:
    """Put metrics together that count the same rows, such as the median and the p90 of a duration."""
    return _group(metrics, lambda metric: (metric.source, metric.placed_by, str(counting(metric, include_bots=False))))


def _group(metrics: Iterable[Metric], key: Callable[[Metric], tuple[str, ...]]) -> Iterable[list[Metric]]:
    found: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics:
        found.setdefault(key(metric), []).append(metric)
    return found.values()


def _weekly(metrics: Sequence[Metric], placed: Placed, scope: Scope) -> Iterator[pl.DataFrame]:
    """Yield the weeks of each of the metrics, which count the same rows: those are selected and grouped once."""
    first = metrics[0]
    values = [
        each.alias(f"{each.meta.output_name()}_{place}") for place, one in enumerate(metrics) for each in one.own()
    ]
    # Lazy: what is filtered and grouped are only the columns that these metrics need.
    grouped = (
        placed.rows_of(first, scope)
        .lazy()
        .filter(counting(first, include_bots=False))
        .group_by("week_start", *scope.columns(first))
        .agg(*first.shared(), *values)
        .collect()
    )
    weeks = scope.grid_of(first).join(scope.with_id(grouped), on=["week_start", "scope_id"])
    for place, metric in enumerate(metrics):
        yield weeks.select(
            "week_start",
            "scope_id",
            "is_uncovered",
            "n",
            value=f"value_{place}",
            numerator=f"numerator_{place}",
            denominator=f"denominator_{place}",
            scope=pl.lit(scope.name),
            metric=pl.lit(metric.name),
            is_partial=pl.col("is_uncovered") | pl.col("has_gaps"),
        )
