"""The names of the lanes, and the account that a row of each lane counts for."""

from enum import StrEnum

import polars as pl

PERSON = {"pull_requests": "person_id", "open_pull_requests": "person_id", "reviews": "reviewer_id"}
"""The column of the account that a row counts for: a person, or NULL."""


class Lane(StrEnum):
    """What opened a pull request; `ghost` stands for all deleted accounts."""

    PERSON = "person"
    AGENT = "agent"
    AUTOMATION = "automation"
    AI_REVIEWER = "ai_reviewer"
    GHOST = "ghost"


APART = (Lane.AUTOMATION.value, Lane.AI_REVIEWER.value)
"""The lanes that delivery does not count."""


def count_as_person() -> pl.Expr:
    """Return the account for which a row of `pull_request_metrics` counts: its author, or who asked an agent for it."""
    is_person = pl.col("author_lane").is_in([Lane.PERSON.value, Lane.GHOST.value])
    return pl.when(is_person).then("author_id").otherwise("requested_by_id")


def name_of_person() -> pl.Expr:
    """Return the login of `count_as_person`."""
    is_person = pl.col("author_lane").is_in([Lane.PERSON.value, Lane.GHOST.value])
    return pl.when(is_person).then("author_login").otherwise("requested_by_login")
