"""Downloads, made on the click: CSV in which no cell is a formula, and Parquet with its types."""

import io

import polars as pl

from warehouse.guard.untrusted import neutralise


def write_csv(rows: pl.DataFrame) -> bytes:
    """Return a CSV file in UTF-8 with a header; times are in ISO 8601, UTC."""
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    safe = rows.with_columns(pl.col(texts).map_elements(neutralise, return_dtype=pl.String)) if texts else rows
    return safe.write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ").encode()


def write_parquet(rows: pl.DataFrame) -> bytes:
    """Return a Parquet file."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer)
    return buffer.getvalue()
