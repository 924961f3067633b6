"""Open pull requests that wait for a first review."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.warehouse.insights.team import look
from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse.insights import waiting_pull_requests
from warehouse.insights.evidence import Finding

REPOSITORY = "repo | full_name\nR1 | acme/api"


def find(as_of: datetime = AS_OF, **tables: str) -> list[Finding]:
    return waiting_pull_requests.find(look(make_facts(repositories=REPOSITORY, **tables), as_of))


def test_those_that_wait_are_counted_and_the_longest_is_named() -> None:
    [finding] = find(
        pull_requests="""
            pr | opened
            1  | Thu2 00:00
            2  | Mon2 00:00
            3  | Tue3 12:00
        """
    )
    assert finding.title == (
        "2 pull requests have waited over 2 days for a first review; the longest, acme/api#2, for 9 days."
    )
    assert finding.pull_request_ids == ["2", "1"]
    assert finding.value == 216


def test_nothing_waits_longest_while_what_is_open_and_older_is_not_fetched() -> None:
    facts = make_facts(repositories=REPOSITORY, pull_requests="pr | opened\n1 | Mon2 00:00")
    assert waiting_pull_requests.find(look(facts, AS_OF))
    between = replace(facts, history_start=AS_OF - timedelta(days=365))
    assert waiting_pull_requests.find(look(between, AS_OF)) == []


def test_a_draft_that_was_reviewed_waits_from_ready_on() -> None:
    [finding] = find(
        pull_requests="pr | opened\n1 | Mon 00:00",
        timeline_events="pr | kind | at\n1 | ReadyForReview | Mon2 00:00",
        reviews="pr | at\n1 | Tue 00:00",
    )
    assert finding.value == 216


def test_one_that_waits_is_named_alone() -> None:
    [finding] = find(
        pull_requests="""
            pr | opened
            1  | Mon2 00:00
        """
    )
    assert finding.title == "acme/api#1 has waited 9 days for its first review."


def test_reviewed_closed_draft_and_bots_pull_requests_do_not_wait() -> None:
    assert find(
        pull_requests="""
            pr | by      | opened     | closed     | is_draft
            1  | ann     | Mon2 00:00 | -          | no
            2  | ann     | Mon2 00:00 | Tue2 00:00 | no
            3  | ann     | Mon2 00:00 | -          | yes
            4  | rustbot | Mon2 00:00 | -          | no
        """,
        reviews="""
            pr | at
            1  | Tue2 00:00
        """,
    ) == []  # fmt: skip


def test_those_that_nobody_has_touched_for_90_days_wait_no_more() -> None:
    tables = {
        "pull_requests": """
            pr | opened
            1  | Mon2 00:00
            2  | Mon2 00:00
        """,
        "comments": """
            pr | at
            1  | Mon9 00:00
        """,
    }
    [finding] = find(AS_OF + timedelta(weeks=14), **tables)
    assert finding.pull_request_ids == ["1"]
    assert finding.detail.endswith("are left out, and so is 1 that nobody has touched for 90 days.")
    assert find(AS_OF + timedelta(weeks=30), **tables) == []


def test_a_review_by_a_bot_or_by_the_author_does_not_end_the_wait() -> None:
    [finding] = find(
        pull_requests="""
            pr | by  | opened
            1  | ann | Mon2 00:00
        """,
        reviews="""
            pr | by           | at
            1  | coderabbitai | Mon2 01:00
            1  | ann          | Mon2 02:00
        """,
    )
    assert finding.pull_request_ids == ["1"]


def test_the_wait_begins_when_it_leaves_draft() -> None:
    assert find(
        pull_requests="""
            pr | opened
            1  | Mon2 00:00
        """,
        timeline_events="""
            pr | kind           | at
            1  | ReadyForReview | Tue3 00:00
        """,
    ) == []  # fmt: skip
