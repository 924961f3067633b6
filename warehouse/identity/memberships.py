"""Who was a member of a team within the organisation, and when, as far as prflow has seen."""

from datetime import datetime

import polars as pl

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Merge, Write

_KEY = ("organisation_team_id", "account_id")
_OPEN = """
SELECT organisation_team_id, account_id, since FROM team_memberships WHERE team_id = ? AND until IS NULL
"""


def record_memberships(
    warehouse: Warehouse, team_id: str, members: pl.DataFrame, now: datetime, *, is_complete: bool
) -> list[Write]:
    """Return the writes that record who came, and who left if the list of `members` is complete.

    `members` are rows of `organisation_team_members`. Nobody left whom an incomplete list does not name.
    """
    types = schema.polars_schema(schema.team_memberships)
    stored = warehouse.read(_OPEN, [team_id]).cast({name: types[name] for name in (*_KEY, "since")})
    present = members.filter(pl.col("account_id").is_not_null()).select(_KEY).unique()
    at = pl.lit(now, dtype=types["since"])
    came = present.join(stored, on=_KEY, how="anti").with_columns(since=at, until=pl.lit(None, types["until"]))
    left = stored.join(present, on=_KEY, how="anti").with_columns(until=at)
    rows = pl.concat([came, left]) if is_complete else came
    if rows.is_empty():
        return []
    return [Merge(schema.team_memberships, rows.with_columns(team_id=pl.lit(team_id)).select(list(types)))]
