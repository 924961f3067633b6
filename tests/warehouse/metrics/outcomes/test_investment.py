"""Types of work as the buckets that managers plan with."""

import pytest

from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.definitions.work import WORK_TYPES
from warehouse.metrics.outcomes.investment import SHIPPED_BUCKETS
from warehouse.metrics.outcomes.team_rules import BUCKETS
from warehouse.teams.settings import InvalidRule, parse_rule

PULL_REQUESTS = """
    pr | opened    | merged
    1  | Mon 09:00 | Mon 12:00
    2  | Mon 09:00 | Mon 12:00
    3  | Mon 09:00 | Mon 12:00
    4  | Mon 09:00 | Mon 12:00
    5  | Mon 09:00 | Mon 12:00
"""
ANALYSED = """
    pr | work_type
    1  | feature
    2  | docs
    3  | unclear
    4  | -
"""


def check(expected: str, **tables: str) -> None:
    facts = make_facts(pull_requests=PULL_REQUESTS, pr_analysis=ANALYSED, **tables)
    metrics = compute_pull_request_metrics(facts, AS_OF).sort("pull_request_id")
    assert draw(metrics, expected) == parse(expected)


def test_each_type_of_work_has_a_bucket_and_what_has_none_cannot_be_told() -> None:
    check("""
        pr | investment
        1  | new
        2  | productivity
        3  | cannot tell
        4  | cannot tell
        5  | -
    """)
    assert set(SHIPPED_BUCKETS) == set(WORK_TYPES)
    assert set(SHIPPED_BUCKETS.values()) == set(BUCKETS)


def test_a_team_maps_its_own_and_what_is_no_bucket_does_not_count() -> None:
    check(
        """
        pr | investment
        1  | keep running
        2  | productivity
        3  | improve
        4  | cannot tell
        5  | -
    """,
        team_settings="""
        name       | value
        investment | feature:keep running
        investment | docs:elsewhere
        investment | unclear:improve
    """,
    )


def test_a_mapping_to_no_bucket_is_refused() -> None:
    assert parse_rule("investment=Docs:New")[1] == "docs:new"
    for value in ("docs", "docs:elsewhere", ":"):
        with pytest.raises(InvalidRule, match="names no bucket"):
            parse_rule(f"investment={value}")
