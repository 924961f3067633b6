"""The types of a table in Polars and in DuckDB, and frames of its rows."""

from collections.abc import Iterable, Mapping
from typing import cast

import polars as pl
from sqlalchemy import ARRAY, BigInteger, Boolean, Date, DateTime, Float, Integer, LargeBinary, String, Table

from warehouse.guard.storable import UNSTORABLE, make_storable
from warehouse.schema.columns import AnyColumn, AnyType


def key_of(table: Table) -> tuple[str, ...]:
    """Return the natural key on which rows of `table` are merged."""
    return cast(tuple[str, ...], table.info["key"])


def polars_schema(table: Table) -> dict[str, pl.DataType]:
    """Return the Polars type of each column; timestamps are `Datetime("us", "UTC")`, lists `List(String)`."""
    return {column.name: _types_of(column)[0] for column in table.columns}


def sql_type(column: AnyColumn) -> str:
    """Return the column's type as DuckDB calls it, in its short form if it has one."""
    return _types_of(column)[1]


def _types_of(column: AnyColumn) -> tuple[pl.DataType, str]:
    for known, polars, sql in _TYPES:
        if isinstance(column.type, known):
            return polars, sql
    raise TypeError(f"no Polars type for {column.type!r}")


# As SQLAlchemy, Polars and DuckDB call them.
_TYPES: list[tuple[type[AnyType], pl.DataType, str]] = [
    (ARRAY, pl.List(pl.String), "VARCHAR[]"),
    (String, pl.String(), "VARCHAR"),
    (Boolean, pl.Boolean(), "BOOLEAN"),
    (BigInteger, pl.Int64(), "BIGINT"),
    (Integer, pl.Int32(), "INTEGER"),
    (Float, pl.Float64(), "DOUBLE"),
    (DateTime, pl.Datetime("us", "UTC"), "TIMESTAMPTZ"),
    (Date, pl.Date(), "DATE"),
    (LargeBinary, pl.Binary(), "BLOB"),
]


def frame(table: Table, rows: Iterable[Mapping[str, object]], columns: Iterable[str] | None = None) -> pl.DataFrame:
    """Make a frame of rows of `table` with exactly its types; `columns` names a subset, for a partial merge.

    A value that its column cannot hold is left out (see storable.py).
    """
    schema = polars_schema(table)
    if columns is not None:
        schema = {name: schema[name] for name in columns}
    rows = list(rows)
    try:
        return pl.DataFrame(rows, schema=schema)
    except UNSTORABLE:
        return pl.DataFrame(make_storable(rows, schema)[0], schema=schema)
