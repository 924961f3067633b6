"""Who answered a pull request: humans other than its author, and AI review bots."""

import polars as pl

from warehouse.metrics.facts import Facts
from warehouse.metrics.people import compute_accounts, compute_answers, submitted_reviews


def compute_human_answers(facts: Facts) -> pl.DataFrame:
    """One row per comment or submitted review by a human other than the author: `pull_request_id`, `at`."""
    humans = compute_accounts(facts).filter(~pl.col("is_bot"))
    answers = compute_answers(facts).join(humans, on="login", how="semi")
    return _by_another(facts, answers).select("pull_request_id", "at")


def compute_ai_answers(facts: Facts) -> pl.DataFrame:
    """One row per comment or submitted review by an AI review bot: `pull_request_id`, `at`."""
    reviewers = compute_accounts(facts).filter("is_ai_reviewer")
    answers = compute_answers(facts).join(reviewers, on="login", how="semi")
    return _by_another(facts, answers).select("pull_request_id", "at")


def compute_human_reviews(facts: Facts) -> pl.DataFrame:
    """One row per submitted review by a human other than the author.

    `pull_request_id`, `login`, `state`, `body`, `at`. Reviews after the merge are here too.
    """
    humans = compute_accounts(facts).filter(~pl.col("is_bot"))
    columns = {"login": "author_login", "at": "submitted_at"}
    reviews = submitted_reviews(facts).select("pull_request_id", "state", "body", **columns)
    return _by_another(facts, reviews.join(humans, on="login", how="semi"))


def compute_human_review_comments(facts: Facts) -> pl.DataFrame:
    """One row per comment at a line of the diff by a human other than the author: `pull_request_id`, `login`, `at`."""
    humans = compute_accounts(facts).filter(~pl.col("is_bot"))
    comments = facts.review_comments.select("pull_request_id", login="author_login", at="created_at")
    return _by_another(facts, comments.join(humans, on="login", how="semi"))


def _by_another(facts: Facts, answers: pl.DataFrame) -> pl.DataFrame:
    """Without the author's own. Logins are compared without case; a ghost on a ghost's work is no other person."""
    authors = facts.pull_requests.select(pull_request_id="id", opener="author_login")
    is_other = pl.col("login").str.to_lowercase() != pl.col("opener").str.to_lowercase()
    return answers.join(authors, on="pull_request_id").filter(is_other).drop("opener")
