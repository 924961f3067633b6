"""A pull request that GitHub calls closed or merged is so, also without a time."""

from dataclasses import replace

import polars as pl

from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.facts import TIMESTAMP

# Their states, of which only 1 and 2 have a time.
STATES = {"1": "MERGED", "2": "CLOSED", "3": "MERGED", "4": "MERGED", "5": "CLOSED", "6": "CLOSED", "7": "OPEN"}


def test_an_opening_before_git_began_is_the_first_thing_that_happened_to_it() -> None:
    facts = make_facts(
        pull_requests="""
            pr | opened    | merged    | updated_at
            1  | Mon 09:00 | Mon 12:00 | Tue 09:00
            2  | Mon 09:00 | Mon 12:00 | Tue 09:00
            3  | Mon 09:00 | -         | Tue 09:00
        """,
        comments="pr | at\n1 | Mon 10:00",
    )
    long_ago = pl.datetime(1970, 1, 1, time_zone="UTC").cast(TIMESTAMP)
    rows = facts.pull_requests.with_columns(created_at=long_ago)
    metrics = compute_pull_request_metrics(replace(facts, pull_requests=rows), AS_OF).sort("pull_request_id")
    expected = """
        pr | opened_at | cycle_time_hours
        1  | Mon 10:00 | 2
        2  | Mon 12:00 | 0
        3  | Tue 09:00 | -
    """
    assert draw(metrics, expected) == parse(expected)


def test_a_time_that_is_missing_is_that_of_the_event_or_of_what_else_is_known() -> None:
    facts = make_facts(
        pull_requests="""
            pr | opened    | merged    | closed    | updated_at
            1  | Mon 09:00 | Mon 12:00 | -         | Tue 09:00
            2  | Mon 09:00 | -         | Mon 12:00 | Tue 09:00
            3  | Mon 09:00 | -         | Mon 12:00 | Tue 09:00
            4  | Mon 09:00 | -         | -         | Tue 09:00
            5  | Mon 09:00 | -         | -         | Tue 09:00
            6  | Mon 09:00 | -         | -         | Tue 09:00
            7  | Mon 09:00 | -         | -         | Tue 09:00
        """,
        timeline_events="""
            pr | kind   | at
            4  | Merged | Mon 15:00
            5  | Closed | Mon 10:00
            5  | Closed | Mon 16:00
            7  | Closed | Mon 10:00
        """,
    )
    rows = facts.pull_requests.with_columns(
        state=pl.col("id").replace_strict(STATES),
        closed_at=pl.when(pl.col("id").is_in(["2", "3"])).then("closed_at"),
    )
    metrics = compute_pull_request_metrics(replace(facts, pull_requests=rows), AS_OF).sort("pull_request_id")
    expected = """
        pr | state  | merged_at | closed_at | cycle_time_hours
        1  | MERGED | Mon 12:00 | Mon 12:00 | 3
        2  | CLOSED | -         | Mon 12:00 | -
        3  | MERGED | Mon 12:00 | Mon 12:00 | 3
        4  | MERGED | Mon 15:00 | Mon 15:00 | 6
        5  | CLOSED | -         | Mon 16:00 | -
        6  | CLOSED | -         | Tue 09:00 | -
        7  | OPEN   | -         | -         | -
    """
    assert draw(metrics, expected) == parse(expected)
