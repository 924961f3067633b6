"""The phases: what each is, and that those that exist sum to the cycle time for any pull request."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorded_data import SECP256K1
from tests.warehouse.metrics.recorded import AS_OF as RECORDED_AS_OF
from tests.warehouse.metrics.recorded import read_secp256k1
from tests.warehouse.metrics.tables import AS_OF, FIRST_MONDAY, draw, make_facts, moment, parse
from warehouse.metrics.anchors import compute_anchors, compute_pull_request_metrics
from warehouse.metrics.facts import Facts
from warehouse.metrics.phases import PHASES, add_phases
from warehouse.read_facts import facts_schema

KINDS = ("ReadyForReview", "ConvertToDraft", "Closed", "Reopened", "ReviewRequested", "HeadRefForcePushed")


def check(expected: str, **tables: str) -> None:
    metrics = compute_pull_request_metrics(make_facts(**tables), AS_OF).sort("pull_request_id")
    assert draw(metrics, expected) == parse(expected)


def test_the_four_phases_of_a_reviewed_and_approved_pr_follow_each_other() -> None:
    check(
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Wed 09:00
        """,
        commits="""
            pr | authored
            1  | Mon 06:00
        """,
        reviews="""
            pr | at        | state
            1  | Mon 13:00 | COMMENTED
            1  | Tue 13:00 | APPROVED
        """,
        expected="""
            pr | coding_hours | pickup_hours | review_hours | merge_hours | unreviewed_hours | cycle_time_hours
            1  | 3            | 4            | 24           | 20          | -                | 51
        """,
    )


def test_without_a_review_pickup_and_review_are_null_and_the_wait_is_its_own_phase() -> None:
    check(
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Mon 12:00
        """,
        commits="""
            pr | authored
            1  | Mon 08:00
        """,
        expected="""
            pr | coding_hours | pickup_hours | review_hours | merge_hours | unreviewed_hours | cycle_time_hours
            1  | 1            | -            | -            | -           | 3                | 4
        """,
    )


def test_reviewed_but_never_approved_the_review_runs_to_the_merge() -> None:
    check(
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Tue 09:00
        """,
        commits="""
            pr | authored
            1  | Mon 09:00
        """,
        reviews="""
            pr | at        | state
            1  | Mon 15:00 | CHANGES_REQUESTED
        """,
        expected="""
            pr | coding_hours | pickup_hours | review_hours | merge_hours | unreviewed_hours | cycle_time_hours
            1  | 0            | 6            | 18           | -           | -                | 24
        """,
    )


def test_a_first_commit_authored_after_ready_leaves_no_negative_coding() -> None:
    check(
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Tue 09:00
        """,
        commits="""
            pr | authored
            1  | Mon 20:00
        """,
        expected="""
            pr | coding_hours | unreviewed_hours | cycle_time_hours | time_to_merge_hours
            1  | 0            | 24               | 24               | 24
        """,
    )


def test_without_known_commits_coding_is_null_and_the_cycle_begins_with_ready() -> None:
    check(
        pull_requests="""
            pr | opened    | merged
            1  | Mon 09:00 | Tue 09:00
        """,
        expected="""
            pr | coding_hours | unreviewed_hours | cycle_time_hours
            1  | -            | 24               | 24
        """,
    )


def test_an_open_pr_has_the_phases_that_are_over_and_no_cycle_time() -> None:
    check(
        pull_requests="""
            pr | opened
            1  | Mon 09:00
        """,
        commits="""
            pr | authored
            1  | Mon 08:00
        """,
        reviews="""
            pr | at
            1  | Mon 11:00
        """,
        expected="""
            pr | coding_hours | pickup_hours | review_hours | merge_hours | cycle_time_hours | time_to_merge_hours
            1  | 1            | 2            | -            | -           | -                | -
        """,
    )


times = st.integers(min_value=0, max_value=14 * 86_400).map(lambda seconds: FIRST_MONDAY + timedelta(seconds=seconds))
logins = st.sampled_from(["ann", "bob", "ghost", "drahtbot"])


@st.composite
def any_facts(draw_one: st.DrawFn) -> Facts:
    """Draw a pull request with any history, even an impossible one: merged before it was opened, and so on."""
    key = {"pull_request_id": "1"}
    merged = draw_one(times)
    rows: dict[str, list[dict[str, object]]] = {
        "pull_requests": [{
            "id": "1", "repository_id": "R1", "number": 1, "author_login": draw_one(logins), "author_kind": "User",
            "state": "MERGED", "is_draft": draw_one(st.booleans()), "created_at": draw_one(times), "updated_at": merged,
            "merged_at": merged, "closed_at": merged, "is_complete": True,
        }],
        "commits": [key | {"authored_at": at, "committed_at": at} for at in draw_one(st.lists(times, max_size=3))],
        "reviews": [
            key | {"author_login": by, "author_kind": "User", "submitted_at": at, "state": state}
            for by, at, state in draw_one(
                st.lists(st.tuples(logins, times, st.sampled_from(["APPROVED", "COMMENTED", "CHANGES_REQUESTED"])))
            )
        ],
        "timeline_events": [
            key | {"kind": kind, "created_at": at}
            for kind, at in draw_one(st.lists(st.tuples(st.sampled_from(KINDS), times)))
        ],
    }  # fmt: skip
    empty = make_facts()
    known = ("team_id", "timezone", "has_people_views", "history_start")
    return Facts(
        **{name: getattr(empty, name) for name in known},
        **{
            name: pl.DataFrame(rows[name], schema=facts_schema(name)) if name in rows else getattr(empty, name)
            for name in Facts.__dataclass_fields__
            if name not in known
        },
    )


@settings(max_examples=100, deadline=None)
@given(any_facts())
def test_the_phases_that_exist_sum_exactly_to_the_cycle_time_and_none_is_negative(facts: Facts) -> None:
    row = add_phases(compute_anchors(facts)).row(0, named=True)
    phases = [row[name] for name in PHASES if row[name] is not None]
    assert sum(phases, timedelta()) == row["cycle_time"]
    assert all(phase >= timedelta() for phase in phases)


@settings(max_examples=50, deadline=None)
@given(any_facts())
def test_unreviewed_stands_where_pickup_and_review_are_missing_and_nowhere_else(facts: Facts) -> None:
    row = compute_pull_request_metrics(facts, AS_OF).row(0, named=True)
    is_reviewed = row["first_review_at"] is not None
    assert (row["unreviewed_hours"] is None) == is_reviewed
    assert (row["pickup_hours"] is not None) == (row["review_hours"] is not None) == is_reviewed
    assert row["is_reviewed"] == (is_reviewed or row["draft_review_at"] is not None)


@pytest.mark.skipif(not SECP256K1.exists(), reason=f"the recorded pull requests are not at {SECP256K1}")
def test_the_phases_of_all_real_prs_of_secp256k1_sum_to_the_second() -> None:
    metrics = compute_pull_request_metrics(read_secp256k1(), RECORDED_AS_OF)
    assert metrics.height == 1308
    merged = metrics.filter(pl.col("merged_at").is_not_null())
    assert merged.height == 944
    hours = merged.select(f"{phase}_hours" for phase in PHASES)
    assert hours.select(pl.min_horizontal(pl.all().min())).item() >= 0
    seconds = (hours.sum_horizontal() * 3600).round(3)
    start = pl.min_horizontal("first_commit_at", "ready_at")
    expected = merged.select((pl.col("merged_at") - start).dt.total_seconds()).to_series()
    assert seconds.to_list() == expected.cast(pl.Float64).to_list()


def test_moments_of_the_tables_are_what_they_say() -> None:
    assert moment("Sun2 23:59") == datetime(2026, 8, 16, 23, 59, tzinfo=UTC)
