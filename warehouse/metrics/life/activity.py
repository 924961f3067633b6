"""The activity on a pull request."""

import polars as pl

from warehouse.metrics.facts import KEY, Facts, once
from warehouse.metrics.plausible import judge_commits


@once
def compute_activity(facts: Facts) -> pl.DataFrame:
    """Return one row per activity on a pull request: `pull_request_id`, `at`.

    Labels and comments by bots count. Mentions by other pull requests do not, nor commits whose dates cannot be.
    """
    opened = facts.pull_requests.select(pull_request_id="id", at="created_at")
    closed = facts.pull_requests.select(pull_request_id="id", at="closed_at")
    parts = [
        (facts.comments, "created_at"),
        (facts.review_comments, "created_at"),
        (facts.reviews, "submitted_at"),
        (judge_commits(facts), "committed_at"),
        (facts.timeline_events.filter(pl.col("kind") != "CrossReferenced"), "created_at"),
    ]
    activity = [opened, closed, *(frame.select(KEY, at=column) for frame, column in parts)]
    return pl.concat(activity).drop_nulls()
