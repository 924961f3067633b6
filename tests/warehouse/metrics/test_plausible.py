"""Dates of commits that cannot be are no anchors, no pushes and no signs of life."""

import polars as pl

from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.facts import Facts
from warehouse.metrics.plausible import CLOCK_TOLERANCE, GIT_BEGAN, MAX_BEFORE_REPOSITORY


def with_dates(facts: Facts, **changes: object) -> Facts:
    """Set the same dates in all commits."""
    commits = facts.commits.with_columns(
        pl.lit(value, pl.Datetime("us", "UTC")).alias(name) for name, value in changes.items()
    )
    return Facts(**{**vars(facts), "commits": commits})


def check(expected: str, facts: Facts) -> None:
    assert draw(compute_pull_request_metrics(facts, AS_OF), expected) == parse(expected)


OPEN = """
    pr | opened    | updated_at
    1  | Wed 09:00 | Thu 12:00
"""


def test_a_date_after_the_last_update_of_the_pull_request_is_no_anchor_and_no_sign_of_life() -> None:
    check(
        """
        pr | first_commit_at | last_activity_at | implausible_commits_count
        1  | Tue 10:00       | Wed 09:00        | 2
        """,
        make_facts(
            pull_requests=OPEN,
            commits="""
                pr | authored   | committed
                1  | Tue 10:00  | Tue 10:00
                1  | Thu 12:11  | Thu 12:11
                1  | Wed3 00:00 | Wed3 00:00
            """,
        ),
    )


def test_a_date_after_the_merge_is_none_though_the_pull_request_was_updated_later() -> None:
    check(
        """
        pr | first_commit_at | implausible_commits_count | review_rounds
        1  | -               | 1                         | 1
        """,
        make_facts(
            pull_requests="""
                pr | opened    | merged    | updated_at
                1  | Wed 09:00 | Thu 12:00 | Fri 12:00
            """,
            commits="""
                pr | authored  | committed
                1  | Fri 10:00 | Fri 10:00
            """,
            reviews="""
                pr | at
                1  | Wed 10:00
            """,
        ),
    )


def test_a_date_before_git_began_is_no_anchor() -> None:
    facts = make_facts(pull_requests=OPEN, commits="pr | authored\n1 | Tue 10:00")
    check("pr | first_commit_at | implausible_commits_count\n1 | Tue 10:00 | 0", facts)
    for date, count in ((GIT_BEGAN, 0), (GIT_BEGAN - CLOCK_TOLERANCE, 1)):
        [row] = compute_pull_request_metrics(with_dates(facts, authored_at=date), AS_OF).to_dicts()
        assert (row["first_commit_at"], row["implausible_commits_count"]) == (None if count else date, count)


def test_a_date_more_than_a_year_before_the_repository_is_no_anchor() -> None:
    facts = make_facts(
        repositories="repo | created_at\nR1 | Mon 00:00",
        pull_requests=OPEN,
        commits="pr | authored\n1 | Tue 10:00",
    )
    [created] = facts.repositories["created_at"]
    for date, count in ((created - MAX_BEFORE_REPOSITORY, 0), (created - MAX_BEFORE_REPOSITORY - CLOCK_TOLERANCE, 1)):
        [row] = compute_pull_request_metrics(with_dates(facts, authored_at=date), AS_OF).to_dicts()
        assert (row["first_commit_at"], row["implausible_commits_count"]) == (None if count else date, count)


def test_a_cherry_picked_commit_keeps_when_it_was_written_and_says_when_it_was_committed() -> None:
    check(
        """
        pr | first_commit_at | first_commit_committed_at | implausible_commits_count
        1  | Mon 10:00       | Wed 08:00                 | 0
        """,
        make_facts(
            pull_requests=OPEN,
            commits="""
                pr | authored  | committed
                1  | Tue 11:00 | Tue 11:00
                1  | Mon 10:00 | Wed 08:00
            """,
        ),
    )


def test_what_happens_after_the_computation_is_no_sign_of_life() -> None:
    check(
        """
        pr | last_activity_at
        1  | Wed 09:00
        """,
        make_facts(pull_requests=OPEN, comments="pr | at\n1 | Thu3 10:00"),
    )
