"""Durations in hours."""

import polars as pl

MICROSECONDS_AN_HOUR = 3_600_000_000


def hours(duration: str | pl.Expr) -> pl.Expr:
    """Convert a duration to hours, with the seconds as a fraction."""
    expression = pl.col(duration) if isinstance(duration, str) else duration
    return expression.dt.total_microseconds() / MICROSECONDS_AN_HOUR
