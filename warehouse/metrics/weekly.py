"""The weekly values of every metric, by team, repository, GitHub team and person.

Rows are selected and aggregated as in `periods.py`, so a card, the pull requests behind it and the weekly value of the
same days are equal by construction.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import polars as pl

from warehouse import schema
from warehouse.metrics.coverage import compute_coverage, plan_history
from warehouse.metrics.facts import Facts
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import counting
from warehouse.metrics.registry import metrics_with
from warehouse.metrics.samples import make_samples
from warehouse.metrics.scopes import Placed, Scope, list_scopes


def compute_weekly_metrics(facts: Facts, pull_request_metrics: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return one row per (team, week, scope, metric), with the columns of `weekly_metrics`.

    Weeks without events are included, and persons for the metrics with a person's view, if the team allows it.
    """
    weeks, metrics = plan_history(facts, as_of), metrics_with(has_issues=facts.has_issues)
    placed = Placed(make_samples(facts, pull_request_metrics), weeks, facts.timezone, as_of)
    coverage = compute_coverage(facts, weeks)
    frames = [
        scope.show_names(rows)
        for scope in list_scopes(facts, placed, weeks, coverage)
        for alike in _count_alike([metric for metric in metrics if scope.holds(metric)])
        for rows in _weekly(alike, placed, scope)
    ]
    over = [week.start for week in weeks if week.is_over(as_of)]
    rows = pl.concat(frames).with_columns(
        team_id=pl.lit(facts.team_id), as_of=pl.lit(as_of), is_complete=pl.col("week_start").is_in(over)
    )
    types = schema.polars_schema(schema.weekly_metrics)
    return rows.select(pl.col(name).cast(kind) for name, kind in types.items())


def _count_alike(metrics: Iterable[Metric]) -> Iterable[list[Metric]]:
    """Put metrics together that count the same rows, such as the median and the p90 of a duration."""
    found: dict[tuple[str, str, str], list[Metric]] = {}
    for metric in metrics:
        key = (metric.source, metric.placed_by, str(counting(metric, include_bots=False)))
        found.setdefault(key, []).append(metric)
    return found.values()


def _weekly(metrics: Sequence[Metric], placed: Placed, scope: Scope) -> Iterator[pl.DataFrame]:
    """Yield the weeks of each of the metrics, which count the same rows: those are selected and grouped once."""
    first = metrics[0]
    values = [
        each.alias(f"{each.meta.output_name()}_{place}") for place, one in enumerate(metrics) for each in one.own()
    ]
    grouped = (
        placed.rows_of(first, scope)
        .filter(counting(first, include_bots=False))
        .group_by("week_start", scope_id=scope.column(first))
        .agg(*first.shared(), *values)
    )
    weeks = scope.grid_of(first).join(grouped, on=["week_start", "scope_id"], how="left")
    for place, metric in enumerate(metrics):
        nothing = 0.0 if metric.statistic == "count" else None
        yield weeks.select(
            "week_start",
            "scope_id",
            "is_uncovered",
            pl.col("n").fill_null(0),
            _or(pl.col(f"value_{place}"), nothing).alias("value"),
            numerator=f"numerator_{place}",
            denominator=f"denominator_{place}",
            scope=pl.lit(scope.name),
            metric=pl.lit(metric.name),
            is_partial=pl.col("is_uncovered") | pl.col("has_gaps").fill_null(value=False),
        )


def _or(value: pl.Expr, nothing: float | None) -> pl.Expr:
    return value if nothing is None else value.fill_null(nothing)
