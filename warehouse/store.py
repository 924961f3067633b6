"""The three verbs that write, each on whole frames, committed together.

    store.commit(warehouse, Merge(pull_requests, rows), Replace(reviews, rows, {"pull_request_id": ids}))

All writes of one `commit` are one transaction and one snapshot: a reader sees all of it or nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import polars as pl
from sqlalchemy import Table

from warehouse.connection import Warehouse
from warehouse.schema import key_of

Where = Mapping[str, Any | Sequence[Any]]


@dataclass(frozen=True)
class Merge:
    """Update the rows whose natural key is there, insert the others.

    `rows` may hold a subset of the columns (the key among them): the others stay as they are, and are
    NULL in inserted rows. Where the table has a guard column, an older row never replaces a newer one.
    """

    table: Table
    rows: pl.DataFrame


@dataclass(frozen=True)
class Replace:
    """Delete the rows that match `where`, then insert `rows`, which need not match it.

    In `where` a list means "one of these"; all conditions must hold.
    """

    table: Table
    rows: pl.DataFrame
    where: Where = field(default_factory=dict)


@dataclass(frozen=True)
class Delete:
    """Delete the rows that match `where`; an empty `where` is refused."""

    table: Table
    where: Where


Write = Merge | Replace | Delete


def commit(warehouse: Warehouse, *writes: Write) -> None:
    """Write everything in one transaction; conflicting commits of other processes are retried."""

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        for write in writes:
            _apply(cursor, write)

    warehouse.transact(work)


def _apply(cursor: duckdb.DuckDBPyConnection, write: Write) -> None:
    match write:
        case Merge(table, rows):
            _merge(cursor, table, rows)
        case Replace(table, rows, where):
            _delete(cursor, table, where)
            _insert(cursor, table, rows)
        case Delete(table, where):
            if not where:
                raise ValueError(f"refusing to delete every row of {table.name}")
            _delete(cursor, table, where)


def _merge(cursor: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        return
    key = key_of(table)
    rows = rows.unique(subset=list(key), keep="last", maintain_order=True)
    others = [name for name in rows.columns if name not in key]
    on = " AND ".join(f"target.{name} = source.{name}" for name in key)
    names = ", ".join(rows.columns)
    values = ", ".join(f"source.{name}" for name in rows.columns)
    update = ", ".join(f"{name} = source.{name}" for name in others)
    when_matched = f"WHEN MATCHED{_guard(table, rows)} THEN UPDATE SET {update}" if others else ""
    cursor.register("incoming", rows.to_arrow())
    cursor.execute(
        f"MERGE INTO {table.name} AS target USING incoming AS source ON {on} "
        f"{when_matched} WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"
    )
    cursor.unregister("incoming")


def _guard(table: Table, rows: pl.DataFrame) -> str:
    guard = table.info["guard"]
    return f" AND source.{guard} >= target.{guard}" if guard in rows.columns else ""


def _insert(cursor: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        return
    cursor.register("incoming", rows.to_arrow())
    names = ", ".join(rows.columns)
    cursor.execute(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM incoming")
    cursor.unregister("incoming")


def _delete(cursor: duckdb.DuckDBPyConnection, table: Table, where: Where) -> None:
    if any(isinstance(value, list | tuple) and not value for value in where.values()):
        return  # "one of none" matches no row, and asking costs as much as deleting some
    conditions = [_condition(table, name, value) for name, value in where.items()]
    parameters = [value for value in where.values() if value is not None]
    cursor.execute(f"DELETE FROM {table.name} WHERE {' AND '.join(conditions) or 'true'}", parameters)


def _condition(table: Table, name: str, value: object) -> str:
    if name not in table.columns:
        raise ValueError(f"{table.name} has no column {name}")
    if value is None:
        return f"{name} IS NULL"
    return f"{name} IN (SELECT unnest(?))" if isinstance(value, list | tuple) else f"{name} = ?"
