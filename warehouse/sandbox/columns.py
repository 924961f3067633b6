"""Columns of types that Arrow or a file cannot hold, as DuckDB writes them."""

import re

import duckdb

# Also within lists and structs.
DUCKDB_ONLY = re.compile(r"INTERVAL|BLOB|BIT\b|UNION|TIME WITH TIME ZONE")


def select_plain(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Return the same rows, with columns of types that only DuckDB has as text."""
    columns = zip(relation.columns, relation.types, strict=True)
    return relation.project(", ".join(_column(place, name, str(kind)) for place, (name, kind) in enumerate(columns, 1)))


def _column(place: int, name: str, kind: str) -> str:
    """Name the column by its place, since two columns may have one name."""
    cast = "::VARCHAR" if DUCKDB_ONLY.search(kind) else ""
    return f'#{place}{cast} AS "{name.replace(chr(34), chr(34) * 2)}"'
