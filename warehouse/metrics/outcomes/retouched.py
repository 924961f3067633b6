"""Merged pull requests of which a file was soon changed again by another one."""

from datetime import datetime, timedelta

import polars as pl

from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.size import generated

WITHIN = timedelta(days=21)


def find_retouched(facts: Facts, as_of: datetime) -> pl.DataFrame:
    """Return one row per merged pull request: `is_retouched`.

    True if another one that changes one of its files, generated ones and lock files aside, was merged within 21 days
    after it. NULL if those days are not over and it was not until now, or if its files are not known.
    """
    merged = facts.pull_requests.filter(pl.col("merged_at").is_not_null()).select(
        pl.col("id").alias(KEY), "repository_id", "merged_at"
    )
    touched = facts.files.filter(~generated()).select(KEY, "path").join(merged, on=KEY)
    place = ["repository_id", "path"]
    in_order = touched.sort(*place, "merged_at", KEY)
    is_again = (pl.col("merged_at").shift(-1).over(place) - pl.col("merged_at")) <= WITHIN
    marked = in_order.with_columns(_again=is_again.fill_null(value=False))
    found = marked.group_by(KEY).agg(pl.col("_again").any(), pl.col("merged_at").first())
    is_over = pl.col("merged_at") + WITHIN <= pl.lit(as_of)
    return found.select(KEY, is_retouched=pl.when(pl.col("_again") | is_over).then("_again"))
