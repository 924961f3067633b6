"""The open pull requests that wait for a first review, and those that are forgotten."""

from datetime import timedelta

import polars as pl

# Nobody waits for a pull request without any activity for this long: it should be closed, not reviewed.
FORGOTTEN_AFTER = timedelta(days=90)


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
