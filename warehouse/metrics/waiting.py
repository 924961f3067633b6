"""The open pull requests that wait for a first review, those that are forgotten, and whose turn each is."""

from datetime import timedelta

import polars as pl

# Nobody waits for a pull request without any activity for this long: it should be closed, not reviewed.
FORGOTTEN_AFTER = timedelta(days=90)
TURNS = ("reviewer", "author", "merge")


def add_waiting(pull_requests: pl.DataFrame) -> pl.DataFrame:
    """Add `is_unreviewed` and `is_forgotten` to rows of `pull_request_metrics`.

    Unreviewed are the open ones that are ready for review, not opened by a bot, not left out of the numbers, and
    not reviewed by a human other than the author. Forgotten are the open ones without any activity in the 90 days
    before `as_of`, however long the team's history is. An unreviewed pull request waits unless it is forgotten.
    """
    is_open = (pl.col("state") == "OPEN") & ~pl.col("is_draft")
    is_ready = pl.col("ready_at").is_not_null() & pl.col("first_review_at").is_null()
    idle = pl.col("as_of") - pl.coalesce("last_activity_at", "ready_at")
    return pull_requests.with_columns(
        is_unreviewed=(is_open & is_ready & ~pl.col("is_bot") & pl.col("excluded_by").is_null()).fill_null(value=False),
        is_forgotten=(is_open & (idle >= FORGOTTEN_AFTER)).fill_null(value=False),
    )


def decide_turns(open_pull_requests: pl.DataFrame, reviews: pl.DataFrame) -> pl.DataFrame:
    """Add `turn` (one of TURNS) and `turn_since` to open pull requests that are ready for review.

    `open_pull_requests` has `id`, `ready_at`, `pushed_at` (newest commit) and `author_at` (newest comment of its
    author), `reviews` those by humans other than the author. It is to be merged if the last review that is more than a
    comment approves. It is the author's turn if the last review came after whatever the author did last, and else the
    reviewers'.
    """
    by_time = reviews.sort("submitted_at", maintain_order=True)
    decisive = pl.col("state").is_in(["APPROVED", "CHANGES_REQUESTED"])
    last = by_time.group_by("pull_request_id").agg(
        _reviewed_at=pl.col("submitted_at").last(),
        _verdict=pl.col("state").filter(decisive).last(),
        _verdict_at=pl.col("submitted_at").filter(decisive).last(),
    )
    answered_at = pl.max_horizontal("ready_at", "pushed_at", "author_at")
    is_approved = (pl.col("_verdict") == "APPROVED").fill_null(value=False)
    is_authors = (pl.col("_reviewed_at") > answered_at).fill_null(value=False)
    turn = (
        pl.when(is_approved).then(pl.lit("merge")).when(is_authors).then(pl.lit("author")).otherwise(pl.lit("reviewer"))
    )
    since = (
        pl.when(is_approved)
        .then("_verdict_at")
        .when(is_authors)
        .then("_reviewed_at")
        .when(pl.col("_reviewed_at").is_null())
        .then("ready_at")
        .otherwise(answered_at)
    )
    joined = open_pull_requests.join(last, left_on="id", right_on="pull_request_id", how="left")
    return joined.with_columns(turn=turn, turn_since=since).drop("_reviewed_at", "_verdict", "_verdict_at")
