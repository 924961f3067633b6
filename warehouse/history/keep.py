"""Keep what was said before other numbers take its place: only what changes is written.

The current tables hold what is said now. What they held until a change is in `weekly_metrics_history` and
`earlier_rows`, so what was said on a day is the first row there that was said beyond that day, else the current one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
from sqlalchemy import Table

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.history.basis import change_basis
from warehouse.history.changes import find_changes
from warehouse.history.differences import Replaced, Weeks
from warehouse.metrics.facts import KEY
from warehouse.store import Delete, Replace, Write

PULL_REQUEST, INSIGHT = "pull_request", "insight"
VALUE_KEY = ("week_start", "scope", "scope_id", "metric")
VALUES = ("value", "numerator", "denominator", "n", "is_complete", "is_partial", "is_uncovered")
# They move by themselves while a pull request is open, or name people and quote them.
NOT_SAID = frozenset({"team_id", "as_of", "title", "author_login", "requested_by_login", "merged_by_login"})
GROWING = ("waiting_on_author_hours", "waiting_on_review_hours", "waiting_on_merge_hours", "draft_hours")
_SAID = tuple(
    name for name in schema.polars_schema(schema.pull_request_metrics) if name not in {*NOT_SAID, *GROWING, KEY}
)
_OF_INSIGHT = ("severity", "title", "detail", "week_start", "value", "previous_value", "n", "n_before", "resolved_at")
NOTHING_SAID = pl.DataFrame(schema={"subject_id": pl.String(), "said": pl.String()})
_TICK = timedelta(microseconds=1)


def keep_numbers(
    warehouse: Warehouse, before: Weeks, now: Weeks, said: pl.DataFrame, at: tuple[datetime, datetime]
) -> list[Write]:
    """Plan the writes that keep what these numbers replace; `at` is the time now, and the time of the numbers.

    `said` is what `find_said` found of the rows of pull requests, all of those that changed.
    Nothing was said before the first computation. What was said to nobody any more, numbers per person of a team that
    does not allow them, is deleted.
    """
    team_id, (said_at, as_of) = now.team_id, at
    told = read_first_and_last(warehouse, team_id)
    said_at = max(said_at, told[1] + _TICK) if told else said_at
    made = schema.frame(schema.computations, [{"team_id": team_id, "said_at": said_at, "as_of": as_of}])
    writes: list[Write] = [
        Replace(schema.computations, made, {"team_id": []}),
        *change_basis(warehouse, team_id, said_at),
    ]
    if told and now.calendar.filter(pl.col("scope") == "person").is_empty():
        writes.append(Delete(schema.weekly_metrics_history, {"team_id": team_id, "scope": "person"}))
    if told:
        writes += _keep_values(warehouse, before, now, said_at)
    return [*writes, *_keep_rows(warehouse, said, team_id, PULL_REQUEST, said_at)]


def keep_insights(warehouse: Warehouse, before: pl.DataFrame, now: pl.DataFrame, at: datetime) -> list[Write]:
    """Plan the writes that keep the insights of one team as they were, if they are not those of `now` any more.

    What was resolved long ago and is dropped is not kept again: it was resolved when it was said last.
    """
    changes = find_changes(before, now, ["id"], _OF_INSIGHT)
    replaced = changes.replaced.filter(pl.col("id").is_in(now["id"].implode()) | pl.col("resolved_at").is_null())
    writes = []
    for team_id, rows in replaced.group_by("team_id"):
        said = _as_json(warehouse, rows.drop("team_id"), "id")
        writes += _keep_rows(warehouse, said, str(team_id[0]), INSIGHT, at)
    for team_id, rows in now.join(changes.added, on="id", how="semi").group_by("team_id"):
        said = rows.select(subject_id="id", said=pl.lit(None, pl.String))
        writes += _keep_rows(warehouse, said, str(team_id[0]), INSIGHT, at)
    return writes


def read_first_and_last(warehouse: Warehouse, team_id: str) -> tuple[datetime, datetime] | None:
    """Return when the team's numbers were computed first and last, since this is kept; None if never."""
    row = warehouse.read_one(
        "SELECT min(said_at) AS a, max(said_at) AS z FROM computations WHERE team_id = ?", [team_id]
    )
    return (row["a"], row["z"]) if row and row["a"] is not None else None


def _keep_values(warehouse: Warehouse, before: Weeks, now: Weeks, said_at: datetime) -> list[Write]:
    """Keep the values that are not said any more, and that nothing was behind those that came.

    A week without anything says nothing, complete or not, before and after.
    """
    said, says = (rows.values.select(*VALUE_KEY, *VALUES) for rows in (before, now))
    said = said.filter(pl.col("scope").is_in(now.calendar["scope"].unique().implode()))
    changes = find_changes(said, says, VALUE_KEY, VALUES)
    nothing = _read_nothing(warehouse, changes.added, now.team_id).cast({"n": says.schema["n"]})
    rows = pl.concat([changes.replaced, nothing], how="diagonal")
    return _append(warehouse, schema.weekly_metrics_history, rows, VALUE_KEY, now.team_id, said_at)


def _read_nothing(warehouse: Warehouse, keys: pl.DataFrame, team_id: str) -> pl.DataFrame:
    """Return what was said of weeks that had no value: VALUE_KEY and VALUES, whose n is 0; the others NULL if nothing.

    The view has a row for each week of what was counted at all.
    """
    if keys.is_empty():
        return keys.with_columns(n=pl.lit(0))
    with warehouse.cursor() as cursor:
        cursor.register("added_rows", keys.to_arrow())
        # Names are those of the schema; the team is bound.
        query = (
            f"SELECT {', '.join(VALUE_KEY)}, {', '.join(VALUES)} FROM weekly_metrics "  # noqa: S608
            f"JOIN added_rows USING ({', '.join(VALUE_KEY)}) WHERE team_id = ?"
        )
        found = cursor.execute(query, [team_id]).pl()
        cursor.unregister("added_rows")
    return keys.join(found, on=VALUE_KEY, how="left").with_columns(pl.col("n").fill_null(0))


def find_said(warehouse: Warehouse, rows: Replaced) -> pl.DataFrame:
    """Return what was said of pull requests that are not said to be so any more: `subject_id`, the row as JSON, `said`.

    That is NULL for those that came.
    """
    before, now = (each.select(KEY, *_SAID, *GROWING, "as_of") for each in (rows.before, rows.now))
    compared = {*_SAID, *(f"_{name}" for name in GROWING)}
    changes = find_changes(_settled(before), _settled(now), [KEY], compared)
    replaced = before.join(changes.replaced, on=KEY, how="semi")
    came = changes.added.select(subject_id=KEY, said=pl.lit(None, pl.String))
    return pl.concat([_as_json(warehouse, replaced, KEY), came])


def _settled(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the hours of the turns of those that are closed: while one is open they grow with each computation."""
    is_over = pl.col("closed_at").is_not_null()
    return rows.with_columns(pl.when(is_over).then(name).alias(f"_{name}") for name in GROWING)


def _as_json(warehouse: Warehouse, rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return `subject_id` and the row as `said`."""
    if rows.is_empty():
        return NOTHING_SAID
    with warehouse.cursor() as cursor:
        cursor.register("replaced_rows", rows.to_arrow())
        query = f"SELECT {key} AS subject_id, to_json(replaced_rows)::VARCHAR AS said FROM replaced_rows"  # noqa: S608
        found = cursor.execute(query).pl()
        cursor.unregister("replaced_rows")
    return found


def _keep_rows(warehouse: Warehouse, said: pl.DataFrame, team_id: str, subject: str, said_at: datetime) -> list[Write]:
    rows = said.with_columns(subject=pl.lit(subject))
    return _append(warehouse, schema.earlier_rows, rows, ("subject", "subject_id"), team_id, said_at)


def _append(
    warehouse: Warehouse, table: Table, rows: pl.DataFrame, key: Sequence[str], team_id: str, said_at: datetime
) -> list[Write]:
    """Plan to add rows that were said until now, each since the row of its key before it."""
    if rows.is_empty():
        return []
    same = " AND ".join(f"old.{name} = one.{name}" for name in key)
    with warehouse.cursor() as cursor:
        cursor.register("replaced_rows", rows.select(key).to_arrow())
        # Names are those of the schema; the team is bound.
        query = (
            f"SELECT {', '.join(f'old.{name}' for name in key)}, max(old.said_until) AS said_from "  # noqa: S608
            f"FROM {table.name} old JOIN replaced_rows one ON {same} WHERE old.team_id = ? "
            f"GROUP BY {', '.join(f'old.{name}' for name in key)}"
        )
        since = cursor.execute(query, [team_id]).pl()
        cursor.unregister("replaced_rows")
    types = schema.polars_schema(table)
    dated = rows.join(since.cast({name: rows.schema[name] for name in key}), on=key, how="left")
    dated = dated.with_columns(team_id=pl.lit(team_id), said_until=pl.lit(said_at))
    return [Replace(table, dated.select(pl.col(name).cast(kind) for name, kind in types.items()), {"team_id": []})]
