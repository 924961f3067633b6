"""The scopes that weekly numbers are computed for, and the rows that count in each.

A pull request belongs to the team, to its repository, to the GitHub teams of which its person was a member when it was
opened, and to its person: its author, or who asked an agent for it. A review belongs to its reviewer, and to the GitHub
teams of which the reviewer was a member when it was submitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.metrics.accounts.lane import PERSON
from warehouse.metrics.accounts.people import name_accounts
from warehouse.metrics.facts import Facts
from warehouse.metrics.members import find_memberships, of_members
from warehouse.metrics.metric import Metric, Source
from warehouse.metrics.registry import columns_needed
from warehouse.metrics.weeks import Week, week_start

TEAM, GITHUB_TEAM = "team", "github_team"
COVERAGE = ("is_partial", "is_partial_of_ended", "is_partial_of_open")
_ENDED = ("merged_at", "closed_at")


@dataclass(frozen=True)
class Scope:
    """One scope. `grid` has one row per week and member of it: `week_start`, `scope_id` and those of `COVERAGE`.

    `names` has the `name` that stands for each `account_id` in the result, for the scope person. `memberships` has the
    accounts of each GitHub team and the time for which they count, for that scope.
    """

    name: str
    grid: pl.DataFrame
    names: pl.DataFrame | None = None
    memberships: pl.DataFrame | None = None

    def columns(self, metric: Metric) -> list[pl.Expr]:
        """Return what is grouped by, beside the week, as `scope_id`: nothing for all of the organisation."""
        names = {"repository": "repository_id", GITHUB_TEAM: "organisation_team_id", "person": PERSON[metric.source]}
        return [] if self.name == TEAM else [pl.col(names[self.name]).alias("scope_id")]

    def with_id(self, grouped: pl.DataFrame) -> pl.DataFrame:
        """Return what was grouped by `columns` with `scope_id` as text."""
        id_ = pl.lit(self.grid["scope_id"][0]) if self.name == TEAM else pl.col("scope_id").cast(pl.String)
        return grouped.with_columns(scope_id=id_)

    def grid_of(self, metric: Metric) -> pl.DataFrame:
        """Return the grid with `is_uncovered`: whether data are missing of what the metric counts."""
        return self.grid.select("week_start", "scope_id", is_uncovered=self.coverage_of(metric))

    def calendar(self) -> pl.DataFrame:
        """Return the grid with the name of the scope."""
        return self.grid.select("week_start", "scope_id", *COVERAGE, scope=pl.lit(self.name))

    @staticmethod
    def coverage_of(metric: Metric) -> str:
        """Return which of `COVERAGE` says whether data are missing of what the metric counts."""
        if metric.source == "open_pull_requests":
            return "is_partial_of_open"
        return "is_partial_of_ended" if metric.placed_by in _ENDED else "is_partial"

    def show_names(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Replace accounts by their names of today."""
        if self.names is None:
            return rows
        named = rows.join(self.names, left_on="scope_id", right_on="account_id", how="left")
        return named.with_columns(scope_id="name").drop("name").select(rows.columns)

    def holds(self, metric: Metric) -> bool:
        return self.name != "person" or metric.has_person_view


class Placed:
    """The rows of each source with their `week_start`, made once for all metrics with the same timestamp.

    Only those of one timestamp are kept: ask for one after the other.
    """

    def __init__(self, sources: Mapping[Source, pl.DataFrame], timezone: str, as_of: datetime) -> None:
        self._sources = sources
        self._timezone = timezone
        self._as_of = as_of
        self._made: dict[tuple[str, str], pl.DataFrame] = {}
        self._of_teams: dict[tuple[str, str], pl.DataFrame] = {}

    def rows_of(self, metric: Metric, scope: Scope | None = None) -> pl.DataFrame:
        """Return the rows of the metric, one for each GitHub team that they belong to if that is the scope."""
        key = (metric.source, metric.placed_by)
        if key not in self._made:
            self._made, self._of_teams = {}, {}
            self._made[key] = self._place(*key)
        if scope is None or scope.memberships is None:
            return self._made[key]
        if key not in self._of_teams:
            self._of_teams[key] = of_members(self._made[key], scope.memberships, metric)
        return self._of_teams[key]

    def _place(self, source: Source, placed_by: str) -> pl.DataFrame:
        rows = self._sources[source]
        if source == "open_pull_requests":
            return rows  # of the end of each week
        # Where clocks differ or the time is fixed, something may lie after it: it has not happened yet.
        needed = columns_needed(source, placed_by)
        rows = rows.select(name for name in rows.columns if name in needed).filter(pl.col(placed_by) < self._as_of)
        return rows.with_columns(week_start=week_start(placed_by, self._timezone))

    def people(self) -> pl.DataFrame:
        """Return the humans who opened or reviewed a pull request: `account_id`, `name`."""
        authors = self._sources["pull_requests"].filter(pl.col("person_id").is_not_null())
        parts = (
            authors.select(account_id="person_id", login="person_login"),
            self._sources["reviews"].select(account_id="reviewer_id", login="reviewer_login"),
        )
        return name_accounts(pl.concat(parts).unique().cast(pl.String)).sort("name")


def list_scopes(facts: Facts, placed: Placed, weeks: Sequence[Week], coverage: pl.DataFrame) -> list[Scope]:
    """Return the scopes of the team: itself, its repositories, its GitHub teams, and its people if it allows that."""
    of_repositories = coverage.select("week_start", "repository_id", *COVERAGE).rename({"repository_id": "scope_id"})
    by_week = coverage.group_by("week_start").agg(pl.col(name).any() for name in COVERAGE)
    of_week = (
        pl.DataFrame({"week_start": [week.start for week in weeks]})
        .join(by_week, on="week_start", how="left")
        .with_columns(pl.col(name).fill_null(value=True) for name in COVERAGE)
    )
    team = of_week.with_columns(scope_id=pl.lit(facts.team_id))
    scopes = [Scope(TEAM, team), Scope("repository", of_repositories)]
    memberships = find_memberships(facts.organisation_teams, facts.team_memberships)
    if not memberships.is_empty():
        ids = memberships.select(scope_id="organisation_team_id").unique(maintain_order=True).sort("scope_id")
        scopes.append(Scope(GITHUB_TEAM, of_week.join(ids, how="cross"), memberships=memberships))
    if facts.has_people_views:
        people = placed.people()
        scopes.append(Scope("person", of_week.join(people.select(scope_id="account_id"), how="cross"), people))
    return scopes
