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
        pl.col("id").alias(KEY), "merged_at", _repository=_number("repository_id")
    )
    touched = facts.files.filter(~generated()).select(KEY, _path=_number("path")).join(merged, on=KEY)
    counting = excluded.filter(pl.col("excluded_by").is_null() & ~pl.col("is_release"))
    in_order = touched.join(counting.select(KEY, _counts=True), on=KEY, how="left").sort(*_FILE, "merged_at", KEY)
    # Of the rows below, the first that counts: of another file perhaps, which is then none.
    after = {name: pl.when("_counts").then(name).shift(-1).backward_fill() for name in (*_FILE, "merged_at")}
    is_of_same = pl.all_horizontal(after[name] == pl.col(name) for name in _FILE)
    is_again = is_of_same & (after["merged_at"] - pl.col("merged_at") <= WITHIN)
    marked = in_order.with_columns(_again=is_again.fill_null(value=False))
    found = marked.group_by(KEY).agg(pl.col("_again").any(), pl.col("merged_at").first())
    is_over = pl.col("merged_at") + WITHIN <= pl.lit(as_of)
    return found.select(KEY, is_retouched=pl.when(is_over).then("_again"))


_FILE = ("_repository", "_path")


def _number(name: str) -> pl.Expr:
    """Return a number for each text: they are sorted to stand together, in whatever order."""
    return pl.col(name).cast(pl.Categorical).to_physical()
