"""The rows that metrics are computed over, one frame per `Source`.

All have `pull_request_id`, `repository_id`, `is_bot` (a bot opened the pull request), `excluded_by` (why it does not
count; NULL if it does) and `is_complete`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from warehouse.metrics.accounts.lane import count_as_person
from warehouse.metrics.facts import KEY, TIMESTAMP, Facts
from warehouse.metrics.life.activity import compute_activity
from warehouse.metrics.life.responses import compute_human_review_comments, compute_human_reviews
from warehouse.metrics.periods import age_at

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Samples:
    """`pull_requests` is `pull_request_metrics` with `person_id`, the account that a row counts for.

    The others are from `compute_reviews` and `compute_activity`.
    """

    pull_requests: pl.DataFrame
    reviews: pl.DataFrame
    activity: pl.DataFrame


def make_samples(facts: Facts, pull_request_metrics: pl.DataFrame) -> Samples:
    rows = pull_request_metrics.with_columns(person_id=count_as_person())
    return Samples(rows, compute_reviews(facts, pull_request_metrics), compute_activity(facts))


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


def open_at_week_ends(samples: Samples, ends: Sequence[tuple[date, datetime]]) -> pl.DataFrame:
    """Return `open_at` of the ends of several weeks in one frame, with `week_start` and the activity up to each end."""
    starts, times = (list(column) for column in zip(*ends, strict=True)) if ends else ([], [])
    weeks = pl.DataFrame({"week_start": starts, "_end": times}, schema={"week_start": pl.Date, "_end": TIMESTAMP})
    rows = _open_in(samples.pull_requests, weeks.with_row_index("_week"))
    activity = samples.activity.join(rows.select(KEY).unique(), on=KEY, how="semi").sort("at")
    placed = rows.sort("_end").join_asof(
        activity.with_columns(last_activity_at="at"), left_on="_end", right_on="at", by=KEY, check_sortedness=False
    )
    return age_at(placed.drop("at", strict=False), pl.col("_end")).drop("_end")


def _open_in(pull_requests: pl.DataFrame, weeks: pl.DataFrame) -> pl.DataFrame:
    """Return one row per pull request and week at whose end it was open, as `was_open` says, with `week_start`."""
    ends = weeks["_end"]
    first = ends.search_sorted(pull_requests["opened_at"], side="right")
    last = ends.search_sorted(pull_requests["closed_at"].fill_null(_NEVER), side="right")
    spans = pull_requests.drop("last_activity_at").with_columns(_week=pl.int_ranges(first, last, dtype=pl.UInt32()))
    return spans.filter(pl.col("_week").list.len() > 0).explode("_week").join(weeks, on="_week").drop("_week")
