"""Who had it merged: a merge queue and auto-merge merge for whoever asked them to."""

from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from warehouse.metrics.anchors import compute_pull_request_metrics

PEOPLE = """
    login              | kind | is_bot
    github-merge-queue | Bot  | yes
    helper             | User | yes
"""


def check(expected: str, **tables: str) -> None:
    facts = make_facts(people=PEOPLE, **tables)
    metrics = compute_pull_request_metrics(facts, AS_OF).sort("pull_request_id")
    assert draw(metrics, expected) == parse(expected)


def test_who_put_it_into_the_queue_last_merged_it_unless_a_person_merged_past_the_queue() -> None:
    check(
        pull_requests="""
            pr | merged_by_login    | opened    | merged
            1  | github-merge-queue | Mon 09:00 | Mon 12:00
            2  | cat                | Mon 09:00 | Mon 12:00
            3  | github-merge-queue | Mon 09:00 | Mon 12:00
        """,
        timeline_events="""
            pr | kind                  | actor_login        | subject       | at
            1  | AddedToMergeQueue     | ann                | ann           | Mon 10:00
            1  | RemovedFromMergeQueue | github-merge-queue | failed checks | Mon 10:30
            1  | AddedToMergeQueue     | bob                | bob           | Mon 11:00
            1  | AddedToMergeQueue     | cat                | cat           | Mon 13:00
            2  | AddedToMergeQueue     | ann                | ann           | Mon 10:00
        """,
        expected="""
            pr | merged_by_login    | merged_through
            1  | bob                | merge_queue
            2  | cat                | -
            3  | github-merge-queue | -
        """,
    )


def test_who_switched_auto_merge_on_merged_it_unless_it_was_switched_off_again() -> None:
    check(
        pull_requests="""
            pr | merged_by_login | auto_merge_by_login | auto_merge_enabled_at | opened    | merged
            1  | bob             | -                   | -                     | Mon 09:00 | Mon 12:00
            2  | cat             | -                   | -                     | Mon 09:00 | Mon 12:00
            3  | helper          | ann                 | Mon 10:00             | Mon 09:00 | Mon 12:00
            4  | helper          | -                   | -                     | Mon 09:00 | Mon 12:00
        """,
        timeline_events="""
            pr | kind              | actor_login | at
            1  | AutoSquashEnabled | bob         | Mon 10:00
            2  | AutoMergeEnabled  | ann         | Mon 10:00
            2  | AutoMergeDisabled | ann         | Mon 11:00
        """,
        expected="""
            pr | merged_by_login | merged_through
            1  | bob             | auto_merge
            2  | cat             | -
            3  | ann             | auto_merge
            4  | helper          | -
        """,
    )
