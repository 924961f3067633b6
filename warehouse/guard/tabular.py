"""Frames of any columns, as a query returns them, made fit for files: flat, and without formulas."""

import json
from decimal import Decimal

import polars as pl

from warehouse.guard.untrusted import FORMULA, neutralise


def flatten(rows: pl.DataFrame) -> pl.DataFrame:
    """Prepare rows for CSV: lists become JSON, and text that a spreadsheet takes for a formula gets an apostrophe.

    Names of columns are text, too: a PIVOT makes them of what people wrote.
    """
    nested = [name for name, kind in rows.schema.items() if kind.is_nested()]
    flat = rows.with_columns(pl.col(pl.String).str.replace(f"({FORMULA})", "'$1")).with_columns(
        pl.col(name).map_elements(lambda part: json.dumps(part, default=json_value), return_dtype=pl.String)
        for name in nested
    )
    return flat.rename(dict(zip(flat.columns, safe_names(flat.columns), strict=True)))


def safe_names(names: list[str]) -> list[str]:
    """Return names of columns of which none is a formula, each once."""
    safe: list[str] = []
    for name in names:
        free = neutralise(name) or name
        while free in safe or (free != name and free in names):
            free = f"'{free}"
        safe.append(free)
    return safe


def write_csv(rows: pl.DataFrame) -> str:
    """Return a CSV file with a header; times are in ISO 8601, UTC."""
    return flatten(rows).write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ")


def json_value(value: object) -> object:
    """Return what JSON has for a value that it does not know: for `json.dumps(default=...)`."""
    if isinstance(value, pl.Series):
        return value.to_list()
    if isinstance(value, Decimal):  # a sum of integers is one
        return int(value) if value == value.to_integral_value() else float(value)
    iso = getattr(value, "isoformat", None)
    return iso() if iso else str(value)
