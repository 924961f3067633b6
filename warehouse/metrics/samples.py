"""The rows that metrics are computed over, one frame per `Source`.

All have `pull_request_id`, `repository_id`, `is_bot` (a bot opened the pull request), `excluded_by` (why it does not
count; NULL if it does) and `is_complete`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from warehouse.metrics.activity import compute_activity
from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.periods import open_at, was_open
from warehouse.metrics.responses import compute_human_review_comments, compute_human_reviews

PERSON = {"pull_requests": "author_id", "open_pull_requests": "author_id", "reviews": "reviewer_id"}
"""The column of the account that a row counts for."""


@dataclass(frozen=True)
class Samples:
    """`pull_requests` is `pull_request_metrics`; the others are from `compute_reviews` and `compute_activity`."""

    pull_requests: pl.DataFrame
    reviews: pl.DataFrame
    activity: pl.DataFrame


def make_samples(facts: Facts, pull_request_metrics: pl.DataFrame) -> Samples:
    return Samples(pull_request_metrics, compute_reviews(facts, pull_request_metrics), compute_activity(facts))


def compute_reviews(facts: Facts, pull_request_metrics: pl.DataFrame) -> pl.DataFrame:
    """Return one row per submitted review by a human other than the author, also after the merge.

    `reviewer_id`, `reviewer_login`, `state`, `submitted_at`, `has_words`: it has a body, or its reviewer had by
    then commented on a line of this pull request.
    """
    about = pull_request_metrics.select(KEY, "repository_id", "is_bot", "excluded_by", "is_complete")
    by_reviewer = compute_human_review_comments(facts).group_by(KEY, "account_id").agg(_since=pl.col("at").min())
    reviews = compute_human_reviews(facts).join(by_reviewer, on=[KEY, "account_id"], how="left").join(about, on=KEY)
    has_comment = (pl.col("_since") <= pl.col("at")).fill_null(value=False)
    return reviews.select(
        KEY,
        "repository_id",
        "is_bot",
        "excluded_by",
        "is_complete",
        "state",
        reviewer_id="account_id",
        reviewer_login="login",
        submitted_at="at",
        has_words=pl.col("body").is_not_null() | has_comment,
    )


def open_at_week_ends(samples: Samples, ends: Iterable[tuple[date, datetime]]) -> pl.DataFrame:
    """Return `open_at` of the ends of several weeks in one frame, with `week_start` and the activity up to each end."""
    frames = [
        open_at(_with_activity_until(samples, end), end).with_columns(week_start=pl.lit(start)) for start, end in ends
    ]
    return pl.concat(frames)


def _with_activity_until(samples: Samples, timestamp: datetime) -> pl.DataFrame:
    """Select the pull requests open then, with `last_activity_at` as of then."""
    pull_requests = samples.pull_requests.filter(was_open(timestamp))
    until = samples.activity.filter(pl.col("at") <= timestamp).join(pull_requests, on=KEY, how="semi")
    newest = until.group_by(KEY).agg(last_activity_at=pl.col("at").max())
    return pull_requests.drop("last_activity_at").join(newest, on=KEY, how="left")
