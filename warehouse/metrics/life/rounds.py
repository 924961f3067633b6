"""The review rounds of a pull request: how often it went back and forth before the merge."""

import polars as pl

from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.life.responses import compute_human_reviews
from warehouse.metrics.plausible import judge_commits


def compute_rounds(facts: Facts) -> pl.DataFrame:
    """Return one row per reviewed pull request: `review_rounds`.

    The first review by a human other than the author opens the first round. A later one opens another
    if something was pushed since the review before it, or if its reviewer had requested changes.
    Reviews after the merge open none.
    """
    merged = facts.pull_requests.select(pull_request_id="id", merged_at="merged_at")
    reviews = compute_human_reviews(facts).join(merged, on=KEY)
    until_merge = reviews.filter(pl.col("merged_at").is_null() | (pl.col("at") <= pl.col("merged_at")))
    before = until_merge.sort("at", "account_id", "id").with_columns(
        _previous_at=pl.col("at").shift().over(KEY),
        _previous_state=pl.col("state").shift().over(KEY, "account_id"),
    )
    with_pushes = before.join_asof(_pushes(facts).sort("at"), on="at", by=KEY, check_sortedness=False)
    is_first = pl.col("_previous_at").is_null()
    is_after_push = (pl.col("_pushed_at") > pl.col("_previous_at")).fill_null(value=False)
    was_asked = (pl.col("_previous_state") == "CHANGES_REQUESTED").fill_null(value=False)
    return with_pushes.group_by(KEY).agg(review_rounds=(is_first | is_after_push | was_asked).sum())


def _pushes(facts: Facts) -> pl.DataFrame:
    """Return `pull_request_id`, `at`, `_pushed_at`. GitHub does not store when a push was made: the date of the commit
    stands for it."""
    commits = judge_commits(facts).select(KEY, at="committed_at")
    forced = facts.timeline_events.filter(pl.col("kind") == "HeadRefForcePushed").select(KEY, at="created_at")
    return pl.concat([commits, forced]).drop_nulls().with_columns(_pushed_at=pl.col("at"))
