"""Merged pull requests of which a file was soon changed again by another one."""

from datetime import datetime, timedelta

import polars as pl

from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.size import generated

WITHIN = timedelta(days=21)


def find_retouched(facts: Facts, excluded: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return one row per merged pull request: `is_retouched`.

    True if another one that changes one of its files, generated ones and lock files aside, was merged within 21 days
    after it. NULL if those days are not over, changed again or not: else only the changed ones of the last days would
    count. NULL, too, if its files are not known. What `excluded` (of `find_excluded`) leaves out changes nothing again:
    a release lists the files of all that it takes along.
    """
    merged = facts.pull_requests.filter(pl.col("merged_at").is_not_null()).select(
        pl.col("id").alias(KEY), "repository_id", "merged_at"
    )
    touched = facts.files.filter(~generated()).select(KEY, "path").join(merged, on=KEY)
    place = ["repository_id", "path"]
    counting = excluded.filter(pl.col("excluded_by").is_null() & ~pl.col("is_release"))
    in_order = touched.join(counting.select(KEY, _counts=True), on=KEY, how="left").sort(*place, "merged_at", KEY)
    next_at = pl.when("_counts").then("merged_at").shift(-1).backward_fill().over(place)
    is_again = (next_at - pl.col("merged_at")) <= WITHIN
    marked = in_order.with_columns(_again=is_again.fill_null(value=False))
    found = marked.group_by(KEY).agg(pl.col("_again").any(), pl.col("merged_at").first())
    is_over = pl.col("merged_at") + WITHIN <= pl.lit(as_of)
    return found.select(KEY, is_retouched=pl.when(is_over).then("_again"))
