"""The weekly values of every metric, by team, repository, GitHub team and person.

Rows are selected and aggregated as in `periods.py`, so a card, the pull requests behind it and the weekly value of the
same days are equal by construction.
"""

from datetime import datetime

import polars as pl

from warehouse import schema
from warehouse.metrics.coverage import compute_coverage, plan_history
from warehouse.metrics.facts import Facts
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import counting
from warehouse.metrics.registry import METRICS
from warehouse.metrics.samples import make_samples
from warehouse.metrics.scopes import Placed, Scope, list_scopes


def compute_weekly_metrics(facts: Facts, pull_request_metrics: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return one row per (team, week, scope, metric), with the columns of `weekly_metrics`.

    Weeks without events are included, and persons for the metrics with a person's view, if the team allows it.
    """
    weeks = plan_history(facts, as_of)
    placed = Placed(make_samples(facts, pull_request_metrics), weeks, facts.timezone, as_of)
    coverage = compute_coverage(facts, weeks)
    frames = [
        scope.show_names(_weekly(metric, placed, scope))
        for scope in list_scopes(facts, placed, weeks, coverage)
        for metric in METRICS
        if scope.holds(metric)
    ]
    over = [week.start for week in weeks if week.is_over(as_of)]
    rows = pl.concat(frames).with_columns(
        team_id=pl.lit(facts.team_id), as_of=pl.lit(as_of), is_complete=pl.col("week_start").is_in(over)
    )
    types = schema.polars_schema(schema.weekly_metrics)
    return rows.select(pl.col(name).cast(kind) for name, kind in types.items())


def _weekly(metric: Metric, placed: Placed, scope: Scope) -> pl.DataFrame:
    grouped = (
        placed.rows_of(metric, scope)
        .filter(counting(metric, include_bots=False))
        .group_by("week_start", scope_id=scope.column(metric))
        .agg(metric.aggregates())
    )
    nothing = 0.0 if metric.statistic == "count" else None
    return (
        scope.grid_of(metric)
        .join(grouped, on=["week_start", "scope_id"], how="left")
        .with_columns(
            pl.col("value").fill_null(nothing) if nothing is not None else pl.col("value"),
            pl.col("n").fill_null(0),
            scope=pl.lit(scope.name),
            metric=pl.lit(metric.name),
            is_partial=pl.col("is_uncovered") | pl.col("has_gaps").fill_null(value=False),
        )
        .drop("has_gaps")
    )
