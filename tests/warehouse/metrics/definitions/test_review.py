"""Each review metric, drawn; and those of AI and of kinds of work."""

from tests.warehouse.metrics.weekly import check


def test_first_response_and_first_review_belong_to_the_week_in_which_they_came() -> None:
    tables = {
        "pull_requests": """
            pr | opened    | merged
            1  | Mon 09:00 | -
            2  | Sun 09:00 | Wed2 09:00
        """,
        "comments": """
            pr | at
            1  | Mon 10:00
        """,
        "reviews": """
            pr | at
            1  | Mon 15:00
            2  | Mon2 09:00
        """,
    }
    check("first_response_p50_hours", **tables, expected="week | value | n\nMon | 1 | 1\nMon2 | 24 | 1\nMon3 | - | 0")
    check("first_review_p50_hours", **tables, expected="week | value | n\nMon | 6 | 1\nMon2 | 24 | 1\nMon3 | - | 0")


def test_a_merged_pr_is_reviewed_by_a_human_other_than_its_author_up_to_the_merge() -> None:
    check(
        "reviewed_share",
        pull_requests="""
            pr | by  | opened    | merged
            1  | ann | Mon 09:00 | Tue 09:00
            2  | ann | Mon 09:00 | Tue 09:00
            3  | ann | Mon 09:00 | Tue 09:00
            4  | ann | Mon 09:00 | Tue 09:00
            5  | ann | Mon 09:00 | Tue 09:00
        """,
        reviews="""
            pr | by              | at
            1  | bob             | Mon 10:00
            2  | ann             | Mon 10:00
            3  | coderabbitai    | Mon 10:00
            4  | bob             | Wed 10:00
        """,
        expected="""
            week | value | numerator | denominator
            Mon  | 0.2   | 1         | 5
            Mon2 | -     | -         | -
            Mon3 | -     | -         | -
        """,
    )


def test_review_comments_are_those_of_other_humans_per_merged_pr() -> None:
    check(
        "review_comments_per_pr",
        pull_requests="""
            pr | by  | opened    | merged
            1  | ann | Mon 09:00 | Tue 09:00
            2  | ann | Mon 09:00 | Tue 09:00
        """,
        review_comments="""
            pr | by      | at
            1  | bob     | Mon 10:00
            1  | cid     | Mon 10:00
            1  | bob     | Mon 11:00
            1  | ann     | Mon 11:00
            1  | rustbot | Mon 11:00
        """,
        expected="""
            week | value | numerator | denominator
            Mon  | 1.5   | 3         | 2
            Mon2 | -     | -         | -
            Mon3 | -     | -         | -
        """,
    )


def test_review_rounds_are_the_median_of_reviewed_prs() -> None:
    check(
        "review_rounds_p50",
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Tue 09:00
            2  | Mon 09:00 | Tue 09:00
            3  | Mon 09:00 | Tue 09:00
        """,
        reviews="""
            pr | at        | state
            1  | Mon 10:00 | CHANGES_REQUESTED
            1  | Mon 12:00 | APPROVED
            2  | Mon 10:00 | APPROVED
        """,
        expected="""
            week | value | n
            Mon  | 1.5   | 2
            Mon2 | -     | 0
            Mon3 | -     | 0
        """,
    )


REVIEWS = {
    "pull_requests": """
        pr | by  | opened    | merged
        1  | ann | Mon 09:00 | Tue 09:00
        2  | bob | Mon 09:00 | -
    """,
    "reviews": """
        pr | by      | at         | state
        1  | bob     | Mon 10:00  | COMMENTED
        1  | bob     | Mon 11:00  | APPROVED
        1  | bob     | Wed 11:00  | COMMENTED
        1  | cid     | Mon 11:00  | COMMENTED
        1  | dee     | Mon 11:00  | COMMENTED
        1  | eve     | Mon 12:00  | APPROVED
        2  | bob     | Mon 12:00  | COMMENTED
        2  | rustbot | Mon 12:00  | APPROVED
        2  | ann     | Tue2 12:00 | APPROVED
    """,
}


def test_reviews_belong_to_the_week_of_their_submission_those_after_the_merge_too() -> None:
    check("submitted_reviews", **REVIEWS, expected="week | value | n\nMon | 6 | 6\nMon2 | 1 | 1\nMon3 | 0 | 0")


def test_reviewers_are_counted_once_a_week() -> None:
    check("reviewers", **REVIEWS, expected="week | value | n\nMon | 4 | 6\nMon2 | 1 | 1\nMon3 | 0 | 0")


def test_the_load_of_the_busiest_three_is_their_share_of_all_reviews() -> None:
    check(
        "review_load_top3_share",
        **REVIEWS,
        expected="""
            week | value  | numerator | denominator | n
            Mon  | 0.8333 | 5         | 6           | 6
            Mon2 | 1      | 1         | 1           | 1
            Mon3 | -      | -         | -           | 0
        """,
    )


def test_the_gini_of_three_one_one_and_one_reviews_is_a_quarter_and_of_one_reviewer_0() -> None:
    check("review_load_gini", **REVIEWS, expected="week | value\nMon | 0.25\nMon2 | 0\nMon3 | -")


def test_an_approval_without_a_word_has_no_body_and_no_comment_of_its_reviewer_before_it() -> None:
    check(
        "approval_without_comment_share",
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Tue 09:00
        """,
        reviews="""
            pr | by  | at        | state     | body
            1  | bob | Mon 10:00 | APPROVED  | -
            1  | cid | Mon 10:00 | APPROVED  | said
            1  | dee | Mon 10:00 | APPROVED  | -
            1  | eve | Mon 10:00 | APPROVED  | -
            1  | eve | Mon 10:00 | COMMENTED | -
        """,
        review_comments="""
            pr | by  | at
            1  | dee | Mon 09:30
            1  | eve | Mon 11:00
        """,
        expected="""
            week | value | numerator | denominator
            Mon  | 0.5   | 2         | 4
            Mon2 | -     | -         | -
            Mon3 | -     | -         | -
        """,
    )


def test_ai_shares_are_of_analysed_prs_and_keep_agents_that_are_bots() -> None:
    tables = {
        "pull_requests": """
            pr | by      | author_kind | opened    | merged
            1  | ann     | User        | Mon 09:00 | Tue 09:00
            2  | copilot | Bot         | Mon 09:00 | Tue 09:00
            3  | ann     | User        | Mon 09:00 | Tue 09:00
            4  | ann     | User        | Mon 09:00 | Tue 09:00
            5  | ann     | User        | Mon 09:00 | Tue 09:00
        """,
        "pr_analysis": """
            pr | ai_level
            1  | assisted
            2  | authored
            3  | mentioned
            4  | none
        """,
    }
    check("ai_assisted_share", **tables, expected="week | value | n\nMon | 0.5 | 4\nMon2 | - | 0\nMon3 | - | 0")
    check("ai_authored_share", **tables, expected="week | value | n\nMon | 0.25 | 4\nMon2 | - | 0\nMon3 | - | 0")


def test_a_pr_was_answered_by_an_ai_reviewer_before_its_merge() -> None:
    check(
        "ai_reviewed_share",
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Tue 09:00
            2  | Mon 09:00 | Tue 09:00
        """,
        reviews="""
            pr | by           | author_kind | at
            1  | coderabbitai | Bot         | Mon 09:05
            2  | coderabbitai | Bot         | Wed 09:05
        """,
        expected="""
            week | value | numerator | denominator
            Mon  | 0.5   | 1         | 2
            Mon2 | -     | -         | -
            Mon3 | -     | -         | -
        """,
    )


def test_the_share_of_a_kind_of_work_is_of_the_analysed_prs() -> None:
    check(
        "work_bugfix_share",
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Tue 09:00
            2  | Mon 09:00 | Tue 09:00
            3  | Mon 09:00 | Tue 09:00
        """,
        pr_analysis="""
            pr | work_type
            1  | bugfix
            2  | docs
            3  | -
        """,
        expected="""
            week | value | numerator | denominator
            Mon  | 0.5   | 1         | 2
            Mon2 | -     | -         | -
            Mon3 | -     | -         | -
        """,
    )


def test_reviewed_within_a_day_is_of_all_that_became_ready_and_counts_what_still_waits_for_as_long_as_it_has() -> None:
    # In the third week one of four was reviewed after 2 hours, one waits for 1 hour, one for 15, and one was closed.
    # After 2 hours 3 are at risk, so a third got its review: the one that waits for an hour says nothing about then.
    check(
        "reviewed_within_24h_share",
        pull_requests="""
            pr | opened     | merged     | closed     | is_draft
            1  | Mon 09:00  | -          | -          | no
            2  | Mon 09:00  | Wed 09:00  | Wed 09:00  | no
            3  | Mon 09:00  | -          | Mon 10:00  | no
            4  | Mon 09:00  | -          | -          | yes
            5  | Mon3 09:00 | -          | -          | no
            6  | Tue3 23:00 | -          | -          | no
            7  | Tue3 09:00 | -          | -          | no
            8  | Mon3 09:00 | -          | Mon3 09:30 | no
        """,
        reviews="""
            pr | at
            1  | Tue 08:00
            2  | Tue 10:00
            5  | Mon3 11:00
        """,
        expected="""
            week | n | value  | numerator | denominator
            Mon  | 3 | 0.3333 | 1         | 3
            Mon2 | 0 | -      | -         | -
            Mon3 | 4 | 0.3333 | 0.6667    | 2
        """,
    )


def test_merged_within_a_week_counts_closed_ones_as_not_merged() -> None:
    check(
        "merged_within_7d_share",
        pull_requests="""
            pr | opened    | merged     | closed
            1  | Mon 09:00 | Tue 09:00  | Tue 09:00
            2  | Mon 09:00 | Tue2 09:00 | Tue2 09:00
            3  | Mon 09:00 | -          | Tue 09:00
            4  | Mon 09:00 | -          | -
        """,
        expected="""
            week | n | value | numerator | denominator
            Mon  | 4 | 0.25  | 1         | 4
            Mon2 | 0 | -     | -         | -
            Mon3 | 0 | -     | -         | -
        """,
    )
