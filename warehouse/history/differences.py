"""Write only what differs from what is stored: most nights change a few rows of a million."""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Numbers:
    """The numbers of one team: rows of `pull_request_metrics`, `turns`, `weekly_values` and `weekly_calendar`."""

    team_id: str
    pull_requests: pl.DataFrame
    turns: pl.DataFrame
    weekly: pl.DataFrame
    calendar: pl.DataFrame

    @classmethod
    def stored(cls, warehouse: Warehouse, team_id: str) -> Self:
        """Read what is stored of a team."""
        tables = (schema.pull_request_metrics, schema.turns, schema.weekly_values, schema.weekly_calendar)
        return cls(team_id, *(_read(warehouse, table, team_id) for table in tables))


def replace_changed(before: Numbers, now: Numbers) -> list[Replace]:
    """Plan the writes after which what is stored is `now`, but for the time as of which what stays was computed.

    Pull requests that are open, and weeks that are not over, are always of now: they count by that time.
    """
    always = pl.concat([_list_open(now.pull_requests), _newest(now.pull_requests)])
    return [
        _replace(schema.pull_request_metrics, KEY, (before.pull_requests, now.pull_requests), always, now.team_id),
        _replace(schema.turns, KEY, (before.turns, now.turns), always.clear(), now.team_id),
        *_replace_weeks(before, now),
    ]


def _read(warehouse: Warehouse, table: Table, team_id: str) -> pl.DataFrame:
    types = schema.polars_schema(table)
    rows = warehouse.read(f"SELECT {', '.join(types)} FROM {table.name} WHERE team_id = ?", [team_id])  # noqa: S608
    return rows.cast(types)  # type: ignore[arg-type]


def _list_open(pull_requests: pl.DataFrame) -> pl.Series:
    return pull_requests.filter(pl.col("closed_at").is_null())[KEY]


def _newest(pull_requests: pl.DataFrame) -> pl.Series:
    """Return the newest pull request, so that one row at least tells when the numbers were computed."""
    return pull_requests.sort("opened_at", KEY)[KEY].tail(1)


def _replace_weeks(before: Numbers, now: Numbers) -> list[Replace]:
    """Replace all values and the calendar of each week in which anything differs, so that both are of one time."""
    values, calendar = (before.weekly, now.weekly), (before.calendar, now.calendar)
    changed = [
        now.calendar.filter(~pl.col("is_complete"))[WEEK],
        _list_changed(schema.weekly_values, WEEK, values),
        _list_changed(schema.weekly_calendar, WEEK, calendar),
    ]
    weeks = pl.concat(changed)
    return [
        _replace(schema.weekly_values, WEEK, values, weeks, now.team_id),
        _replace(schema.weekly_calendar, WEEK, calendar, weeks, now.team_id),
    ]


def _replace(
    table: Table, by: str, frames: tuple[pl.DataFrame, pl.DataFrame], always: pl.Series, team_id: str
) -> Replace:
    """Plan to replace the rows of all values of `by` of which any row differs, and of those of `always`."""
    before, now = frames
    if before.is_empty():
        return Replace(table, now, {"team_id": team_id})
    values = pl.concat([_list_changed(table, by, frames), always]).unique().sort()
    rows = now.filter(pl.col(by).is_in(values.implode()))
    return Replace(table, rows, {"team_id": team_id, by: values.to_list()})


def _list_changed(table: Table, by: str, frames: tuple[pl.DataFrame, pl.DataFrame]) -> pl.Series:
    """Return the values of `by` of which any row differs."""
    before, now = frames
    key = [name for name in key_of(table) if name != "team_id"]
    changes = find_changes(before, now, key, _compared(now.columns))
    return pl.concat([changes.replaced[by], changes.added[by]])


def _compared(columns: Sequence[str]) -> list[str]:
    return [name for name in columns if name != "as_of"]
