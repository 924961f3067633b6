"""What goes from branch to branch, and what a team leaves out: told apart, with the reason."""

import pytest

from tests.warehouse.metrics.tables import AS_OF, FIRST_MONDAY, draw, make_facts, parse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.definitions.flow import MERGED_PRS, OPENED_PRS, RELEASE_PRS
from warehouse.metrics.periods import compute_period

REPOSITORY = """
    repo | default_branch
    R1   | main
"""


def check(expected: str, **tables: str) -> None:
    facts = make_facts(**{"repositories": REPOSITORY, **tables})
    metrics = compute_pull_request_metrics(facts, AS_OF).sort("pull_request_id")
    assert draw(metrics, expected) == parse(expected)


def test_a_release_takes_the_branch_that_others_target_to_another_and_a_back_merge_back() -> None:
    check(
        pull_requests="""
            pr | head_ref    | base_ref  | opened    | merged
            1  | change-1    | develop   | Mon 09:00 | Mon 12:00
            2  | develop     | main      | Tue 09:00 | Tue 12:00
            3  | main        | develop   | Tue 13:00 | Tue 14:00
            4  | change-2    | develop   | Wed 09:00 | Wed 12:00
            5  | release/1.2 | main      | Wed 09:00 | Wed 12:00
            6  | main        | feature-x | Wed 09:00 | Wed 12:00
        """,
        expected="""
            pr | is_release | excluded_by
            1  | no         | -
            2  | yes        | release
            3  | yes        | release
            4  | no         | -
            5  | yes        | release
            6  | yes        | release
        """,
    )


def test_a_stack_is_no_release_and_neither_is_a_fork_whose_branch_has_the_same_name() -> None:
    check(
        pull_requests="""
            pr | head_ref          | base_ref    | is_cross_repository | opened    | merged
            1  | part-1            | main        | no                  | Mon 09:00 | Wed 12:00
            2  | part-2            | part-1      | no                  | Mon 09:00 | Tue 12:00
            3  | part-3            | part-2      | no                  | Mon 10:00 | Tue 11:00
            4  | main              | main        | yes                 | Mon 10:00 | Tue 11:00
            5  | helped            | main        | no                  | Wed 09:00 | Wed 12:00
            6  | help              | helped      | no                  | Tue 09:00 | Tue 12:00
            7  | release-1.2-fix-a | release/1.2 | no                  | Tue 09:00 | Tue 12:00
        """,
        expected="""
            pr | is_release
            1  | no
            2  | no
            3  | no
            4  | no
            5  | no
            6  | no
            7  | no
        """,
    )


def test_a_branch_that_collects_the_work_of_several_is_told_by_their_number() -> None:
    check(
        pull_requests="""
            pr | head_ref | base_ref | opened    | merged
            1  | epic     | main     | Mon 09:00 | Fri 12:00
            2  | part-1   | epic     | Tue 09:00 | Tue 12:00
            3  | part-2   | epic     | Wed 09:00 | Wed 12:00
            4  | part-3   | epic     | Thu 09:00 | Thu 12:00
            5  | topic    | main     | Fri 09:00 | Fri 12:00
            6  | part-4   | topic    | Tue 09:00 | Tue 12:00
            7  | part-5   | topic    | Wed 09:00 | Wed 12:00
        """,
        expected="""
            pr | is_release
            1  | yes
            2  | no
            3  | no
            4  | no
            5  | yes
            6  | no
            7  | no
        """,
    )


def test_a_team_names_its_branches_and_can_switch_the_rule_off() -> None:
    pull_requests = """
        pr | head_ref | base_ref | opened    | merged
        1  | prod-eu  | archive  | Mon 09:00 | Mon 12:00
        2  | change   | prod-eu  | Mon 09:00 | Mon 12:00
    """
    named = "name | value\nbase | prod-*"
    check(pull_requests=pull_requests, team_settings=named, expected="pr | excluded_by\n1 | release\n2 | -")
    off = f"{named}\noff | releases"
    check(
        pull_requests=pull_requests,
        team_settings=off,
        expected="pr | is_release | excluded_by\n1 | yes | -\n2 | no | -",
    )


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("exclude-label | no-METRICS", "label no-METRICS"),
        ("exclude-label | no*", "label no*"),
        ("exclude-title | chore(sync):", "title chore(sync):"),
        ("exclude-base | gh-*", "base gh-*"),
        ("exclude-author | ANN", "author ANN"),
        ("exclude-label | metrics", "-"),
        ("exclude-title | (sync)", "-"),
        ("exclude-base | GH-pages", "-"),
        ("exclude-base | pages", "-"),
        ("exclude-author | an", "-"),
        ("exclude-title | .*", "-"),
    ],
)
def test_a_team_leaves_out_by_label_title_branch_or_author_and_the_reason_is_kept(rule: str, reason: str) -> None:
    check(
        pull_requests="""
            pr | by  | title                  | labels          | base_ref | opened    | merged
            1  | ann | Chore(sync): new pages | bug, no-metrics | gh-pages | Mon 09:00 | Mon 12:00
        """,
        team_settings=f"name | value\n{rule}",
        expected=f"pr | excluded_by\n1 | {reason}",
    )


def test_releases_are_counted_apart_whoever_opens_them() -> None:
    facts = make_facts(
        repositories=REPOSITORY,
        pull_requests="""
            pr | by         | head_ref | base_ref | opened    | merged
            1  | ann        | change-1 | develop  | Mon 09:00 | Mon 12:00
            2  | ann        | develop  | main     | Tue 09:00 | Tue 12:00
            3  | renovate   | develop  | main     | Tue 13:00 | Tue 14:00
        """,
    )
    rows = compute_pull_request_metrics(facts, AS_OF)
    counted = [compute_period(metric, rows, FIRST_MONDAY, AS_OF) for metric in (MERGED_PRS, OPENED_PRS, RELEASE_PRS)]
    assert [found.value for found in counted] == [1, 1, 2]


def test_an_author_is_followed_by_id_and_whoever_takes_the_login_over_is_another() -> None:
    check(
        pull_requests="""
            pr | by    | author_id | opened    | merged
            1  | robin | U1        | Mon 09:00 | Mon 12:00
            2  | ann   | U2        | Mon 09:00 | Mon 12:00
            3  | cat   | U3        | Mon 09:00 | Mon 12:00
        """,
        account_logins="""
            account_id | login | since      | until
            U1         | ann   | Mon0 09:00 | Tue 09:00
            U1         | robin | Tue 09:00  | -
            U2         | ann   | Tue 09:00  | -
            U3         | cat   | Mon0 09:00 | -
        """,
        team_settings="""
            name           | value | set_at
            exclude-author | Ann   | Mon 09:00
            exclude-author | c*    | Mon 09:00
        """,
        expected="""
            pr | excluded_by
            1  | author Ann
            2  | -
            3  | author c*
        """,
    )
