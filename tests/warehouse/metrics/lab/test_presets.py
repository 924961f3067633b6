"""Each rule of another tool, drawn: the cases that its code or page tells, and what it makes of them.

`moved` shows what differs from ours: hours here, hours there, and why.
"""

import re
from datetime import timedelta

import pytest

from tests.warehouse.metrics.tables import AS_OF, FIRST_MONDAY, make_facts, parse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.lab.compare import OURS, Definition, compare
from warehouse.metrics.lab.presets import PRESETS, TOOLS
from warehouse.metrics.lab.rules import BOT_NAME
from warehouse.metrics.registry import BY_NAME


def apply(metric: str, **tables: str) -> dict[str, Definition]:
    """Compute the metric of the two weeks from Monday under each definition."""
    facts = make_facts(**tables)
    measured = compute_pull_request_metrics(facts, AS_OF)
    period = (FIRST_MONDAY, FIRST_MONDAY + timedelta(weeks=2))
    return {one.tool: one for one in compare(BY_NAME[metric], facts, measured, *period)}


def check(definition: Definition, expected: str, *, value: float | None, n: int) -> None:
    """Check what moved, its value by the tool's own average, and how many it counts."""
    rows = parse(expected)
    found = [
        dict(zip(("pr", "how", "here", "there", "why"), (key, how, say(ours), say(theirs), why), strict=True))
        for key, how, ours, theirs, why in definition.moved.iter_rows()
    ]
    assert found == rows
    assert definition.value == (value if value is None else pytest.approx(value))
    assert definition.n == n


def say(hours: float | None) -> str:
    return "-" if hours is None else f"{hours:.4f}".rstrip("0").rstrip(".")


PICKUP = {
    "pull_requests": """
        pr | by     | author_kind | opened    | merged     | closed
        1  | ann    | User        | Mon 00:00 | Tue 00:00  | -
        2  | ann    | User        | Mon 00:00 | Tue 00:00  | -
        3  | ann    | User        | Mon 00:00 | Wed 00:00  | -
        4  | bob    | User        | Mon 00:00 | -          | Wed 00:00
        5  | renovate | Bot       | Mon 00:00 | Tue 00:00  | -
    """,
    "comments": """
        pr | by     | author_kind | at
        1  | acme   | Bot         | Mon 01:00
        1  | ann    | User        | Mon 02:00
        3  | ann    | User        | Mon 01:00
        5  | cid    | User        | Mon 10:00
    """,
    "reviews": """
        pr | by     | author_kind | at        | state
        1  | bob    | User        | Mon 08:00 | COMMENTED
        2  | bob    | User        | Mon 06:00 | APPROVED
        4  | ann    | User        | Mon 05:00 | COMMENTED
    """,
}


def test_devlake_counts_bots_leaves_out_what_is_not_merged_and_adds_0_for_no_answer() -> None:
    check(
        apply("first_response_p50_hours", **PICKUP)["DevLake"],
        """
        pr | how     | here | there | why
        5  | in      | -    | 10    | opened by automation, which we count apart; answered by a comment of cid
        1  | changed | 8    | 1     | answered by a comment of acme
        4  | out     | 5    | -     | not merged
        3  | in      | -    | 0     | by our definition it has no such time; nobody answered: counts as 0 h
        """,
        value=(1 + 6 + 0 + 10) / 4,
        n=4,
    )


def test_devlakes_own_case_of_a_commit_a_day_before_a_comment_after_5_minutes_and_a_merge_after_an_hour() -> None:
    # backend/plugins/dora/e2e/change_lead_time: pr1 has 1440, 5 and 55 minutes.
    case = {
        "pull_requests": "pr | opened | merged\n1 | Tue 00:00 | Tue 01:00",
        "commits": "pr | authored\n1 | Mon 00:00",
        "comments": "pr | by | at\n1 | bob | Tue 00:05",
    }
    assert apply("coding_p50_hours", **case)["DevLake"].value == 24
    assert apply("pickup_p50_hours", **case)["DevLake"].value == pytest.approx(5 / 60)
    assert apply("review_p50_hours", **case)["DevLake"].value == pytest.approx(55 / 60)
    assert apply("cycle_time_p50_hours", **case)["DevLake"].value == 25


def test_a_first_commit_after_the_opening_is_none_for_devlake_and_0_for_middleware() -> None:
    case = {
        "pull_requests": "pr | opened | merged\n1 | Tue 00:00 | Tue 01:00\n2 | Tue 00:00 | Tue 01:00",
        "commits": "pr | authored\n1 | Tue 00:30\n2 | Mon 22:00",
    }
    found = apply("coding_p50_hours", **case)
    assert (found["DevLake"].value, found["Middleware"].value, found["Middleware"].n) == (1, 1, 2)
    assert apply("cycle_time_p50_hours", **case)["DevLake"].value == pytest.approx((1 + 3) / 2)


def test_middleware_takes_reviews_alone_the_authors_own_too_and_not_those_of_bots() -> None:
    check(
        apply(
            "first_response_p50_hours",
            **PICKUP
            | {
                "reviews": """
                    pr | by       | author_kind | at        | state
                    1  | acme-bot | User        | Mon 01:00 | COMMENTED
                    1  | ann      | User        | Mon 03:00 | COMMENTED
                    1  | bob      | User        | Mon 08:00 | COMMENTED
                    2  | bob      | User        | Mon 06:00 | APPROVED
                """,
                "people": "account_id | login | is_bot\n@acme-bot | acme-bot | yes",
            },
        )["Middleware"],
        """
        pr | how     | here | there | why
        1  | changed | 8    | 3     | answered by a review of ann (the author)
        3  | in      | -    | 0     | by our definition it has no such time; nobody answered: counts as 0 h
        5  | in      | -    | 0     | opened by automation, which we count apart; nobody answered: counts as 0 h
        """,
        value=(3 + 6 + 0 + 0) / 4,
        n=4,
    )


@pytest.mark.parametrize("login", ["test_bot", "test-bot", "my bot", "test_bot_123", "name_bot_suffix", "x[bot]"])
def test_middleware_knows_bots_by_bot_as_a_word_of_the_name(login: str) -> None:

    assert re.search(BOT_NAME, login)
    for person in ("abbott", "robotics", "botany", "talbot"):
        assert not re.search(BOT_NAME, person)


def test_middlewares_rework_is_0_if_the_first_review_approves_and_an_approval_after_the_merge_is_none() -> None:
    case = {
        "pull_requests": """
            pr | opened    | merged
            1  | Mon 00:00 | Tue 00:00
            2  | Mon 00:00 | Tue 00:00
            3  | Mon 00:00 | Tue 00:00
        """,
        "reviews": """
            pr | by  | at        | state
            1  | bob | Mon 06:00 | APPROVED
            2  | bob | Mon 04:00 | CHANGES_REQUESTED
            2  | bob | Mon 10:00 | APPROVED
            3  | bob | Wed 10:00 | APPROVED
        """,
    }
    assert apply("review_p50_hours", **case)["Middleware"].value == pytest.approx((0 + 6 + 0) / 3)
    assert apply("merge_p50_hours", **case)["Middleware"].value == pytest.approx((18 + 14 + 0) / 3)


def test_linearb_runs_to_the_merge_without_an_answer_and_begins_when_a_draft_is_left() -> None:
    check(
        apply(
            "first_response_p50_hours",
            pull_requests="""
                pr | opened    | merged
                1  | Mon 00:00 | Tue 00:00
                2  | Mon 00:00 | Tue 00:00
                3  | Mon 00:00 | Tue 00:00
            """,
            timeline_events="pr | kind | at\n2 | ReadyForReview | Mon 12:00",
            comments="""
                pr | by  | at
                1  | ann | Mon 02:00
                2  | bob | Mon 03:00
                2  | bob | Mon 15:00
                3  | bob | Wed 00:00
            """,
        )["LinearB"],
        """
        pr | how | here | there | why
        1  | in  | -    | 24    | by our definition it has no such time; nobody answered before the merge: runs to it
        3  | in  | -    | 24    | by our definition it has no such time; nobody answered before the merge: runs to it
        """,
        value=(24 + 3 + 24) / 3,
        n=3,
    )


def test_graphites_example_waits_from_publishing_to_the_first_review_and_to_the_merge() -> None:
    # The sequence of its page: a draft, published, A requests changes, B reviews, A approves, merged.
    case = {
        "pull_requests": "pr | by | opened | merged\n1 | ann | Mon 00:00 | Wed 00:00",
        "timeline_events": "pr | kind | at\n1 | ReadyForReview | Mon 10:00",
        "reviews": """
            pr | by  | at        | state
            1  | bob | Mon 14:00 | CHANGES_REQUESTED
            1  | cid | Mon 18:00 | COMMENTED
            1  | bob | Tue 10:00 | APPROVED
        """,
    }
    assert apply("first_review_p50_hours", **case)["Graphite"].value == 4
    assert apply("time_to_merge_p50_hours", **case)["Graphite"].value == 38


def test_graphite_takes_the_median_of_the_authors_medians() -> None:
    found = apply(
        "time_to_merge_p50_hours",
        pull_requests="""
            pr | by  | opened    | merged
            1  | ann | Mon 00:00 | Mon 01:00
            2  | ann | Mon 00:00 | Mon 02:00
            3  | ann | Mon 00:00 | Mon 03:00
            4  | bob | Mon 00:00 | Mon 10:00
            5  | cid | Mon 00:00 | Tue 00:00
        """,
    )
    assert (found[OURS].value, found["Graphite"].value, found["Graphite"].median) == (3, 10, 3)


def test_issue_metrics_ignores_answers_before_ready_bots_by_type_alone_and_counts_what_was_not_merged() -> None:
    check(
        apply(
            "first_response_p50_hours",
            pull_requests="""
                pr | opened    | merged    | closed     | is_draft
                1  | Mon 00:00 | -         | -          | no
                2  | Mon 00:00 | Tue 00:00 | -          | no
                3  | Mon0 00:00 | Tue 00:00 | -         | no
            """,
            timeline_events="pr | kind | at\n1 | ReadyForReview | Mon 12:00",
            comments="""
                pr | by       | author_kind | at
                1  | bob      | User        | Mon 03:00
                1  | bob      | User        | Mon 14:00
                2  | drahtbot | User        | Mon 01:00
                2  | codecov  | Bot         | Mon 00:30
                2  | bob      | User        | Mon 08:00
                3  | bob      | User        | Mon 08:00
            """,
        )["issue-metrics"],
        """
        pr | how     | here | there | why
        3  | out     | 176  | -     | counted when it was opened, on 2026-07-27
        2  | changed | 8    | 1     | answered by a comment of drahtbot
        """,
        value=(2 + 1) / 2,
        n=2,
    )


def test_issue_metrics_begins_with_the_first_event_of_leaving_draft_or_else_with_the_opening() -> None:
    found = apply(
        "first_response_p50_hours",
        pull_requests="""
            pr | opened    | merged | closed | is_draft
            1  | Mon 09:00 | -      | -      | no
            2  | Mon 09:00 | -      | -      | yes
        """,
        timeline_events="pr | kind | at\n1 | ConvertToDraft | Tue 09:00\n1 | ReadyForReview | Wed 09:00",
        comments="pr | by | at\n1 | bob | Wed 10:00\n2 | bob | Mon 12:00",
    )["issue-metrics"]
    assert (found.n, found.value) == (2, pytest.approx((1 + 3) / 2))


def test_middleware_counts_a_review_of_a_draft_which_makes_a_time_negative() -> None:
    tables = {
        "pull_requests": "pr | opened | merged | closed\n1 | Mon 08:00 | Wed 12:00 | -",
        "timeline_events": "pr | kind | at\n1 | ReadyForReview | Tue 09:00",
        "reviews": "pr | by | at | state\n1 | bob | Mon 10:00 | COMMENTED\n1 | bob | Wed 10:00 | APPROVED",
    }
    assert apply("first_response_p50_hours", **tables)["Middleware"].value == pytest.approx(-23.0)
    assert apply("review_p50_hours", **tables)["Middleware"].value == pytest.approx(48.0)


def test_issue_metrics_looks_at_the_first_20_comments_and_no_further() -> None:
    own = "\n".join(f"1 | ann | Mon 01:{minute:02}" for minute in range(20))
    found = apply(
        "first_response_p50_hours",
        pull_requests="pr | opened | merged\n1 | Mon 00:00 | Tue 00:00",
        comments=f"pr | by | at\n{own}\n1 | bob | Mon 09:00",
    )["issue-metrics"]
    check(found, "pr|how|here|there|why\n1 | out | 9 | - | no answer that it counts", value=None, n=0)


def test_every_rule_says_what_it_is_and_where_its_tool_says_so() -> None:
    for metric, rules in PRESETS.items():
        assert BY_NAME[metric].column
        assert {rule.tool for rule in rules} <= set(TOOLS)
        for rule in rules:
            assert rule.sentence.endswith(".")
            assert rule.source.startswith("https://")


def test_without_pull_requests_no_definition_has_a_value() -> None:
    for metric in PRESETS:
        for one in apply(metric).values():
            assert (one.value, one.n, one.moved.height) == (None, 0, 0)
