"""The scopes that weekly numbers are computed for, and the rows that count in each.

A pull request belongs to the team, to its repository, to the GitHub teams of which its person was a member when it was
opened, and to its person: its author, or who asked an agent for it. A review belongs to its reviewer, and to the GitHub
teams of which the reviewer was a member when it was submitted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from warehouse.metrics.accounts.lane import PERSON, name_of_person
from warehouse.metrics.accounts.people import name_accounts
from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.members import find_memberships, of_members
from warehouse.metrics.metric import Metric
from warehouse.metrics.registry import metrics_with
from warehouse.metrics.samples import Samples, open_at_week_ends
from warehouse.metrics.weeks import Week, week_start

TEAM, GITHUB_TEAM = "team", "github_team"
COVERAGE = ("is_partial", "is_partial_of_ended", "is_partial_of_open")
_ENDED = ("merged_at", "closed_at")
_OPEN = ("open_pull_requests", "week_end")
# Scopes, filters and ages need these, whatever the metric.
_ALWAYS_NEEDED = (
    KEY,
    "repository_id",
    "is_bot",
    "excluded_by",
    "is_complete",
    "opened_at",
    "closed_at",
    "last_activity_at",
    "submitted_at",
)


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

    def __init__(self, samples: Samples, weeks: Sequence[Week], timezone: str, as_of: datetime) -> None:
        # The week that is not over is counted as it stands now.
        self._ends = [(week.start, min(week.ends_at, as_of)) for week in weeks]
        self._samples = samples
        self._sources = {"pull_requests": samples.pull_requests, "reviews": samples.reviews}
        self._timezone = timezone
        self._as_of = as_of
        self._repositories = pl.Enum(samples.pull_requests["repository_id"].unique().drop_nulls().sort())
        self._made: dict[tuple[str, str], pl.DataFrame] = {}
        self._of_teams: dict[tuple[str, str], pl.DataFrame] = {}

    def rows_of(self, metric: Metric, scope: Scope | None = None) -> pl.DataFrame:
        """Return the rows of the metric, one for each GitHub team that they belong to if that is the scope."""
        key = (metric.source, metric.placed_by)
        if key not in self._made:
            self._made, self._of_teams = {}, {}
            self._made[key] = self._narrow(self._open() if key == _OPEN else self._place(*key))
        if scope is None or scope.memberships is None:
            return self._made[key]
        if key not in self._of_teams:
            self._of_teams[key] = of_members(self._made[key], scope.memberships, metric)
        return self._of_teams[key]

    def _open(self) -> pl.DataFrame:
        narrow = replace(self._samples, pull_requests=_needed_of(self._samples.pull_requests, *_OPEN))
        return open_at_week_ends(narrow, self._ends)

    def _place(self, source: str, placed_by: str) -> pl.DataFrame:
        # Where clocks differ or the time is fixed, something may lie after it: it has not happened yet.
        rows = _needed_of(self._sources[source], source, placed_by).filter(pl.col(placed_by) < self._as_of)
        return rows.with_columns(week_start=week_start(placed_by, self._timezone))

    def _narrow(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Make numbers of the ids of repositories, by which all rows are grouped again and again."""
        return rows.with_columns(pl.col("repository_id").cast(self._repositories))

    def people(self) -> pl.DataFrame:
        """Return the humans who opened or reviewed a pull request: `account_id`, `name`."""
        authors = self._sources["pull_requests"].filter(pl.col("person_id").is_not_null())
        parts = (
            authors.select(account_id="person_id", login=name_of_person()),
            self._sources["reviews"].select(account_id="reviewer_id", login="reviewer_login"),
        )
        return name_accounts(pl.concat(parts)).sort("name")


def _needed_of(rows: pl.DataFrame, source: str, placed_by: str) -> pl.DataFrame:
    """Select the columns that the metrics of one source and timestamp are computed from: a fifth of all there are."""
    needed = {*_ALWAYS_NEEDED, *PERSON.values(), placed_by}
    for metric in metrics_with(has_issues=True):
        if (metric.source, metric.placed_by) == (source, placed_by):
            for expression in (metric.value, metric.counts, metric.flag, metric.numerator, metric.denominator):
                needed |= set() if expression is None else set(expression.meta.root_names())
    return rows.select(name for name in rows.columns if name in needed)


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
