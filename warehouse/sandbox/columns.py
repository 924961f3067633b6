"""Columns of types that Arrow or a file cannot hold, as DuckDB writes them."""

import re

import duckdb
from duckdb.sqltypes import DuckDBPyType

# Also within lists and structs. An ENUM holds each of its texts once, however often rows repeat it.
DUCKDB_ONLY = re.compile(r"INTERVAL|BLOB|BIT\b|UNION|TIME WITH TIME ZONE|^ENUM\(")
NESTED = frozenset({"list", "array", "struct", "map"})


def select_plain(relation: duckdb.DuckDBPyRelation, nested_chars: int | None = None) -> duckdb.DuckDBPyRelation:
    """Return the same rows: types that only DuckDB has as text, each column by a name of its own.

    With `nested_chars`, lists and structures become JSON that is cut to as many characters.
    """
    columns = zip(unique(relation.columns), relation.types, strict=True)
    return relation.project(
        ", ".join(_column(place, name, kind, nested_chars) for place, (name, kind) in enumerate(columns, 1))
    )


def is_nested(kind: DuckDBPyType) -> bool:
    """Return True for lists and structures that Arrow can hold."""
    return kind.id in NESTED and not DUCKDB_ONLY.search(str(kind))


def unique(names: list[str]) -> list[str]:
    """Append a number to names that occur again: `x`, `x_1`, `x_2`."""
    found: list[str] = []
    for name in names:
        number, free = 0, name
        while free in found:
            number += 1
            free = f"{name}_{number}"
        found.append(free)
    return found


def _column(place: int, name: str, kind: DuckDBPyType, nested_chars: int | None) -> str:
    """Select the column by its place: its name may occur twice."""
    value = f"#{place}"
    if DUCKDB_ONLY.search(str(kind)):
        value = f"{value}::VARCHAR"
    elif nested_chars is not None and is_nested(kind):
        value = f"left(to_json({value})::VARCHAR, {nested_chars})"
    return f'{value} AS "{name.replace(chr(34), chr(34) * 2)}"'
