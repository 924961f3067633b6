"""When a pull request began and ended, if what GitHub says of it cannot be.

Imported ones may be closed or merged without the time of it. The state is what counts: without a time they would be
open in every week from then on, and one that was merged would have been given up. Or they may be dated 1970 or the
year 1, where nobody knew: from then on they would have waited.
"""

from dataclasses import replace

import polars as pl

from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.plausible import GIT_BEGAN


def complete_lives(facts: Facts) -> Facts:
    """Return the facts with times that can be: `created_at`, and the ends of whatever is over."""
    return _complete_endings(_complete_openings(facts))


def _complete_openings(facts: Facts) -> Facts:
    """Replace a `created_at` from before git began by the first thing that is known to have happened, else the end."""
    is_wrong = pl.col("created_at") < GIT_BEGAN
    wrong = facts.pull_requests.filter(is_wrong).select(pl.col("id").alias(KEY))
    if wrong.is_empty():
        return facts
    parts = (facts.timeline_events, facts.comments, facts.reviews.rename({"submitted_at": "created_at"}))
    known = pl.concat([part.select(KEY, "created_at").join(wrong, on=KEY, how="semi") for part in parts])
    first = known.filter(~is_wrong).group_by(id=KEY).agg(_first=pl.col("created_at").min())
    opened_at = pl.coalesce(pl.min_horizontal("_first", "merged_at", "closed_at"), "updated_at")
    pull_requests = facts.pull_requests.join(first, on="id", how="left").with_columns(
        created_at=pl.when(is_wrong).then(opened_at).otherwise("created_at")
    )
    return replace(facts, pull_requests=pull_requests.drop("_first"))


def _complete_endings(facts: Facts) -> Facts:
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
