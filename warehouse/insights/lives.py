"""The life of an insight: first found, last found, and no longer true."""

from datetime import datetime, timedelta

import polars as pl

KEPT_FOR = timedelta(days=90)
"""What is no longer true is kept this long, to be read back."""


def merge_known(found: pl.DataFrame, known: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Return the rows of `insights` to store, from those just found and those stored before.

    One that was true before keeps the time at which it was first found. One that is not found any more is resolved now,
    and dropped 90 days later. One that comes back after it was resolved begins again.
    """
    since = known.filter(pl.col("resolved_at").is_null()).select("id", known_since="first_seen_at")
    stamp = pl.lit(now, dtype=found.schema["last_seen_at"])
    current = (
        found.join(since, on="id", how="left", maintain_order="left")
        .with_columns(first_seen_at=pl.coalesce("known_since", stamp), last_seen_at=stamp)
        .drop("known_since")
    )
    gone = known.join(found, on="id", how="anti").with_columns(resolved_at=pl.coalesce("resolved_at", stamp))
    return pl.concat([current, gone.filter(pl.col("resolved_at") > now - KEPT_FOR).select(current.columns)])
