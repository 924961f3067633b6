"""What a pull request is for, by its issue, as text tables."""

from dataclasses import replace

import pytest

from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.facts import Facts
from warehouse.metrics.outcomes.issues import find_issues
from warehouse.metrics.registry import BY_NAME, METRICS
from warehouse.metrics.weekly import compute_weekly_metrics

LINKS = """
    pr | issue_key | rank | issue_id | state
    1  | SHOP-2    | 1    | 102      | found
    2  | SHOP-9    | 1    | -        | missing
    2  | PAY-1     | 2    | 201      | found
    4  | SHOP-2    | 1    | 102      | found
    5  | OLD-7     | 1    | 102      | found
    6  | PAY-2     | 1    | 202      | found
"""
ISSUES = """
    id  | key    | issue_type | epic_id | started_at
    101 | SHOP-1 | Epic       | 101     | -
    102 | SHOP-2 | Story      | 101     | Mon 10:00
    201 | PAY-1  | bug        | -       | -
    202 | PAY-2  | Outage     | -       | Fri 12:00
"""
PULL_REQUESTS = """
    pr | opened    | merged    | base_ref | merge_commit_oid
    1  | Mon 09:00 | Tue 10:00 | main     | a
    2  | Mon 09:00 | Wed 10:00 | main     | b
    3  | Mon 09:00 | Wed 11:00 | main     | c
    4  | Mon 09:00 | Thu 10:00 | next     | d
    5  | Mon 09:00 | -         | main     | -
    6  | Mon 09:00 | Thu 12:00 | main     | e
"""
DEPLOYMENTS = """
    repo | environment | commit_oid | created_at | succeeded_at
    R1   | staging     | a          | Tue 11:00  | Tue 11:05
    R1   | production  | a          | Tue 12:00  | -
    R1   | Production / web | a     | Tue 14:00  | Tue 16:00
    R1   | prod        | x          | Tue 14:00  | Tue 20:00
"""


def facts(settings: str = "", **more: str) -> Facts:
    tables = {"jira_sites": "read_at\nFri 13:00", "jira_links": LINKS} | more
    made = make_facts(
        repositories="repo | default_branch | deliveries_from\nR1 | main | Mon 00:00",
        pull_requests=PULL_REQUESTS,
        jira_issues=ISSUES,
        deployments=DEPLOYMENTS.replace("repo", "repository_id"),
        team_settings=settings,
        **tables,
    )
    return replace(made, has_issues=True)


def test_a_pull_request_counts_for_the_first_issue_that_jira_has() -> None:
    expected = """
        pr | issue_key | issue_type | epic_key | has_issue | is_unplanned
        1  | SHOP-2    | Story      | SHOP-1   | yes       | no
        2  | PAY-1     | bug        | -        | yes       | yes
        3  | -         | -          | -        | no        | -
        4  | SHOP-2    | Story      | SHOP-1   | yes       | no
        5  | SHOP-2    | Story      | SHOP-1   | yes       | no
        6  | PAY-2     | Outage     | -        | yes       | no
    """
    assert draw(find_issues(facts()).sort("pull_request_id"), expected) == parse(expected)


def test_a_team_says_which_types_are_unplanned_too() -> None:
    found = find_issues(facts("name | value\nunplanned | out*"))
    assert dict(found.select("pull_request_id", "is_unplanned").iter_rows())["6"] is True


def test_lead_time_runs_from_in_progress_to_the_merge_and_to_the_first_deployment_that_contains_it() -> None:
    expected = """
        pr | issue_to_merge_hours | issue_to_production_hours
        1  | 24                   | 30
        2  | -                    | -
        3  | -                    | -
        4  | 72                   | -
        5  | -                    | -
        6  | -                    | -
    """
    assert draw(find_issues(facts()).sort("pull_request_id"), expected) == parse(expected)


def test_without_jira_nothing_is_known_and_no_metric_of_issues_is_there() -> None:
    off = replace(facts(), has_issues=False)
    rows = compute_pull_request_metrics(off, AS_OF)
    assert rows["has_issue"].null_count() == rows.height
    assert set(compute_weekly_metrics(off, rows, AS_OF)["metric"]) == {metric.name for metric in METRICS}


@pytest.mark.parametrize(
    ("name", "value", "n"),
    [
        ("issue_share", 0.8, 5),
        ("issue_to_merge_p50_hours", 48.0, 2),
        ("issue_to_production_p50_hours", 30.0, 1),
        ("unplanned_share", 0.25, 4),
    ],
)
def test_the_metrics_count_merged_pull_requests_by_week(name: str, value: float, n: int) -> None:
    assert name in BY_NAME
    on = facts()
    weekly = compute_weekly_metrics(on, compute_pull_request_metrics(on, AS_OF), AS_OF)
    row = weekly.filter(metric=name, scope="team", n=n).row(0, named=True)
    assert (row["value"], row["n"]) == (value, n)


@pytest.mark.parametrize(
    ("sites", "links", "expected"),
    [
        ("", "", {1: None, 3: None}),  # the token is wrong, or Jira was never reached
        ("read_at\n-", LINKS, {1: None, 3: None}),  # the first reading stopped in the middle
        ("read_at\nFri 13:00", "", {1: False, 3: False}),
        ("read_at\nMon 08:00", LINKS, {1: None, 3: None}),  # opened in an outage, with a key that is known or with none
        ("read_at\nMon 09:00", "pr | issue_key | state\n1 | SHOP-2 | -\n3 | SHOP-9 | missing", {1: None, 3: False}),
        ("read_at\nMon 09:00", LINKS.strip() + "\n1 | SHOP-3 | 2 | - | -", {1: True, 3: False}),
    ],
)
def test_no_pull_request_is_without_an_issue_before_jira_was_asked(
    sites: str, links: str, expected: dict[int, bool | None]
) -> None:
    found = dict(find_issues(facts(jira_sites=sites, jira_links=links)).select("pull_request_id", "has_issue").rows())
    assert {key: found[str(key)] for key in expected} == expected


def test_while_jira_was_never_read_no_share_is_said() -> None:
    on = facts(jira_sites="")
    weekly = compute_weekly_metrics(on, compute_pull_request_metrics(on, AS_OF), AS_OF)
    said = weekly.filter(metric="issue_share", scope="team").select("value", "n").unique().rows()
    assert said == [(None, 0)]
