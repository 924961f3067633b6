"""When a pull request was ready for review, and which reviews came while it was a draft."""

import polars as pl

from warehouse.metrics.facts import KEY

READY_FOR_REVIEW, CONVERT_TO_DRAFT = "ReadyForReview", "ConvertToDraft"


def find_states(anchors: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Return one row per state of each pull request, in order: `at` it began, `is_ready`.

    The first begins with the opening. The first change tells how it was opened: if it left draft first, it was opened
    as a draft. If nothing changed, it was opened as it is now. Two changes in one second are in the order of their ids.
    """
    changes = events.filter(pl.col("kind").is_in([READY_FOR_REVIEW, CONVERT_TO_DRAFT])).sort(KEY, "created_at", "id")
    first = changes.group_by(KEY, maintain_order=True).agg(_first=pl.col("kind").first())
    was_ready = pl.coalesce(pl.col("_first") == CONVERT_TO_DRAFT, ~pl.col("is_draft"), pl.lit(value=True))
    opened = anchors.join(first, on=KEY, how="left").select(KEY, at="opened_at", is_ready=was_ready)
    later = changes.select(KEY, at="created_at", is_ready=pl.col("kind") == READY_FOR_REVIEW)
    return pl.concat([opened, later])


def add_ready(anchors: pl.DataFrame, events: pl.DataFrame, reviews: pl.DataFrame) -> pl.DataFrame:
    """Add `ready_at`, `first_review_at` and `draft_review_at`.

    `ready_at` is the last time it became ready for review, by opening or leaving draft, before the first review that
    came while it was ready. Without such a review it is the last time at all, up to the merge; for one that was merged
    as a draft, the merge. `draft_review_at` is the first review of a draft. Reviews after the merge do not count.
    """
    states = find_states(anchors, events).sort("at", maintain_order=True)
    bounds = anchors.select(KEY, "opened_at", "merged_at")
    counted = reviews.join(bounds, on=KEY).filter(pl.col("at") >= pl.col("opened_at"), _is_until_merge())
    placed = (
        counted.select(KEY, "at")
        .sort("at")
        .join_asof(states.with_columns(_since="at"), on="at", by=KEY, check_sortedness=False)
    )
    first = placed.group_by(KEY).agg(
        first_review_at=pl.col("at").filter("is_ready").min(),
        draft_review_at=pl.col("at").filter(~pl.col("is_ready")).min(),
        _reviewed_since=pl.col("_since").filter("is_ready").min(),
    )
    until = states.join(anchors.select(KEY, "merged_at"), on=KEY).filter(_is_until_merge())
    last = until.group_by(KEY, maintain_order=True).agg(
        _last_ready=pl.col("at").filter("is_ready").max(), _is_ready=pl.col("is_ready").last()
    )
    is_merged_as_draft = pl.col("merged_at").is_not_null() & ~pl.col("_is_ready").fill_null(value=False)
    unreviewed = pl.when(is_merged_as_draft).then("merged_at").otherwise("_last_ready")
    return (
        anchors.join(first, on=KEY, how="left")
        .join(last, on=KEY, how="left")
        .with_columns(ready_at=pl.coalesce("_reviewed_since", unreviewed))
        .drop("_reviewed_since", "_last_ready", "_is_ready")
    )


def _is_until_merge() -> pl.Expr:
    return pl.col("merged_at").is_null() | (pl.col("at") <= pl.col("merged_at"))
