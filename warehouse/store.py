"""The three kinds of write, each with a frame, committed together.

    store.commit(warehouse, Merge(pull_requests, rows), Replace(reviews, rows, {"pull_request_id": ids}))

All writes of one `commit` are one transaction and one snapshot: a reader sees all of them or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import polars as pl
from sqlalchemy import Table

from warehouse.connection import Warehouse
from warehouse.guard.storable import without_nul
from warehouse.schema import key_of, polars_schema

# Beside a column of a merge that not every row has a value for: whether this row has.
HAS = "_has_"

Where = Mapping[str, object]


@dataclass(frozen=True)
class Merge:
    """Update the rows whose natural key exists, insert the others.

    `rows` may hold a subset of the columns (the key among them): the others stay as they are, and are
    NULL in inserted rows. If the table has a guard column, an older row never replaces a newer one.
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
    if not writes:
        return
    united = _unite(writes)

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        for write in united:
            apply(cursor, write)

    warehouse.transact(work)


def _unite(writes: Sequence[Write]) -> list[Write]:
    """Unite the merges into one table, at the place of the first.

    DuckLake 1.5.5 loses a row now and then that two MERGEs of one transaction update. Tables with a guard are
    left as they are: which row wins there depends on each merge.
    """
    united: list[Write] = []
    place: dict[str, int] = {}
    for write in writes:
        if not isinstance(write, Merge) or write.table.info["guard"] is not None:
            place.pop(write.table.name, None)
            united.append(write)
        elif write.table.name in place:
            first = united[place[write.table.name]]
            united[place[write.table.name]] = Merge(write.table, _unite_rows(write.table, first.rows, write.rows))  # type: ignore[union-attr]
        elif not write.rows.is_empty():
            place[write.table.name] = len(united)
            united.append(write)
    return united


def _unite_rows(table: Table, first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Unite the rows of both by key, later values over earlier ones; `_has_x` if not every row has a value for x."""
    key, names = (
        list(key_of(table)),
        [name for name in polars_schema(table) if name in {*first.columns, *second.columns}],
    )
    rows = pl.concat([_with_marks(first, names, key), _with_marks(second, names, key)], how="diagonal")
    values = [name for name in names if name not in key]
    last = [pl.col(name).filter(pl.col(HAS + name)).last().alias(name) for name in values]
    marks = [pl.col(HAS + name).any() for name in values]
    return rows.group_by(key, maintain_order=True).agg(*last, *marks)


def _with_marks(rows: pl.DataFrame, names: Sequence[str], key: Sequence[str]) -> pl.DataFrame:
    marks = [
        pl.lit(name in rows.columns).alias(HAS + name)
        for name in names
        if name not in key and HAS + name not in rows.columns
    ]
    return rows.with_columns(marks)


def apply(cursor: duckdb.DuckDBPyConnection, write: Write) -> None:
    """Write through a cursor, as a part of its transaction."""
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
    columns = [name for name in rows.columns if not name.startswith(HAS)]
    others = [name for name in columns if name not in key]
    on = " AND ".join(f"target.{name} = source.{name}" for name in key)
    names = ", ".join(columns)
    values = ", ".join(f"source.{name}" for name in columns)
    update = ", ".join(f"{name} = {_new_value(name, rows)}" for name in others)
    when_matched = f"WHEN MATCHED{_guard(table, rows)} THEN UPDATE SET {update}" if others else ""
    cursor.register("incoming", without_nul(rows).to_arrow())
    cursor.execute(
        f"MERGE INTO {table.name} AS target USING incoming AS source ON {on} "
        f"{when_matched} WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"
    )
    cursor.unregister("incoming")


def _new_value(name: str, rows: pl.DataFrame) -> str:
    if HAS + name not in rows.columns:
        return f"source.{name}"
    return f"CASE WHEN source.{HAS}{name} THEN source.{name} ELSE target.{name} END"


def _guard(table: Table, rows: pl.DataFrame) -> str:
    guard = table.info["guard"]
    return f" AND source.{guard} >= target.{guard}" if guard in rows.columns else ""


def _insert(cursor: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        return
    cursor.register("incoming", without_nul(rows).to_arrow())
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
