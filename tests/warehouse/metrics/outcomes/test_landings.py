"""Pull requests that a bot landed itself and then closed count as merged, and say so."""

from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from warehouse.metrics.anchors import compute_pull_request_metrics

CLOSED = """
    pr | title                           | labels        | opened    | closed
    1  | [Merged by Bors] - Add a parser | -             | Mon 09:00 | Mon 12:00
    2  | Speed the parser up             | merged, cla   | Mon 09:00 | Mon 12:00
    3  | Tidy the parser                 | -             | Mon 09:00 | Mon 12:00
    4  | Given up                        | Not merged    | Mon 09:00 | Mon 12:00
    5  | Landed: describe the parser     | in-main       | Mon 09:00 | Mon 12:00
"""
CLOSINGS = """
    pr | kind   | actor_login | subject     | at
    3  | Closed | ann         | -           | Mon 10:00
    3  | Closed | lander      | c0ffee1     | Mon 12:00
    4  | Closed | ann         | acme/api#5  | Mon 12:00
"""


def check(expected: str, **tables: str) -> None:
    metrics = compute_pull_request_metrics(make_facts(**tables), AS_OF).sort("pull_request_id")
    assert draw(metrics, expected) == parse(expected)


def test_a_title_a_label_or_the_commit_that_closed_it_say_that_it_was_merged() -> None:
    check(
        pull_requests=CLOSED,
        timeline_events=CLOSINGS,
        expected="""
            pr | state  | merged_at | landed_by | merged_through | merged_by_login | cycle_time_hours
            1  | MERGED | Mon 12:00 | title     | bot            | -               | 3
            2  | MERGED | Mon 12:00 | label     | bot            | -               | 3
            3  | MERGED | Mon 12:00 | commit    | bot            | lander          | 3
            4  | CLOSED | -         | -         | -              | -               | -
            5  | CLOSED | -         | -         | -              | -               | -
        """,
    )


def test_a_team_names_its_own_titles_and_labels_and_can_switch_off_what_is_told() -> None:
    check(
        pull_requests=CLOSED,
        timeline_events=CLOSINGS,
        team_settings="""
            name         | value
            landed-title | LANDED:
            landed-label | not *
            off          | landed
            unknown      | x
        """,
        expected="""
            pr | landed_by
            1  | -
            2  | -
            3  | -
            4  | label
            5  | title
        """,
    )


def test_a_commit_of_another_merged_pull_request_has_replaced_it_not_landed_it() -> None:
    check(
        pull_requests="""
            pr | merge_commit_oid | opened    | merged    | closed
            1  | -                | Mon 09:00 | -         | Mon 12:00
            2  | -                | Mon 09:00 | -         | Mon 12:00
            3  | c0ffee1          | Mon 09:00 | Mon 12:00 | Mon 12:00
        """,
        commits="""
            pr | oid     | authored
            3  | c0ffee2 | Mon 08:00
        """,
        timeline_events="""
            pr | kind   | actor_login | subject | at
            1  | Closed | ann         | c0ffee1 | Mon 12:00
            2  | Closed | ann         | c0ffee2 | Mon 12:00
        """,
        expected="""
            pr | state
            1  | CLOSED
            2  | CLOSED
            3  | MERGED
        """,
    )


def test_one_that_is_open_again_and_one_that_github_merged_are_left_as_they_are() -> None:
    check(
        pull_requests="""
            pr | labels | opened    | merged    | closed
            1  | Merged | Mon 09:00 | -         | -
            2  | Merged | Mon 09:00 | Mon 10:00 | Mon 10:00
        """,
        expected="""
            pr | state  | landed_by | merged_through
            1  | OPEN   | -         | -
            2  | MERGED | -         | -
        """,
    )
