"""When a change reached production, by the deployments that are known to contain it."""

from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from tests.warehouse.metrics.weekly import check
from warehouse.metrics.anchors import compute_pull_request_metrics

WORLD = {
    "repositories": """
        repo | from       | deliveries_from
        R1   | Mon 00:00  | Mon 00:00
        R2   | Mon 00:00  | -
    """,
    "pull_requests": """
        pr | repo | title        | head_ref     | base_ref | merge_commit_oid | opened     | merged
        1  | R1   | One          | one          | main     | a                | Mon0 09:00 | Mon 10:00
        2  | R1   | Two          | two          | main     | b                | Mon 09:00  | Mon 12:00
        3  | R1   | Three        | three        | main     | c                | Mon 09:00  | Tue 12:00
        4  | R1   | Other branch | four         | v1       | d                | Mon 09:00  | Mon 11:00
        5  | R1   | Too early    | five         | main     | e                | Mon0 09:00 | Sun0 12:00
        6  | R2   | Elsewhere    | six          | main     | b                | Mon 09:00  | Mon 11:00
        7  | R1   | Revert "Two" | revert-2-two | main     | g                | Tue 12:00  | Wed 12:00
        8  | R1   | Not yet      | eight        | main     | h                | Wed 12:00  | Thu 12:00
    """,
    "commits": "pr | authored\n1 | Mon 04:00",
    "deployments": """
        id | repository_id | environment | commit_oid | created_at | succeeded_at | failed_at
        x  | R1            | staging     | a          | Mon 10:05  | Mon 10:10    | -
        y  | R1            | Production  | b          | Mon 12:30  | Mon 13:00    | -
        z  | R1            | prod-eu     | c          | Tue 12:30  | Tue 18:00    | Tue 13:00
        w  | R1            | production  | g          | Wed 12:30  | Wed 13:00    | -
        v  | R1            | production  | unknown    | Thu 13:00  | Thu 14:00    | -
        u  | R1            | production  | d          | Thu 13:00  | -            | Thu 14:00
    """,
}


def test_a_deployment_contains_what_was_merged_into_its_branch_before_and_nothing_is_guessed() -> None:
    rows = compute_pull_request_metrics(make_facts(**WORLD), AS_OF).sort("number")
    expected = """
        pr | in_production_at | merge_to_production_hours | first_commit_to_production_hours | is_change_failure
        1  | Mon 13:00     | 3                         | 9                                | no
        2  | Mon 13:00     | 1                         | -                                | yes
        3  | Tue 18:00     | 6                         | -                                | yes
        4  | -             | -                         | -                                | yes
        5  | -             | -                         | -                                | -
        6  | -             | -                         | -                                | -
        7  | Wed 13:00     | 1                         | -                                | no
        8  | -             | -                         | -                                | -
    """
    assert draw(rows, expected) == parse(expected)


def test_the_metrics_count_what_is_known_in_the_week_it_reached_production() -> None:
    weeks = "Mon2 | - | 0\nMon3 | - | 0"
    check("deployed_prs", **WORLD, expected="week | value | n\nMon | 4 | 4\nMon2 | 0 | 0\nMon3 | 0 | 0")
    check("merge_to_production_p50_hours", **WORLD, expected=f"week | value | n\nMon | 2 | 4\n{weeks}")
    check("first_commit_to_production_p50_hours", **WORLD, expected=f"week | value | n\nMon | 9 | 1\n{weeks}")
    check("change_failure_share", **WORLD, expected=f"week | value | n\nMon | 0.6 | 5\n{weeks}")


def test_without_deployments_nothing_is_said() -> None:
    world = {name: text for name, text in WORLD.items() if name != "deployments"}
    check("deployed_prs", **world, expected="week | value | n\nMon | 0 | 0\nMon2 | 0 | 0\nMon3 | 0 | 0")
    check("change_failure_share", **world, expected="week | value | n\nMon | - | 0\nMon2 | - | 0\nMon3 | - | 0")
