"""Each delivery metric, drawn: what goes in, what comes out. The last week of each is not over."""

from tests.warehouse.metrics.weekly import check


def test_opened_prs_are_counted_in_the_week_of_their_opening_drafts_included() -> None:
    check(
        "opened_prs",
        pull_requests="""
            pr | opened    | merged     | is_draft
            1  | Mon 00:00 | Mon2 09:00 | no
            2  | Sun 23:59 | -          | yes
            3  | Tue3 09:00 | -         | no
        """,
        expected="""
            week | value | n | is_complete
            Mon  | 2     | 2 | yes
            Mon2 | 0     | 0 | yes
            Mon3 | 1     | 1 | no
        """,
    )


def test_merged_prs_are_counted_in_the_week_of_their_merge_not_of_their_opening() -> None:
    check(
        "merged_prs",
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Sun 23:59
            2  | Mon 09:00 | Mon2 00:00
            3  | Mon 09:00 | Tue2 09:00
            4  | Mon 09:00 | -
        """,
        expected="""
            week | value | n
            Mon  | 1     | 1
            Mon2 | 2     | 2
            Mon3 | 0     | 0
        """,
    )


def test_prs_by_bots_are_left_out() -> None:
    check(
        "merged_prs",
        pull_requests="""
            pr | by         | author_kind | opened    | merged
            1  | ann        | User        | Mon 09:00 | Tue 09:00
            2  | dependabot | Bot         | Mon 09:00 | Tue 09:00
        """,
        expected="""
            week | value
            Mon  | 1
            Mon2 | 0
            Mon3 | 0
        """,
    )


def test_closed_unmerged_prs_are_those_closed_without_a_merge() -> None:
    check(
        "closed_unmerged_prs",
        pull_requests="""
            pr | opened    | merged    | closed
            1  | Mon 09:00 | -         | Tue2 09:00
            2  | Mon 09:00 | Tue 09:00 | Tue 09:00
            3  | Mon 09:00 | -         | -
        """,
        expected="""
            week | value
            Mon  | 0
            Mon2 | 1
            Mon3 | 0
        """,
    )


def test_the_merge_rate_is_merged_of_all_closed_and_0_of_0_is_null() -> None:
    check(
        "merge_rate_share",
        pull_requests="""
            pr | opened    | merged    | closed
            1  | Mon 09:00 | Tue 09:00 | Tue 09:00
            2  | Mon 09:00 | Wed 09:00 | Wed 09:00
            3  | Mon 09:00 | Wed 09:00 | Wed 09:00
            4  | Mon 09:00 | -         | Thu 09:00
        """,
        expected="""
            week | value | numerator | denominator | n
            Mon  | 0.75  | 3         | 4           | 4
            Mon2 | -     | -         | -           | 0
            Mon3 | -     | -         | -           | 0
        """,
    )


CYCLES = """
    pr | opened    | merged
    1  | Mon 00:00 | Mon 10:00
    2  | Mon 00:00 | Mon 20:00
    3  | Mon 00:00 | Tue 06:00
    4  | Mon 00:00 | Tue 16:00
    5  | Mon 00:00 | Mon2 00:00
"""


def test_the_cycle_time_is_the_median_of_merged_prs_and_null_in_a_week_without_any() -> None:
    check(
        "cycle_time_p50_hours",
        pull_requests=CYCLES,
        commits="""
            pr | authored
            1  | Mon 05:00
            5  | Mon 00:00
        """,
        expected="""
            week | value | n
            Mon  | 25    | 4
            Mon2 | 168   | 1
            Mon3 | -     | 0
        """,
    )


def test_p75_and_p90_interpolate_linearly() -> None:
    check("cycle_time_p75_hours", pull_requests=CYCLES, expected="week | value\nMon | 32.5\nMon2 | 168\nMon3 | -")
    check("cycle_time_p90_hours", pull_requests=CYCLES, expected="week | value\nMon | 37\nMon2 | 168\nMon3 | -")


REVIEWED = {
    "pull_requests": """
        pr | opened    | merged
        1  | Mon 09:00 | Tue 09:00
        2  | Mon 09:00 | Wed 09:00
        3  | Mon 09:00 | Mon 21:00
    """,
    "commits": """
        pr | authored
        1  | Mon 07:00
        2  | Mon 03:00
    """,
    "reviews": """
        pr | at        | state
        1  | Mon 11:00 | COMMENTED
        1  | Mon 14:00 | APPROVED
        2  | Mon 15:00 | COMMENTED
    """,
}


def test_the_medians_of_the_phases_are_of_those_prs_that_had_them() -> None:
    check("coding_p50_hours", **REVIEWED, expected="week | value | n\nMon | 4 | 2\nMon2 | - | 0\nMon3 | - | 0")
    check("pickup_p50_hours", **REVIEWED, expected="week | value | n\nMon | 4 | 2\nMon2 | - | 0\nMon3 | - | 0")
    check("review_p50_hours", **REVIEWED, expected="week | value | n\nMon | 22.5 | 2\nMon2 | - | 0\nMon3 | - | 0")
    check("merge_p50_hours", **REVIEWED, expected="week | value | n\nMon | 19 | 1\nMon2 | - | 0\nMon3 | - | 0")
    check("unreviewed_p50_hours", **REVIEWED, expected="week | value | n\nMon | 12 | 1\nMon2 | - | 0\nMon3 | - | 0")


def test_the_time_to_merge_begins_when_the_pr_is_ready_for_review() -> None:
    check(
        "time_to_merge_p50_hours",
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Wed 09:00
        """,
        timeline_events="""
            pr | kind           | at
            1  | ReadyForReview | Tue 09:00
        """,
        expected="""
            week | value
            Mon  | 24
            Mon2 | -
            Mon3 | -
        """,
    )


def test_open_prs_are_those_open_at_the_end_of_the_week_and_of_the_running_week_those_open_now() -> None:
    check(
        "open_prs",
        pull_requests="""
            pr | opened     | merged     | closed
            1  | Mon 09:00  | Mon2 00:00 | Mon2 00:00
            2  | Mon 09:00  | Tue 09:00  | Tue 09:00
            3  | Sun 23:00  | -          | Tue3 09:00
            4  | Mon2 00:00 | -          | -
            5  | Thu3 09:00 | -          | -
        """,
        expected="""
            week | value
            Mon  | 2
            Mon2 | 2
            Mon3 | 1
        """,
    )


def test_a_stale_pr_had_no_sign_of_life_for_14_days_as_of_the_end_of_that_week() -> None:
    check(
        "stale_prs",
        repositories="""
            repo | from
            R1   | Mon 00:00
        """,
        pull_requests="""
            pr | opened     | updated_at
            1  | Mon0 09:00 | Tue3 09:00
            2  | Mon0 09:00 | Tue 09:00
            3  | Tue2 09:00 | Tue2 09:00
        """,
        comments="""
            pr | at
            1  | Tue3 09:00
            2  | Tue 09:00
        """,
        expected="""
            week | value
            Mon  | 0
            Mon2 | 1
            Mon3 | 1
        """,
    )


def test_the_age_of_open_prs_runs_from_the_opening_to_the_end_of_the_week() -> None:
    check(
        "open_age_p50_hours",
        pull_requests="""
            pr | opened    | merged
            1  | Sun 00:00 | Tue2 00:00
            2  | Sat 00:00 | Tue2 00:00
        """,
        expected="""
            week | value | n
            Mon  | 36    | 2
            Mon2 | -     | 0
            Mon3 | -     | 0
        """,
    )


SIZES = {
    "pull_requests": """
        pr | opened    | merged    | additions | deletions
        1  | Mon 09:00 | Tue 09:00 | 400       | 0
        2  | Mon 09:00 | Tue 09:00 | 400       | 1
        3  | Mon 09:00 | Tue 09:00 | 5000      | 10
    """,
    "files": """
        pr | path      | additions | deletions
        3  | yarn.lock | 5000      | 0
        3  | a.py      | 0         | 10
    """,
}


def test_the_size_of_a_pr_leaves_generated_files_out_and_large_is_over_400_lines() -> None:
    check("pr_size_p50_lines", **SIZES, expected="week | value | n\nMon | 400 | 3\nMon2 | - | 0\nMon3 | - | 0")
    check(
        "large_pr_share",
        **SIZES,
        expected="""
            week | value  | numerator | denominator
            Mon  | 0.3333 | 1         | 3
            Mon2 | -      | -         | -
            Mon3 | -      | -         | -
        """,
    )


def test_a_reverted_pr_counts_in_the_week_in_which_it_was_merged_not_reverted() -> None:
    check(
        "reverted_share",
        pull_requests="""
            pr | title        | head_ref     | opened    | merged
            1  | One          | one          | Mon 09:00 | Tue 09:00
            2  | Two          | two          | Mon 09:00 | Tue 09:00
            3  | Revert "One" | revert-1-one | Mon2 09:00 | Tue2 09:00
        """,
        expected="""
            week | value | numerator | denominator
            Mon  | 0.5   | 1         | 2
            Mon2 | 0     | 0         | 1
            Mon3 | -     | -         | -
        """,
    )


def test_the_share_of_hotfixes_is_of_the_prs_that_were_analysed() -> None:
    check(
        "hotfix_share",
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Tue 09:00
            2  | Mon 09:00 | Tue 09:00
            3  | Mon 09:00 | Tue 09:00
        """,
        pr_analysis="""
            pr | is_hotfix
            1  | yes
            2  | no
        """,
        expected="""
            week | value | numerator | denominator
            Mon  | 0.5   | 1         | 2
            Mon2 | -     | -         | -
            Mon3 | -     | -         | -
        """,
    )


def test_the_bus_factor_is_the_fewest_people_with_over_half_of_what_was_merged() -> None:
    check(
        "bus_factor",
        pull_requests="""
            pr | by  | opened    | merged
            1  | ann | Mon 09:00 | Tue 09:00
            2  | ann | Mon 09:00 | Tue 09:00
            3  | bob | Mon 09:00 | Tue 09:00
            4  | cid | Mon 09:00 | Tue 09:00
            5  | ann | Mon 09:00 | Tue2 09:00
            6  | ann | Mon 09:00 | Tue2 09:00
            7  | bob | Mon 09:00 | Tue2 09:00
        """,
        expected="""
            week | n | value
            Mon  | 4 | 2
            Mon2 | 3 | 1
            Mon3 | 0 | -
        """,
    )


def test_changed_again_soon_is_a_file_of_another_one_merged_within_21_days_and_not_a_lock_file() -> None:
    check(
        "retouched_share",
        pull_requests="""
            pr | opened     | merged
            1  | Mon0 09:00 | Tue0 09:00
            2  | Mon0 09:00 | Tue0 09:00
            3  | Mon0 09:00 | Wed2 09:00
            4  | Mon0 09:00 | Wed2 09:00
        """,
        repositories="repo | from\nR1 | Mon0 00:00",
        files="""
            pr | path
            1  | src/a.py
            1  | yarn.lock
            2  | yarn.lock
            3  | src/a.py
            4  | yarn.lock
        """,
        expected="""
            week | n | value | numerator | denominator
            Mon0 | 1 | 1     | 1         | 1
            Mon  | 0 | -     | -         | -
            Mon2 | 0 | -     | -         | -
            Mon3 | 0 | -     | -         | -
        """,
    )


def test_completely_fetched_is_of_all_that_were_opened_by_anybody() -> None:
    check(
        "complete_share",
        pull_requests="""
            pr | by      | opened    | is_complete
            1  | ann     | Mon 09:00 | yes
            2  | rustbot | Mon 09:00 | no
        """,
        expected="""
            week | n | value
            Mon  | 2 | 0.5
            Mon2 | 0 | -
            Mon3 | 0 | -
        """,
    )


def test_the_model_costs_what_was_paid_for_those_it_read_and_the_rules_nothing() -> None:
    check(
        "model_cost_per_merged_pr",
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Tue 09:00
            2  | Mon 09:00 | Tue 09:00
            3  | Mon 09:00 | Tue 09:00
        """,
        pr_analysis="""
            pr | source | cost_usd
            1  | llm    | 0.5
            2  | rule   | -
            3  | llm    | -
        """,
        expected="""
            week | n | value | numerator | denominator
            Mon  | 2 | 0.25  | 0.5       | 2
            Mon2 | 0 | -     | -         | -
            Mon3 | 0 | -     | -         | -
        """,
    )
