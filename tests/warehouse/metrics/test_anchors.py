"""The anchors of one pull request, case by case."""

from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.weekly import compute_weekly_metrics

OPENED_AND_MERGED = """
    pr | opened    | merged
    1  | Mon 09:00 | Fri 09:00
"""


def check(expected: str, **tables: str) -> None:
    """Check that the pull requests of `tables` have the anchors that `expected` draws."""
    metrics = compute_pull_request_metrics(make_facts(**tables), AS_OF).sort("pull_request_id")
    assert draw(metrics, expected) == parse(expected)


def test_the_first_commit_is_the_one_authored_first_whatever_a_rebase_made_of_the_committer_dates() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        commits="""
            pr | authored  | committed
            1  | Mon 08:00 | Thu 10:00
            1  | Mon 07:00 | Thu 11:00
        """,
        expected="""
            pr | first_commit_at | coding_hours
            1  | Mon 07:00       | 2
        """,
    )


def test_a_pr_that_never_was_a_draft_is_ready_when_it_is_opened() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        expected="""
            pr | opened_at | ready_at
            1  | Mon 09:00 | Mon 09:00
        """,
    )


def test_a_draft_is_ready_when_it_leaves_draft_for_the_last_time_before_its_first_review() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        timeline_events="""
            pr | kind           | at
            1  | ReadyForReview | Tue 09:00
            1  | ConvertToDraft | Tue 10:00
            1  | ReadyForReview | Wed 09:00
            1  | ConvertToDraft | Thu 10:00
            1  | ReadyForReview | Thu 12:00
        """,
        reviews="""
            pr | at
            1  | Wed 12:00
        """,
        expected="""
            pr | ready_at  | first_review_at | pickup_hours
            1  | Wed 09:00 | Wed 12:00       | 3
        """,
    )


def test_a_pr_opened_as_ready_and_drafted_again_is_ready_when_it_leaves_draft() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        timeline_events="""
            pr | kind           | at
            1  | ConvertToDraft | Mon 10:00
            1  | ReadyForReview | Wed 09:00
        """,
        expected="""
            pr | ready_at
            1  | Wed 09:00
        """,
    )


def test_a_review_of_a_draft_is_told_apart_and_the_wait_begins_when_it_is_ready() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        timeline_events="""
            pr | kind           | at
            1  | ReadyForReview | Tue 09:00
        """,
        reviews="""
            pr | at        | state
            1  | Mon 12:00 | APPROVED
            1  | Wed 09:00 | APPROVED
        """,
        expected="""
            pr | draft_review_at | ready_at  | first_review_at | approved_at | pickup_hours | is_reviewed
            1  | Mon 12:00       | Tue 09:00 | Wed 09:00       | Wed 09:00   | 24           | yes
        """,
    )


def test_a_draft_that_was_reviewed_and_then_became_ready_waits_again() -> None:
    check(
        pull_requests="pr | opened\n1 | Mon 09:00",
        timeline_events="""
            pr | kind           | at
            1  | ReadyForReview | Wed 09:00
        """,
        reviews="pr | at\n1 | Tue 09:00",
        expected="""
            pr | draft_review_at | ready_at  | first_review_at | first_review_hours
            1  | Tue 09:00       | Wed 09:00 | -               | -
        """,
    )


def test_reviewed_as_a_draft_alone_it_is_reviewed_and_its_wait_to_the_merge_is_a_phase() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        timeline_events="""
            pr | kind           | at
            1  | ReadyForReview | Thu 09:00
        """,
        commits="pr | authored\n1 | Mon 09:00",
        reviews="pr | at\n1 | Tue 12:00",
        expected="""
            pr | ready_at  | first_review_at | is_reviewed | unreviewed_hours | cycle_time_hours
            1  | Thu 09:00 | -               | yes         | 24               | 96
        """,
    )


def test_drafted_again_it_is_ready_when_the_review_came_that_counts() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        timeline_events="""
            pr | kind           | at
            1  | ConvertToDraft | Mon 12:00
            1  | ReadyForReview | Wed 09:00
        """,
        reviews="""
            pr | at
            1  | Tue 09:00
            1  | Wed 13:00
        """,
        expected="""
            pr | draft_review_at | ready_at  | first_review_at | pickup_hours
            1  | Tue 09:00       | Wed 09:00 | Wed 13:00       | 4
        """,
    )


def test_merged_as_a_draft_it_became_ready_with_the_merge_although_it_was_ready_before() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        timeline_events="""
            pr | kind           | at
            1  | ConvertToDraft | Tue 09:00
        """,
        expected="""
            pr | ready_at  | unreviewed_hours
            1  | Fri 09:00 | 0
        """,
    )


def test_two_changes_in_one_second_and_two_reviews_in_one_second_are_in_the_order_of_their_ids() -> None:
    for order in ((1, 2), (2, 1)):
        events = {1: "e1 | 1 | ReadyForReview | Tue 09:00", 2: "e2 | 1 | ConvertToDraft | Tue 09:00"}
        reviews = {1: "v1 | 1 | Wed 09:00 | CHANGES_REQUESTED", 2: "v2 | 1 | Wed 09:00 | COMMENTED"}
        check(
            pull_requests="pr | opened | merged | is_draft\n1 | Mon 09:00 | Fri 09:00 | yes",
            timeline_events="\n".join(["id | pr | kind | at", *(events[each] for each in order)]),
            reviews="\n".join(["id | pr | at | state", *(reviews[each] for each in order)]),
            expected="""
                pr | ready_at  | draft_review_at | review_rounds
                1  | Fri 09:00 | Wed 09:00       | 2
            """,
        )


def test_an_ai_reviewer_counts_from_the_opening_on_and_comments_on_lines_up_to_the_merge() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        timeline_events="pr | kind | at\n1 | ReadyForReview | Tue 09:00",
        reviews="pr | by | at\n1 | coderabbitai | Mon 10:00",
        review_comments="""
            pr | by  | at
            1  | bob | Wed 09:00
            1  | bob | Sat 09:00
        """,
        expected="""
            pr | is_ai_reviewed | first_ai_response_at | review_comments_count
            1  | yes            | -                    | 1
        """,
    )


def test_an_open_draft_that_nobody_reviewed_is_not_ready() -> None:
    check(
        pull_requests="""
            pr | opened    | is_draft
            1  | Mon 09:00 | yes
        """,
        comments="""
            pr | at
            1  | Tue 09:00
        """,
        expected="""
            pr | ready_at | first_response_at | first_response_hours
            1  | -        | -                 | -
        """,
    )


def test_a_draft_merged_without_review_was_ready_when_it_was_merged() -> None:
    check(
        pull_requests="""
            pr | opened    | merged    | is_draft
            1  | Mon 09:00 | Tue 09:00 | yes
        """,
        commits="""
            pr | authored
            1  | Mon 08:00
        """,
        expected="""
            pr | ready_at  | coding_hours | unreviewed_hours | cycle_time_hours
            1  | Tue 09:00 | 25           | 0                | 25
        """,
    )


def test_the_authors_own_comments_and_reviews_are_no_answer() -> None:
    check(
        pull_requests="""
            pr | by  | opened    | merged
            1  | ann | Mon 09:00 | Fri 09:00
        """,
        comments="""
            pr | by  | at
            1  | Ann | Mon 10:00
            1  | bob | Mon 12:00
        """,
        reviews="""
            pr | by  | at        | state
            1  | ann | Mon 11:00 | COMMENTED
            1  | cid | Mon 14:00 | COMMENTED
        """,
        expected="""
            pr | first_response_at | first_review_at
            1  | Mon 12:00         | Mon 14:00
        """,
    )


def test_bots_answer_nobody_whether_by_type_by_login_or_by_the_shipped_list() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        comments="""
            pr | by       | author_kind | at
            1  | DrahtBot | User        | Mon 09:00
            1  | ci[bot]  | User        | Mon 09:01
            1  | vercel   | Bot         | Mon 09:02
            1  | bob      | User        | Mon 17:00
        """,
        reviews="""
            pr | by           | author_kind | at        | state
            1  | coderabbitai | Bot         | Mon 09:05 | APPROVED
            1  | bob          | User        | Mon 18:00 | COMMENTED
        """,
        expected="""
            pr | first_response_at | first_review_at | approved_at | first_ai_response_at
            1  | Mon 17:00         | Mon 18:00       | -           | Mon 09:05
        """,
    )


def test_a_bot_of_the_teams_own_list_is_one_and_a_person_may_overrule_the_rules() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        people="""
            login    | is_bot
            acme-qa  | yes
            drahtbot | no
        """,
        reviews="""
            pr | by       | at
            1  | acme-qa  | Mon 10:00
            1  | drahtbot | Mon 11:00
        """,
        expected="""
            pr | first_review_at
            1  | Mon 11:00
        """,
    )


def test_a_deleted_account_is_the_person_ghost_and_counts() -> None:
    check(
        pull_requests="""
            pr | by    | opened    | merged
            1  | ghost | Mon 09:00 | Fri 09:00
            2  | ann   | Mon 09:00 | Fri 09:00
        """,
        reviews="""
            pr | by    | at
            1  | ghost | Mon 10:00
            1  | bob   | Mon 11:00
            2  | ghost | Mon 12:00
        """,
        expected="""
            pr | author_login | is_bot | first_review_at
            1  | ghost        | no     | Mon 11:00
            2  | ann          | no     | Mon 12:00
        """,
    )


def test_an_approval_is_the_first_one_by_another_human_and_may_be_the_first_review() -> None:
    check(
        pull_requests="""
            pr | by  | opened    | merged
            1  | ann | Mon 09:00 | Fri 09:00
            2  | ann | Mon 09:00 | Fri 09:00
        """,
        reviews="""
            pr | by  | at        | state
            1  | bob | Mon 10:00 | CHANGES_REQUESTED
            1  | ann | Mon 11:00 | APPROVED
            1  | bob | Tue 10:00 | APPROVED
            1  | cid | Wed 10:00 | APPROVED
            2  | bob | Tue 09:00 | APPROVED
        """,
        expected="""
            pr | first_review_at | approved_at | review_hours | merge_hours
            1  | Mon 10:00       | Tue 10:00   | 24           | 71
            2  | Tue 09:00       | Tue 09:00   | 0            | 72
        """,
    )


def test_a_pending_review_is_its_writers_draft_and_a_dismissed_one_was_a_review_but_no_approval() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        reviews="""
            pr | at        | state
            1  | -         | PENDING
            1  | Tue 09:00 | DISMISSED
        """,
        expected="""
            pr | first_review_at | approved_at
            1  | Tue 09:00       | -
        """,
    )


def test_what_comes_after_the_merge_did_not_lead_to_it() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        comments="""
            pr | at
            1  | Sat 09:00
        """,
        reviews="""
            pr | at        | state
            1  | Sat 10:00 | APPROVED
        """,
        expected="""
            pr | first_response_at | first_review_at | approved_at | is_reviewed | unreviewed_hours
            1  | -                 | -               | -           | no          | 96
        """,
    )


def test_a_comment_while_it_is_a_draft_is_not_the_first_response() -> None:
    check(
        pull_requests=OPENED_AND_MERGED,
        timeline_events="""
            pr | kind           | at
            1  | ReadyForReview | Tue 09:00
        """,
        comments="""
            pr | at
            1  | Mon 12:00
            1  | Tue 13:00
        """,
        expected="""
            pr | ready_at  | first_response_at | first_response_hours
            1  | Tue 09:00 | Tue 13:00         | 4
        """,
    )


def test_rows_in_any_order_give_the_same_anchors() -> None:
    for order in (("Mon 10:00", "Tue 10:00"), ("Tue 10:00", "Mon 10:00")):
        check(
            pull_requests=OPENED_AND_MERGED,
            reviews=f"""
                pr | at
                1  | {order[0]}
                1  | {order[1]}
            """,
            expected="""
                pr | first_review_at
                1  | Mon 10:00
            """,
        )


def test_generated_files_do_not_count_to_the_size() -> None:
    check(
        pull_requests="""
            pr | opened    | additions | deletions
            1  | Mon 09:00 | 1000      | 20
            2  | Mon 09:00 | 30        | 5
        """,
        files="""
            pr | path              | additions | deletions
            1  | package-lock.json | 900       | 10
            1  | vendor/lib.c      | 60        | 0
            1  | src/app.ts        | 40        | 10
        """,
        expected="""
            pr | size_lines
            1  | 50
            2  | 35
        """,
    )


def test_a_round_begins_with_the_first_review_and_with_each_that_follows_a_push_or_a_request_for_changes() -> None:
    check(
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Fri 09:00
            2  | Mon 09:00 | Fri 09:00
            3  | Mon 09:00 | Fri 09:00
        """,
        reviews="""
            pr | by  | at        | state
            1  | bob | Mon 10:00 | COMMENTED
            1  | cid | Mon 11:00 | COMMENTED
            1  | bob | Tue 10:00 | APPROVED
            1  | bob | Sat 10:00 | COMMENTED
            2  | bob | Mon 10:00 | CHANGES_REQUESTED
            2  | cid | Mon 11:00 | CHANGES_REQUESTED
            2  | bob | Mon 12:00 | APPROVED
        """,
        commits="""
            pr | authored  | committed
            1  | Mon 08:00 | Mon 08:00
            1  | Mon 20:00 | Mon 20:00
        """,
        timeline_events="""
            pr | kind               | at
            1  | HeadRefForcePushed | Fri 20:00
        """,
        expected="""
            pr | review_rounds
            1  | 2
            2  | 2
            3  | -
        """,
    )


def test_a_pr_is_reverted_by_a_later_merged_one_that_names_it_by_body_branch_or_title() -> None:
    check(
        pull_requests="""
            pr | title           | head_ref            | body                 | opened    | merged
            1  | One             | one                 | -                    | Mon 09:00 | Mon 10:00
            2  | Two             | two                 | -                    | Mon 09:00 | Mon 10:00
            3  | Three           | three               | -                    | Mon 09:00 | Mon 10:00
            4  | Four            | four                | -                    | Mon 09:00 | Mon 10:00
            5  | Five            | five                | -                    | Mon 09:00 | Mon 10:00
            6  | Take back one   | back                | Reverts acme/api#1   | Tue 09:00 | Tue 10:00
            7  | Take back two   | revert-2-two        | -                    | Tue 09:00 | Tue 10:00
            8  | Revert "Three"  | three-again         | -                    | Tue 09:00 | Tue 10:00
            9  | Revert "Four"   | revert-4-four       | Reverts acme/api#4   | Tue 09:00 | -
            10 | Follow another  | other               | Reverts other/repo#5 | Tue 09:00 | Tue 10:00
        """,
        expected="""
            pr | is_reverted
            1  | yes
            10 | no
            2  | yes
            3  | yes
            4  | no
            5  | no
            6  | no
            7  | no
            8  | no
            9  | no
        """,
    )


def test_spaces_tabs_and_several_numbers_in_a_body_name_what_is_reverted() -> None:
    check(
        pull_requests="""
            pr | title     | body                                 | opened    | merged
            1  | One       | -                                    | Mon 09:00 | Mon 10:00
            2  | Two       | -                                    | Mon 09:00 | Mon 10:00
            3  | Three     | -                                    | Mon 09:00 | Mon 10:00
            4  | Four      | -                                    | Mon 09:00 | Mon 10:00
            5  | Back one  | Reverts  #1                          | Tue 09:00 | Tue 10:00
            6  | Back two  | Reverts\tACME/api#2                  | Tue 09:00 | Tue 10:00
            7  | Revert #3 | It broke. Not like what Reverts #4   | Tue 09:00 | Tue 10:00
        """,
        expected="""
            pr | is_reverted
            1  | yes
            2  | yes
            3  | yes
            4  | no
            5  | no
            6  | no
            7  | no
        """,
    )


def test_the_newest_sign_of_life_is_the_last_activity() -> None:
    check(
        pull_requests="""
            pr | opened
            1  | Mon 09:00
            2  | Mon 09:00
        """,
        comments="""
            pr | by     | at
            1  | ci-bot | Tue 09:00
        """,
        timeline_events="""
            pr | kind    | at
            1  | Labeled | Wed 09:00
        """,
        expected="""
            pr | last_activity_at
            1  | Wed 09:00
            2  | Mon 09:00
        """,
    )


DISMISSED = """
    pr | id | by  | at        | state
    1  | v1 | bob | Mon 12:00 | {first}
    1  | v2 | bob | Wed 12:00 | {second}
    2  | v3 | cat | Tue 12:00 | COMMENTED
"""
TWO = """
    pr | opened    | merged
    1  | Mon 09:00 | Thu 12:00
    2  | Mon 09:00 | Thu 12:00
"""
ANCHORS = """
    pr | approved_at | review_hours | merge_hours | review_rounds
    1  | {approved}  | {review}     | {merge}     | {rounds}
    2  | -           | 48           | -           | 1
"""


def test_an_approval_that_was_dismissed_was_one_until_then() -> None:
    expected = ANCHORS.format(approved="Mon 12:00", review=0, merge=72, rounds=1)
    check(
        pull_requests=TWO,
        reviews=DISMISSED.format(first="DISMISSED", second="COMMENTED"),
        timeline_events="""
            pr | kind            | subject | previous_value | at
            1  | ReviewDismissed | v1      | APPROVED       | Tue 12:00
        """,
        expected=expected,
    )


def test_a_request_for_changes_that_was_dismissed_opened_its_round() -> None:
    expected = ANCHORS.format(approved="Wed 12:00", review=48, merge=24, rounds=2)
    check(
        pull_requests=TWO,
        reviews=DISMISSED.format(first="DISMISSED", second="APPROVED"),
        timeline_events="""
            pr | kind            | subject | previous_value    | at
            1  | ReviewDismissed | -       | CHANGES_REQUESTED | Wed 11:00
        """,
        expected=expected,
    )


def test_dismissals_that_name_no_review_belong_to_the_dismissed_ones_in_their_order() -> None:
    expected = ANCHORS.format(approved="Wed 12:00", review=48, merge=24, rounds=2)
    check(
        pull_requests=TWO,
        reviews=DISMISSED.format(first="DISMISSED", second="DISMISSED"),
        timeline_events="""
            pr | kind            | subject | previous_value    | at
            1  | ReviewDismissed | -       | CHANGES_REQUESTED | Wed 11:00
            1  | ReviewDismissed | -       | APPROVED          | Thu 10:00
            2  | ReviewDismissed | gone    | APPROVED          | Thu 10:00
        """,
        expected=expected,
    )


def test_a_dismissed_review_of_which_no_event_is_known_is_a_review_and_no_approval() -> None:
    expected = ANCHORS.format(approved="-", review=72, merge="-", rounds=1)
    check(pull_requests=TWO, reviews=DISMISSED.format(first="DISMISSED", second="COMMENTED"), expected=expected)


def test_what_is_dismissed_today_changes_no_number_of_a_past_week() -> None:
    before = make_facts(pull_requests=TWO, reviews=DISMISSED.format(first="CHANGES_REQUESTED", second="APPROVED"))
    after = make_facts(
        pull_requests=TWO,
        reviews=DISMISSED.format(first="DISMISSED", second="DISMISSED"),
        timeline_events="""
            pr | kind            | subject | previous_value    | at
            1  | ReviewDismissed | v1      | CHANGES_REQUESTED | Wed3 09:00
            1  | ReviewDismissed | v2      | APPROVED          | Wed3 09:00
        """,
    )
    weekly = [
        compute_weekly_metrics(facts, compute_pull_request_metrics(facts, AS_OF), AS_OF).sort(
            "week_start", "scope", "scope_id", "metric"
        )
        for facts in (before, after)
    ]
    assert weekly[0].equals(weekly[1])
