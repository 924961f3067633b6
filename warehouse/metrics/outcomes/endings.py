"""When a pull request ended, if GitHub says that it did and not when.

Imported ones may be closed or merged without the time of it. The state is what counts: without a time they would be
open in every week from then on, and one that was merged would have been given up.
"""

from dataclasses import replace

import polars as pl

from warehouse.metrics.facts import KEY, Facts


def complete_endings(facts: Facts) -> Facts:
    """Return the facts with `merged_at` and `closed_at` of whatever is merged or closed.

    A time that is missing is that of the event, else the other of the two, else the last update.
    """
    pull_requests = facts.pull_requests
    is_merged = pl.col("state") == "MERGED"
    is_over = is_merged | (pl.col("state") == "CLOSED")
    lacks = (is_merged & pl.col("merged_at").is_null()) | (is_over & pl.col("closed_at").is_null())
    if pull_requests.filter(lacks).is_empty():
        return facts
    events = facts.timeline_events.filter(pl.col("kind").is_in(["Merged", "Closed"])).group_by(id=KEY)
    times = events.agg(
        _merged=pl.col("created_at").filter(pl.col("kind") == "Merged").max(), _closed=pl.col("created_at").max()
    )
    merged_at = pl.coalesce("merged_at", "_merged", "closed_at", "_closed", "updated_at")
    closed_at = pl.coalesce("closed_at", "merged_at", "_closed", "updated_at")
    completed = (
        pull_requests.join(times, on="id", how="left")
        .with_columns(merged_at=pl.when(is_merged).then(merged_at).otherwise("merged_at"))
        .with_columns(closed_at=pl.when(is_over).then(closed_at).otherwise("closed_at"))
    )
    return replace(facts, pull_requests=completed.select(pull_requests.columns))
