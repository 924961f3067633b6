"""The reviews that metrics of reviews count."""

import polars as pl

from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.life.responses import compute_human_review_comments, compute_human_reviews


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
