"""The moments of each pull request that rules measure between, and its answers, from the facts."""

import polars as pl

from warehouse.metrics.accounts.people import is_submitted
from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.lab.rules import BOT_NAME, Answers
from warehouse.metrics.life.ready import find_states
from warehouse.metrics.life.responses import restore_states


def find_moments(facts: Facts) -> pl.DataFrame:
    """Return one row per pull request: its moments as GitHub has them, `author_id`, `author_login`.

    `first_ready_at` is the first time it was ready for review, by opening or by leaving draft; NULL if it never was.
    `left_draft_at` is the first time it left draft, or else the opening.
    """
    opened = facts.pull_requests.select(
        pl.col("id").alias(KEY),
        "author_id",
        "author_login",
        "is_draft",
        "merged_at",
        "closed_at",
        opened_at="created_at",
    )
    states = find_states(opened, facts.timeline_events)
    ready = states.filter("is_ready").group_by(KEY).agg(first_ready_at=pl.col("at").min())
    left = facts.timeline_events.filter(pl.col("kind") == "ReadyForReview").group_by(KEY)
    left_draft = left.agg(left_draft_at=pl.col("created_at").min())
    rows = opened.drop("is_draft").join(ready, on=KEY, how="left").join(left_draft, on=KEY, how="left")
    return rows.with_columns(pl.coalesce("left_draft_at", "opened_at"))


def find_answers(facts: Facts) -> pl.DataFrame:
    """Return one row per comment, comment on a line and submitted review, by whomever.

    `pull_request_id`, `at`, `kind`, `state`, `account_id`, `login`, `account_kind` and `place`: its place among those
    of its kind, the oldest is 1.
    """
    who = {"account_id": "author_id", "login": "author_login", "account_kind": "author_kind"}
    none = pl.lit(None, dtype=pl.String)
    comments = facts.comments.select(KEY, at="created_at", kind=pl.lit("comment"), state=none, **who)
    lines = facts.review_comments.select(KEY, at="created_at", kind=pl.lit("line"), state=none, **who)
    submitted = restore_states(facts).filter(is_submitted())
    reviews = submitted.select(KEY, "state", at="submitted_at", kind=pl.lit("review"), **who)
    found = pl.concat([comments, lines, reviews.select(comments.columns)]).drop_nulls("at")
    return found.sort("at", "kind", "account_id").with_columns(place=pl.int_range(1, pl.len() + 1).over(KEY, "kind"))


def add_answers(moments: pl.DataFrame, answers: pl.DataFrame, rule: Answers) -> pl.DataFrame:
    """Add `answered_at`, how it was answered (`answer_kind`, `answer_login`), and `approved_at`, by the rule.

    `answer_kind` is merge if the merge stands for the answer.
    """
    counted = answers.join(moments, on=KEY).filter(_counts(rule))
    first = counted.group_by(KEY, maintain_order=True).agg(
        answered_at=pl.col("at").first(), answer_kind=pl.col("kind").first(), answer_login=pl.col("login").first()
    )
    approved = counted.filter(pl.col("state") == "APPROVED").group_by(KEY).agg(approved_at=pl.col("at").min())
    rows = moments.join(first, on=KEY, how="left").join(approved, on=KEY, how="left")
    if not rule.or_merge:
        return rows
    is_late = (pl.col("answered_at") > pl.col("merged_at")).fill_null(value=True) & pl.col("merged_at").is_not_null()
    return rows.with_columns(
        answered_at=pl.when(is_late).then("merged_at").otherwise("answered_at"),
        answer_kind=pl.when(is_late).then(pl.lit("merge")).otherwise("answer_kind"),
        answer_login=pl.when(~is_late).then("answer_login"),
    )


def _counts(rule: Answers) -> pl.Expr:
    """Return which answers the rule counts; `moments` are beside them."""
    counts = pl.col("kind").is_in(list(rule.kinds))
    if rule.by_another:
        counts &= pl.col("account_id") != pl.col("author_id")
    if rule.bots != "counted":
        counts &= (pl.col("account_kind") != "Bot").fill_null(value=True)
    if rule.bots == "by type and name":
        counts &= ~pl.col("login").str.contains(BOT_NAME)
    if rule.since:
        counts &= pl.col("at") >= pl.col(rule.since)
    for kind, number in rule.first:
        counts &= (pl.col("kind") != kind) | (pl.col("place") <= number)
    return counts
