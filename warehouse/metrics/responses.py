"""The responses to a pull request: by humans other than its author, and by AI review bots."""

import polars as pl

from warehouse.metrics.facts import Facts
from warehouse.metrics.people import compute_accounts, compute_responses, is_by_another, is_submitted


def compute_human_responses(facts: Facts) -> pl.DataFrame:
    """Return one row per comment or submitted review by a human other than the author: `pull_request_id`, `at`."""
    humans = compute_accounts(facts).filter(~pl.col("is_bot"))
    responses = compute_responses(facts).join(humans, on="account_id", how="semi")
    return _by_another(facts, responses).select("pull_request_id", "at")


def compute_ai_responses(facts: Facts) -> pl.DataFrame:
    """Return one row per comment or submitted review by an AI review bot: `pull_request_id`, `at`."""
    reviewers = compute_accounts(facts).filter("is_ai_reviewer")
    responses = compute_responses(facts).join(reviewers, on="account_id", how="semi")
    return _by_another(facts, responses).select("pull_request_id", "at")


def compute_human_reviews(facts: Facts) -> pl.DataFrame:
    """Return one row per submitted review by a human other than the author.

    `pull_request_id`, `account_id`, `login`, `state`, `body`, `at`. Reviews after the merge are included.
    """
    columns = ("pull_request_id", "state", "body", "submitted_at")
    reviews = facts.reviews.select(*columns, account_id="author_id", login="author_login").join(
        _openers(facts), on="pull_request_id"
    )
    found = select_human_reviews(reviews, compute_accounts(facts))
    return found.select("pull_request_id", "state", "body", "account_id", "login", at="submitted_at")


def select_human_reviews(reviews: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Select the submitted reviews by a human other than the author of the pull request.

    `reviews` has `account_id`, `opener` (the account who opened the pull request), `state` and `submitted_at`.
    """
    humans = accounts.filter(~pl.col("is_bot"))
    return reviews.join(humans, on="account_id", how="semi").filter(is_submitted(), is_by_another())


def compute_human_review_comments(facts: Facts) -> pl.DataFrame:
    """Return one row per comment on a line of the diff by a human other than the author.

    `pull_request_id`, `account_id`, `at`."""
    humans = compute_accounts(facts).filter(~pl.col("is_bot"))
    comments = facts.review_comments.select("pull_request_id", account_id="author_id", at="created_at")
    return _by_another(facts, comments.join(humans, on="account_id", how="semi"))


def _by_another(facts: Facts, responses: pl.DataFrame) -> pl.DataFrame:
    return responses.join(_openers(facts), on="pull_request_id").filter(is_by_another()).drop("opener")


def _openers(facts: Facts) -> pl.DataFrame:
    return facts.pull_requests.select(pull_request_id="id", opener="author_id")
