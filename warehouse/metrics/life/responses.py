"""The responses to a pull request: by humans other than its author, and by AI review bots."""

import polars as pl

from warehouse.metrics.accounts.people import compute_accounts, compute_responses, is_by_another, is_submitted
from warehouse.metrics.facts import KEY, Facts, once


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


@once
def compute_human_reviews(facts: Facts) -> pl.DataFrame:
    """Return one row per submitted review by a human other than the author.

    `pull_request_id`, `id`, `account_id`, `login`, `state`, `body`, `at`. Reviews after the merge are included. `state`
    is that in which it was submitted: GitHub writes DISMISSED over it, and the event of the dismissal says what was
    there.
    """
    columns = ("pull_request_id", "id", "state", "body", "submitted_at")
    reviews = (
        restore_states(facts)
        .select(*columns, account_id="author_id", login="author_login")
        .join(_openers(facts), on="pull_request_id")
    )
    found = select_human_reviews(reviews, compute_accounts(facts))
    return found.select("pull_request_id", "id", "state", "body", "account_id", "login", at="submitted_at")


def restore_states(facts: Facts) -> pl.DataFrame:
    """Return the reviews, each dismissed one in the state in which it was submitted, as far as that is known.

    An event without its review (GitHub gives null for it, after the review was deleted for instance) belongs to the
    dismissed review of the same place in time among those that no event names.
    """
    events = facts.timeline_events.filter(pl.col("kind") == "ReviewDismissed")
    if events.is_empty():
        return facts.reviews
    dismissed = facts.reviews.filter(pl.col("state") == "DISMISSED").select(KEY, "id", "submitted_at")
    named = (
        events.drop("id")
        .join(dismissed, left_on=[KEY, "subject"], right_on=[KEY, "id"])
        .select("previous_value", "created_at", id="subject")
    )
    left = _in_order(dismissed.join(named, on="id", how="anti"), "submitted_at")
    nameless = _in_order(
        events.filter(pl.col("subject").is_null()).rename({"id": "event_id"}), "created_at", "event_id"
    )
    paired = left.join(nameless, on=[KEY, "_place"]).filter(pl.col("submitted_at") <= pl.col("created_at"))
    named = named.sort("created_at", "previous_value").select("previous_value", "id")
    before = pl.concat([named, paired.select("previous_value", "id")]).unique("id", keep="first", maintain_order=True)
    return facts.reviews.join(before, on="id", how="left").with_columns(
        state=pl.when(pl.col("state") == "DISMISSED").then(pl.coalesce("previous_value", "state")).otherwise("state")
    )


def _in_order(rows: pl.DataFrame, column: str, tie: str = "id") -> pl.DataFrame:
    return rows.sort(column, tie, maintain_order=True).with_columns(_place=pl.int_range(pl.len()).over(KEY))


def select_human_reviews(reviews: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Select the submitted reviews by a human other than the author of the pull request.

    `reviews` has `account_id`, `opener` (the account who opened the pull request), `state` and `submitted_at`.
    """
    humans = accounts.filter(~pl.col("is_bot"))
    return reviews.join(humans, on="account_id", how="semi").filter(is_submitted(), is_by_another())


@once
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
