"""The events of one pull request, and which of them end a phase."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl

from dashboard.pages.definitions import sequence
from warehouse.connection import Warehouse
from warehouse.reads.events import read_events
from warehouse.schema import commits, frame, pull_requests, reviews, timeline_events
from warehouse.store import Merge, commit

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def pull_request(hours: dict[str, float], **times: float) -> Any:
    phases = dict.fromkeys(("coding", "pickup", "review", "merge", "unreviewed")) | hours
    known = dict.fromkeys(sequence.KINDS) | {name: at(value) for name, value in times.items()}
    return SimpleNamespace(phase_hours=phases, event_times=known)


def events(*rows: tuple[float, str, str | None]) -> pl.DataFrame:
    made = [(at(hours), kind, "ada", detail) for hours, kind, detail in rows]
    return pl.DataFrame(made, schema=["happened_at", "kind", "actor", "detail"], orient="row")


def test_each_anchor_is_one_event_and_ends_the_phase_before_it() -> None:
    one = pull_request(
        {"coding": 2, "pickup": 3, "review": 1, "merge": 4},
        first_commit_at=0, ready_at=2, first_response_at=3, first_review_at=5, approved_at=6, merged_at=10,
    )  # fmt: skip
    one.approved_at = at(6)
    steps = sequence.describe(
        events(
            (0, "commit", "Begin"),
            (1, "commit", "More"),
            (1.5, "commit", "More"),
            (2, "opened", None),
            (2, "ReviewRequested", None),
            (3, "comment", None),
            (5, "review", "COMMENTED"),
            (6, "review", "APPROVED"),
            (10, "merged", None),
        ),
        one,
    )
    assert [(step.title, step.anchors, step.phase) for step in steps] == [
        ("Commit", ("first_commit_at",), None),
        ("Commit and 1 more", (), None),
        ("Opened", ("ready_at",), ("Coding", 2)),
        ("Review requested", (), None),
        ("Comment", ("first_response_at",), None),
        ("Review: commented", ("first_review_at",), ("Waiting for review", 3)),
        ("Review: approved", ("approved_at",), ("In review", 1)),
        ("Merged", ("merged_at",), ("Waiting to merge", 4)),
    ]


def test_without_a_review_the_merge_ends_the_unreviewed_phase() -> None:
    one = pull_request({"coding": 1, "unreviewed": 5}, first_commit_at=0, ready_at=1, merged_at=6)
    one.approved_at = None
    steps = sequence.describe(events((0, "commit", ""), (1, "ReadyForReview", None), (6, "merged", None)), one)
    assert [step.phase for step in steps] == [None, ("Coding", 1), ("Unreviewed", 5)]


def test_the_typical_one_has_its_anchors_in_order() -> None:
    rows = pl.DataFrame(
        {
            "pull_request_id": ["odd", "plain", "incomplete"],
            "cycle_time_hours": [10.0, 30.0, 10.0],
            "is_complete": [True, True, False],
            "is_bot": [False, False, False],
            "opened_at": [at(1)] * 3,
            "first_commit_at": [at(0)] * 3,
            "ready_at": [at(1)] * 3,
            "first_review_at": [None, at(2), at(2)],
            "approved_at": [None, at(3), at(3)],
            "merged_at": [at(4)] * 3,
        }
    )
    assert sequence.choose_typical(rows) == "plain"
    assert sequence.choose_typical(rows.head(1)) == "odd"
    assert sequence.choose_typical(rows.tail(1)) is None


def test_what_is_stored_of_a_pull_request_is_read_once_each(warehouse: Warehouse) -> None:
    key = {"team_id": "t", "pull_request_id": "PR_1"}
    rows = {
        pull_requests: {"id": "PR_1", "team_id": "t", "created_at": at(1), "merged_at": at(9), "closed_at": at(9)},
        commits: {**key, "oid": "a", "authored_at": at(0), "position": 0},
        reviews: {**key, "id": "R_1", "state": "APPROVED", "submitted_at": at(5)},
    }
    merges = [Merge(table, frame(table, [row], row)) for table, row in rows.items()]
    kinds = {"Merged": 9, "Closed": 9, "RenamedTitle": 2}
    told = [{**key, "id": kind, "kind": kind, "created_at": at(hours)} for kind, hours in kinds.items()]
    commit(warehouse, *merges, Merge(timeline_events, frame(timeline_events, told, told[0])))
    found = read_events(warehouse, "t", "PR_1")
    assert found["kind"].to_list() == ["commit", "opened", "RenamedTitle", "review", "merged"]
    assert read_events(warehouse, "other", "PR_1").is_empty()
