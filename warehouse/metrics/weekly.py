"""The weekly values of every metric, by team, repository and person.

Rows are selected and aggregated as in `periods.py`, so a card, the pull requests behind it and the weekly value of the
same days are equal by construction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse import schema
from warehouse.metrics.accounts.people import name_accounts
from warehouse.metrics.coverage import compute_coverage, plan_history
from warehouse.metrics.facts import Facts
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import counting
from warehouse.metrics.registry import METRICS
from warehouse.metrics.samples import PERSON, Samples, make_samples, open_at_week_ends
from warehouse.metrics.weeks import Week, week_start


def compute_weekly_metrics(facts: Facts, pull_request_metrics: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return one row per (team, week, scope, metric), with the columns of `weekly_metrics`.

    Weeks without events are included, and persons for the metrics with a person's view, if the team allows it.
    """
    weeks = plan_history(facts, as_of)
    placed = _Placed(make_samples(facts, pull_request_metrics), weeks, facts.timezone, as_of)
    coverage = compute_coverage(facts, weeks)
    frames = [
        scope.show_names(_weekly(metric, placed.rows_of(metric), scope))
        for scope in _scopes(facts, placed, weeks, coverage)
        for metric in METRICS
        if scope.holds(metric)
    ]
    over = [week.start for week in weeks if week.is_over(as_of)]
    rows = pl.concat(frames).with_columns(
        team_id=pl.lit(facts.team_id), as_of=pl.lit(as_of), is_complete=pl.col("week_start").is_in(over)
    )
    types = schema.polars_schema(schema.weekly_metrics)
    return rows.select(pl.col(name).cast(kind) for name, kind in types.items())


@dataclass(frozen=True)
class _Scope:
    """One scope. `grid` has one row per week and member of it: `week_start`, `scope_id`, `is_uncovered`.

    `names` has the `name` that stands for each `account_id` in the result, for the scope person.
    """

    name: str
    grid: pl.DataFrame
    names: pl.DataFrame | None = None

    def column(self, metric: Metric) -> pl.Expr:
        if self.name == "team":
            return pl.lit(self.grid["scope_id"][0])
        return pl.col("repository_id" if self.name == "repository" else PERSON[metric.source])

    def show_names(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Replace accounts by their names of today."""
        if self.names is None:
            return rows
        named = rows.join(self.names, left_on="scope_id", right_on="account_id", how="left")
        return named.with_columns(scope_id="name").drop("name").select(rows.columns)

    def holds(self, metric: Metric) -> bool:
        return self.name != "person" or metric.has_person_view


class _Placed:
    """The rows of each source with their `week_start`, made once for all metrics with the same timestamp."""

    def __init__(self, samples: Samples, weeks: Sequence[Week], timezone: str, as_of: datetime) -> None:
        # The week that is not over is counted as it stands now.
        ends = [(week.start, min(week.ends_at, as_of)) for week in weeks]
        self._sources = {"pull_requests": samples.pull_requests, "reviews": samples.reviews}
        self._timezone = timezone
        self._made = {("open_pull_requests", "week_end"): open_at_week_ends(samples, ends)}

    def rows_of(self, metric: Metric) -> pl.DataFrame:
        key = (metric.source, metric.placed_by)
        if key not in self._made:
            rows = self._sources[metric.source].filter(pl.col(metric.placed_by).is_not_null())
            self._made[key] = rows.with_columns(week_start=week_start(metric.placed_by, self._timezone))
        return self._made[key]

    def people(self) -> pl.DataFrame:
        """Return the humans who opened or reviewed a pull request: `account_id`, `name`."""
        authors = self._sources["pull_requests"].filter(~pl.col("is_bot"), pl.col("author_id").is_not_null())
        parts = (
            authors.select(account_id="author_id", login="author_login"),
            self._sources["reviews"].select(account_id="reviewer_id", login="reviewer_login"),
        )
        return name_accounts(pl.concat(parts)).sort("name")


def _weekly(metric: Metric, rows: pl.DataFrame, scope: _Scope) -> pl.DataFrame:
    grouped = (
        rows.filter(counting(metric, include_bots=False))
        .group_by("week_start", scope_id=scope.column(metric))
        .agg(metric.aggregates())
    )
    nothing = 0.0 if metric.statistic == "count" else None
    return (
        scope.grid.join(grouped, on=["week_start", "scope_id"], how="left")
        .with_columns(
            pl.col("value").fill_null(nothing) if nothing is not None else pl.col("value"),
            pl.col("n").fill_null(0),
            scope=pl.lit(scope.name),
            metric=pl.lit(metric.name),
            is_partial=pl.col("is_uncovered") | pl.col("has_gaps").fill_null(value=False),
        )
        .drop("is_uncovered", "has_gaps")
    )


def _scopes(facts: Facts, placed: _Placed, weeks: Sequence[Week], coverage: pl.DataFrame) -> list[_Scope]:
    of_repositories = coverage.select("week_start", scope_id="repository_id", is_uncovered="is_partial")
    of_week = (
        pl.DataFrame({"week_start": [week.start for week in weeks]})
        .join(coverage.group_by("week_start").agg(is_uncovered=pl.col("is_partial").any()), on="week_start", how="left")
        .with_columns(pl.col("is_uncovered").fill_null(value=True))
    )
    team = of_week.select("week_start", pl.lit(facts.team_id).alias("scope_id"), "is_uncovered")
    scopes = [_Scope("team", team), _Scope("repository", of_repositories)]
    if facts.has_people_views:
        people = placed.people()
        grid = of_week.join(people.select(scope_id="account_id"), how="cross")
        scopes.append(_Scope("person", grid.select("week_start", "scope_id", "is_uncovered"), people))
    return scopes
