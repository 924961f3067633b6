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
    lives = facts.pull_requests.select(pl.col("id").alias(KEY), "merged_at").with_row_index("_pr")
    reviews = compute_human_reviews(facts).join(lives, on=KEY)
    until_merge = reviews.filter(pl.col("merged_at").is_null() | (pl.col("at") <= pl.col("merged_at")))
    pushes = _pushes(facts).join(lives, on=KEY).select("_pr", "at", _pushed_at="at", _order=pl.lit(0))
    together = pl.concat([_add_wishes(until_merge), pushes], how="diagonal")
    # Sorted by number, the event before is a row above: four times as quick as a group for each pull request.
    in_order = together.sort("_pr", "at", "_order", maintain_order=True).with_columns(
        _previous_at=_before("_reviewed_at"), _pushed_at=_latest("_pushed_at")
    )
    is_first = pl.col("_previous_at").is_null()
    is_after_push = (pl.col("_pushed_at") > pl.col("_previous_at")).fill_null(value=False)
    opened = in_order.filter(pl.col(KEY).is_not_null()).filter(is_first | is_after_push | pl.col("_was_asked"))
    return opened.group_by(KEY).agg(review_rounds=pl.len())


def _add_wishes(reviews: pl.DataFrame) -> pl.DataFrame:
    """Add `_was_asked`: the reviewer had requested changes in the own review before; in the order of reviewers."""
    is_of_same = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in ("_pr", "account_id"))
    was_asked = is_of_same & (pl.col("state").shift() == "CHANGES_REQUESTED")
    return reviews.sort("_pr", "account_id", "at", "id").select(
        KEY,
        "_pr",
        "at",
        "account_id",
        "id",
        _order=pl.lit(1),
        _reviewed_at="at",
        _was_asked=was_asked.fill_null(value=False),
    )


def _latest(name: str) -> pl.Expr:
    """Return the latest value up to each row, of the same pull request."""
    is_known = pl.col(name).is_not_null()
    of = pl.when(is_known).then("_pr").forward_fill()
    return pl.when(of == pl.col("_pr")).then(pl.col(name).forward_fill())


def _before(name: str) -> pl.Expr:
    """Return the latest value above each row, of the same pull request."""
    return pl.when(pl.col("_pr") == pl.col("_pr").shift()).then(_latest(name).shift())


def _pushes(facts: Facts) -> pl.DataFrame:
    """Return `pull_request_id`, `at`. GitHub does not store when it was: the date of the commit stands for it."""
    commits = judge_commits(facts).select(KEY, at="committed_at")
    forced = facts.timeline_events.filter(pl.col("kind") == "HeadRefForcePushed").select(KEY, at="created_at")
    return pl.concat([commits, forced]).drop_nulls()
