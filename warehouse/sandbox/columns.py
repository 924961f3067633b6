"""Columns of types that Arrow or a file cannot hold, as DuckDB writes them."""

import re

import duckdb

# Also within lists and structs.
DUCKDB_ONLY = re.compile(r"INTERVAL|BLOB|BIT\b|UNION|TIME WITH TIME ZONE")


def select_plain(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Return the same rows: types that only DuckDB has as text, each column by a name of its own."""
    columns = zip(unique(relation.columns), relation.types, strict=True)
    return relation.project(", ".join(_column(place, name, str(kind)) for place, (name, kind) in enumerate(columns, 1)))


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


def _column(place: int, name: str, kind: str) -> str:
    """Select the column by its place: its name may occur twice."""
    cast = "::VARCHAR" if DUCKDB_ONLY.search(kind) else ""
    return f'#{place}{cast} AS "{name.replace(chr(34), chr(34) * 2)}"'
