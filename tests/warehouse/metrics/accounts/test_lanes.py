"""Lanes: what opened a pull request, for whom an agent worked, and in which numbers it counts."""

import polars as pl

from tests.warehouse.metrics import weekly
from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, moment, parse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.periods import compute_period
from warehouse.metrics.registry import BY_NAME

LANES = {
    "people": """
        login | is_bot
        acme  | yes
        kim   | no
    """,
    "pull_requests": """
        pr | by              | author_kind | opened    | merged    | assignee_ids
        1  | ann             | User        | Mon 09:00 | Mon 11:00 | -
        2  | copilot         | Bot         | Mon 09:00 | Mon 13:00 | @copilot, @kim
        3  | dependabot[bot] | Bot         | Mon 09:00 | Mon 10:00 | -
        4  | coderabbitai    | Bot         | Mon 09:00 | Mon 10:00 | -
        5  | ghost           | Ghost       | Mon 09:00 | Mon 15:00 | -
        6  | acme            | User        | Mon 09:00 | Mon 10:00 | -
        7  | github-actions  | Bot         | Mon 09:00 | Mon 17:00 | -
        8  | claude          | User        | Mon 09:00 | Mon 19:00 | -
    """,
    "pr_analysis": """
        pr | ai_level
        1  | none
        7  | authored
    """,
}


def test_an_account_is_a_person_an_agent_automation_an_ai_reviewer_or_deleted() -> None:
    metrics = compute_pull_request_metrics(make_facts(**LANES), AS_OF).sort("pull_request_id")
    expected = """
        pr | author_lane | is_bot | requested_by_login
        1  | person      | no     | -
        2  | agent       | no     | kim
        3  | automation  | yes    | -
        4  | ai_reviewer | yes    | -
        5  | ghost       | no     | -
        6  | automation  | yes    | -
        7  | agent       | no     | -
        8  | person      | no     | -
    """
    assert draw(metrics, expected) == parse(expected)


def test_delivery_counts_persons_and_agents_and_automation_is_apart() -> None:
    metrics = compute_pull_request_metrics(make_facts(**LANES), AS_OF)
    week = moment("Mon 00:00"), moment("Mon2 00:00")
    values = {name: compute_period(BY_NAME[name], metrics, *week).value for name in ("merged_prs", "automation_prs")}
    assert values == {"merged_prs": 5, "automation_prs": 3}
    assert compute_period(BY_NAME["cycle_time_p50_hours"], metrics, *week).value == 6


def test_people_have_the_pull_requests_that_an_agent_opened_for_them_and_agents_have_no_numbers() -> None:
    rows = weekly.compute(make_facts(has_people_views=True, **LANES)).filter(
        pl.col("scope") == "person", pl.col("metric") == "merged_prs", pl.col("week") == "Mon"
    )
    expected = """
        scope_id | value
        ann      | 1
        claude   | 1
        ghost    | 1
        kim      | 1
    """
    assert draw(rows.sort("scope_id"), expected) == parse(expected)


def test_who_asked_an_agent_is_the_only_assignee_else_the_only_asked_reviewer_else_the_only_author_of_commits() -> None:
    metrics = compute_pull_request_metrics(
        make_facts(
            people="""
                login | is_bot
                kim   | no
                lee   | no
            """,
            pull_requests="""
                pr | by      | author_kind | opened    | assignee_ids
                1  | copilot | Bot         | Mon 09:00 | @kim, @lee
                2  | copilot | Bot         | Mon 09:00 | -
                3  | copilot | Bot         | Mon 09:00 | -
                4  | copilot | Bot         | Mon 09:00 | -
            """,
            timeline_events="""
                pr | kind            | actor_login | subject_id | at
                2  | ReviewRequested | copilot     | @lee       | Mon 10:00
                3  | ReviewRequested | kim         | @lee       | Mon 10:00
            """,
            commits="""
                pr | oid | author_id | authored
                3  | a   | @kim      | Mon 08:00
                3  | b   | @copilot  | Mon 08:00
                4  | c   | @kim      | Mon 08:00
                4  | d   | @lee      | Mon 08:00
            """,
        ),
        AS_OF,
    ).sort("pull_request_id")
    expected = """
        pr | requested_by_login
        1  | -
        2  | lee
        3  | kim
        4  | -
    """
    assert draw(metrics, expected) == parse(expected)
