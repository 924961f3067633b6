"""Write only what differs from what is stored: most nights change a few rows of a million.

Rows of pull requests are compared in shares of some repositories (`ChangedRows`), weeks all at once (`Weeks`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import polars as pl
from sqlalchemy import Table

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.history.changes import find_changes
from warehouse.metrics.facts import KEY
from warehouse.schema import key_of
from warehouse.store import Replace

WEEK = "week_start"
_REPOSITORIES = "SELECT DISTINCT repository_id FROM pull_request_metrics WHERE team_id = ?"
_OF_REPOSITORIES = "team_id = $team_id AND repository_id IN (SELECT unnest($repositories))"
_OF_THEIR_PULL_REQUESTS = (
    f"team_id = $team_id AND {KEY} IN (SELECT {KEY} FROM pull_request_metrics WHERE {_OF_REPOSITORIES})"  # noqa: S608  constants
)


@dataclass(frozen=True)
class Rows:
    """Rows of `pull_request_metrics` and of `turns` of some repositories."""

    pull_requests: pl.DataFrame
    turns: pl.DataFrame

    @classmethod
    def stored(cls, warehouse: Warehouse, team_id: str, repositories: Sequence[str]) -> Self:
        """Read what is stored of these repositories."""
        bound = {"team_id": team_id, "repositories": list(repositories)}
        return cls(
            _read(warehouse, schema.pull_request_metrics, _OF_REPOSITORIES, bound),
            _read(warehouse, schema.turns, _OF_THEIR_PULL_REQUESTS, bound),
        )


@dataclass(frozen=True)
class Replaced:
    """Rows of `pull_request_metrics` as they are stored, and those that take their place: all that differ are there."""

    before: pl.DataFrame
    now: pl.DataFrame


@dataclass
class ChangedRows:
    """What to write of the rows of pull requests, so that what is stored is what was computed last.

    But for the time as of which what stays was computed: pull requests that are open are always of now, since they
    count by that time, and the newest of each share, so that one row at least tells when the numbers were computed.
    """

    warehouse: Warehouse
    team_id: str
    _stored: set[str] = field(init=False)
    _pull_requests: "list[_Changed]" = field(init=False, default_factory=list)
    _turns: "list[_Changed]" = field(init=False, default_factory=list)
    _is_first: bool = field(init=False)
    count: int = field(init=False, default=0)
    """Number of pull requests that were compared."""

    def __post_init__(self) -> None:
        self._stored = set(self.warehouse.read(_REPOSITORIES, [self.team_id])["repository_id"])
        self._is_first = not self._stored

    def compare(self, repositories: Sequence[str], now: Rows) -> Replaced:
        """Compare all rows of these repositories with the stored ones, and return what differs of pull requests."""
        known = self._stored.intersection(repositories)
        self._stored -= known
        self.count += now.pull_requests.height
        before = Rows.stored(self.warehouse, self.team_id, sorted(known)) if known else _nothing()
        always = pl.concat([_list_open(now.pull_requests), _newest(now.pull_requests)])
        prs, turns = (before.pull_requests, now.pull_requests), (before.turns, now.turns)
        changed = _find_changed(schema.pull_request_metrics, KEY, prs, always)
        self._pull_requests.append(changed)
        self._turns.append(_find_changed(schema.turns, KEY, turns, always.clear()))
        return Replaced(before.pull_requests.filter(pl.col(KEY).is_in(changed.values.implode())), changed.rows)

    def compare_rest(self) -> Replaced:
        """Compare what is stored of all other repositories with nothing, for they have no pull requests any more."""
        return self.compare(sorted(self._stored), _nothing())

    def writes(self) -> list[Replace]:
        """Plan the writes."""
        tables = (schema.pull_request_metrics, self._pull_requests), (schema.turns, self._turns)
        return [self._replace(table, parts) for table, parts in tables]

    def _replace(self, table: Table, parts: "Sequence[_Changed]") -> Replace:
        rows = pl.concat(part.rows for part in parts)
        if self._is_first:
            return Replace(table, rows, {"team_id": self.team_id})
        keys = pl.concat(part.values for part in parts).to_list()
        return Replace(table, rows, {"team_id": self.team_id, KEY: keys})


@dataclass(frozen=True)
class Weeks:
    """The weekly numbers of one team: rows of `weekly_values` and `weekly_calendar`."""

    team_id: str
    values: pl.DataFrame
    calendar: pl.DataFrame

    @classmethod
    def stored(cls, warehouse: Warehouse, team_id: str) -> Self:
        """Read what is stored of a team."""
        tables = (schema.weekly_values, schema.weekly_calendar)
        return cls(team_id, *(_read(warehouse, table, "team_id = ?", [team_id]) for table in tables))


def replace_weeks(before: Weeks, now: Weeks) -> list[Replace]:
    """Plan to replace all values and the calendar of each week in which anything differs, so that both are of one time.

    Weeks that are not over are always of now.
    """
    values, calendar = (before.values, now.values), (before.calendar, now.calendar)
    not_over = now.calendar.filter(~pl.col("is_complete"))[WEEK]
    changed = [
        _find_changed(schema.weekly_values, WEEK, values, not_over).values,
        _find_changed(schema.weekly_calendar, WEEK, calendar, not_over).values,
    ]
    weeks = pl.concat(changed).unique().sort()
    return [
        _replace_weeks(schema.weekly_values, values, weeks, now.team_id),
        _replace_weeks(schema.weekly_calendar, calendar, weeks, now.team_id),
    ]


def _replace_weeks(table: Table, frames: tuple[pl.DataFrame, pl.DataFrame], weeks: pl.Series, team_id: str) -> Replace:
    """Plan to replace these weeks, among which are all that differ."""
    before, now = frames
    if before.is_empty():
        return Replace(table, now, {"team_id": team_id})
    return Replace(table, now.filter(pl.col(WEEK).is_in(weeks.implode())), {"team_id": team_id, WEEK: weeks.to_list()})


@dataclass(frozen=True)
class _Changed:
    """`values` of a column of which any row differs, and the `rows` that they have now."""

    values: pl.Series
    rows: pl.DataFrame


def _find_changed(table: Table, by: str, frames: tuple[pl.DataFrame, pl.DataFrame], always: pl.Series) -> _Changed:
    """Find the values of `by` of which any row differs, and those of `always`."""
    before, now = frames
    key = [name for name in key_of(table) if name != "team_id"]
    changes = find_changes(before, now, key, _compared(now.columns))
    values = pl.concat([changes.replaced[by], changes.added[by], always]).unique().sort()
    return _Changed(values, now.filter(pl.col(by).is_in(values.implode())))


def _read(warehouse: Warehouse, table: Table, condition: str, bound: object) -> pl.DataFrame:
    types = schema.polars_schema(table)
    rows = warehouse.read(f"SELECT {', '.join(types)} FROM {table.name} WHERE {condition}", bound)  # type: ignore[arg-type]  # noqa: S608
    return rows.cast(types)  # type: ignore[arg-type]


def _nothing() -> Rows:
    tables = (schema.pull_request_metrics, schema.turns)
    return Rows(*(pl.DataFrame(schema=schema.polars_schema(table)) for table in tables))


def _list_open(pull_requests: pl.DataFrame) -> pl.Series:
    return pull_requests.filter(pl.col("closed_at").is_null())[KEY]


def _newest(pull_requests: pl.DataFrame) -> pl.Series:
    return pull_requests.sort("opened_at", KEY)[KEY].tail(1)


def _compared(columns: Sequence[str]) -> list[str]:
    return [name for name in columns if name != "as_of"]
