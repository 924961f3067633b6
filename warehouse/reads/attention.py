"""The open pull requests that wait, since when, and for whom."""

from datetime import datetime, timedelta

import polars as pl

from warehouse.connection import Warehouse
from warehouse.metrics.life.turns import Turn
from warehouse.metrics.life.waiting import FORGOTTEN_AFTER
from warehouse.reads.reviews import read_open_turns, read_submitted_reviews

# A weekend may pass without anyone being late.
WAITS_AFTER = timedelta(days=2)
TODO = {Turn.REVIEW.value: "review it", Turn.AUTHOR.value: "answer the review", Turn.MERGE.value: "merge it"}


def read_attention(warehouse: Warehouse, team_id: str, now: datetime, limit: int = 10) -> pl.DataFrame:
    """Read the pull requests that have waited for over two days, longest first; one row each.

    `full_name`, `number`, `title`, `turn` and `turn_since` as `read_open_turns` has them, `whose` (logins; empty for
    anyone) and `todo`. Drafts, those of bots, those left out of the numbers, and those that nobody has touched for 90
    days are left out.
    """
    reviews = read_submitted_reviews(warehouse, team_id)
    turns = read_open_turns(warehouse, team_id)
    counted = warehouse.read(_COUNTED, [team_id, now - FORGOTTEN_AFTER])
    late = turns.join(counted, on="id").filter(pl.col("turn_since") <= now - WAITS_AFTER)
    reviewers = reviews.group_by("pull_request_id").agg(reviewers=pl.col("reviewer_login").unique().sort())
    asked = late.join(reviewers, left_on="id", right_on="pull_request_id", how="left")
    rows = asked.with_columns(whose=_whose(), todo=pl.col("turn").replace_strict(TODO, return_dtype=pl.String))
    ordered = rows.sort("turn_since", "full_name", "number").head(limit)
    return ordered.select("full_name", "number", "title", "turn", "turn_since", "whose", "todo")


def _whose() -> pl.Expr:
    """Return who is to act: the author, else those who were asked, else those who reviewed it before."""
    nobody = pl.lit([], dtype=pl.List(pl.String))
    requested = pl.col("requested_reviewers").fill_null(nobody)
    people = pl.when(requested.list.len() > 0).then(requested).otherwise(pl.col("reviewers").fill_null(nobody))
    return pl.when(pl.col("turn") == Turn.REVIEW.value).then(people).otherwise(pl.concat_list("author_login"))


_COUNTED = """
SELECT m.pull_request_id AS id, r.full_name FROM pull_request_metrics m JOIN repositories r ON r.id = m.repository_id
WHERE m.team_id = ? AND NOT m.is_bot AND m.excluded_by IS NULL AND r.is_followed
  AND coalesce(m.last_activity_at, m.ready_at) > ?
"""
