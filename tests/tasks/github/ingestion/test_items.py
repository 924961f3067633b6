"""What a scan leaves to be fetched."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.github.ingestion.items import plan_items
from tasks.github.pull_requests.scanned import Refetch, ScannedPullRequest
from warehouse.windows import Phase

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
RECENT, HISTORY, INCREMENTAL = Phase
KNOWN = {
    "pull_request_id": pl.String,
    "phase": pl.Int32,
    "updated_at": pl.Datetime("us", "UTC"),
    "state": pl.String,
    "attempts": pl.Int32,
    "is_unsure": pl.Boolean,
}


def found(*pairs: tuple[str, int]) -> list[ScannedPullRequest]:
    """Pull requests with the hours since their update."""
    return [ScannedPullRequest(key, 1, T, T - timedelta(hours=hours), "OPEN") for key, hours in pairs]


def known(*rows: tuple[str, Phase, int, str]) -> pl.DataFrame:
    """Rows of sync_items: id, phase, hours since updatedAt, state."""
    return pl.DataFrame(
        [(key, phase, T - timedelta(hours=hours), state, 0, False) for key, phase, hours, state in rows],
        schema=KNOWN,
        orient="row",
    )


def test_a_first_scan_leaves_all_of_it_in_its_order() -> None:
    plan = plan_items(found(("b", 1), ("a", 2)), known(), RECENT)
    assert plan.to_fetch == ("b", "a")
    assert plan.to_write["pull_request_id"].to_list() == ["b", "a"]
    assert plan.to_write["state"].to_list() == ["pending", "pending"]


def test_what_is_done_at_the_same_update_is_not_fetched_again() -> None:
    plan = plan_items(found(("a", 2), ("b", 3)), known(("a", RECENT, 2, "done"), ("b", RECENT, 3, "pending")), RECENT)
    assert plan.to_fetch == ("b",)
    assert plan.to_write.is_empty()
    assert plan.kept_count == 1


def test_what_was_touched_since_is_fetched_again() -> None:
    plan = plan_items(found(("a", 1)), known(("a", RECENT, 2, "done")), RECENT)
    assert plan.to_fetch == ("a",)
    assert plan.kept_count == 0


def test_what_another_phase_has_done_as_it_is_now_is_left_out() -> None:
    plan = plan_items(
        found(("a", 1), ("b", 2), ("c", 3)), known(("a", RECENT, 1, "done"), ("b", RECENT, 5, "done")), HISTORY
    )
    assert plan.to_fetch == ("b", "c")
    assert plan.kept_count == 0


def test_what_failed_is_tried_again() -> None:
    plan = plan_items(found(("a", 2)), known(("a", RECENT, 2, "failed")), RECENT)
    assert plan.to_fetch == ("a",)
    assert plan.to_write["state"].to_list() == ["pending"]


def test_what_left_the_window_before_it_was_fetched_is_dropped_and_what_was_fetched_stays() -> None:
    plan = plan_items(
        found(), known(("a", RECENT, 2, "pending"), ("b", RECENT, 2, "done"), ("c", HISTORY, 2, "pending")), RECENT
    )
    assert plan.to_drop == ("a",)
    assert plan.kept_count == 1


def test_what_is_done_but_not_for_sure_is_fetched_again_where_it_is_found_and_else_stays() -> None:
    unsure = known(("a", RECENT, 2, "done"), ("b", RECENT, 3, "done")).with_columns(is_unsure=True)
    plan = plan_items(found(("a", 2)), unsure, RECENT)
    assert (plan.to_fetch, plan.to_drop, plan.kept_count) == (("a",), (), 1)


def test_what_is_due_again_is_fetched_behind_what_was_found() -> None:
    again = [Refetch("a", 1, T), Refetch("c", 1, T - timedelta(hours=9))]
    plan = plan_items(
        found(("b", 1), ("a", 2)), known(("a", RECENT, 2, "done"), ("c", RECENT, 9, "done")), INCREMENTAL, again
    )
    assert plan.to_fetch == ("b", "a", "c")


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 5)),
    st.dictionaries(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([RECENT, HISTORY])),
        st.tuples(st.integers(1, 5), st.sampled_from(["pending", "done", "failed"])),
    ),
)
def test_everything_found_is_either_fetched_now_or_was_fetched_at_that_update(
    scanned: dict[str, int], rows: dict[tuple[str, Phase], tuple[int, str]]
) -> None:
    before = known(*((key, phase, hours, state) for (key, phase), (hours, state) in rows.items()))
    plan = plan_items(found(*scanned.items()), before, RECENT)
    for key, hours in scanned.items():
        was_done = any(
            rows[(key, phase)][1] == "done" and rows[(key, phase)][0] <= hours
            for phase in (RECENT, HISTORY)
            if (key, phase) in rows
        )
        assert (key in plan.to_fetch) != was_done
    assert set(plan.to_write["pull_request_id"]) <= set(plan.to_fetch)
    assert not set(plan.to_drop) & set(plan.to_fetch)
