"""The two windows of an onboarding together are one, without gap or overlap."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.windows import OVERLAP, Window, plan_refresh, plan_windows, subtract_months

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
moments = st.integers(-900 * 86_400, 900 * 86_400).map(lambda seconds: T + timedelta(seconds=seconds))


def days(count: float) -> timedelta:
    return timedelta(days=count)


def test_phase_1_is_the_last_30_days_and_phase_2_the_60_before_them() -> None:
    assert plan_windows(T, 30, 90) == (Window(T - days(30), T), Window(T - days(90), T - days(30)))


def test_a_pull_request_updated_at_the_border_belongs_to_phase_1_alone() -> None:
    first, second = plan_windows(T, 30, 90)
    assert T - days(30) in first
    assert T - days(30) not in second


def test_a_pull_request_updated_at_the_anchor_belongs_to_neither() -> None:
    assert not any(T in window for window in plan_windows(T, 30, 90))


@given(moments, st.integers(1, 60), st.integers(0, 400), moments)
def test_whatever_was_updated_since_the_history_began_falls_in_exactly_one_phase(
    as_of: datetime, days_back: int, more: int, moment: datetime
) -> None:
    first, second = plan_windows(as_of, days_back, days_back + more)
    is_in_history = as_of - days(days_back + more) <= moment < as_of
    assert (moment in first) + (moment in second) == is_in_history


@given(moments, st.integers(1, 60), st.integers(0, 400), moments)
def test_a_live_onboarding_has_no_upper_end_and_its_phase_2_reaches_over_phase_1(
    as_of: datetime, days_back: int, more: int, moment: datetime
) -> None:
    first, second = plan_windows(as_of, days_back, days_back + more, is_live=True)
    assert first.end is None
    assert second.end is None
    assert moment in second or moment not in first


def test_recent_days_can_be_left_out() -> None:
    first, _ = plan_windows(T, 30, 90, skip_recent=2)
    assert first == Window(T - days(30), T - days(2))


@pytest.mark.parametrize(("days_back", "history", "skip"), [(30, 29, 0), (30, 90, 30), (30, 90, -1)])
def test_windows_that_make_no_sense_are_refused(days_back: int, history: int, skip: int) -> None:
    with pytest.raises(ValueError, match="must be at least"):
        plan_windows(T, days_back, history, skip)


def test_a_window_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Window(T, T - days(1))


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [
        ("2026-08-22T12:00Z", 12, "2025-08-22T12:00Z"),
        ("2026-01-15T00:00Z", 1, "2025-12-15T00:00Z"),
        ("2026-03-31T00:00Z", 1, "2026-02-28T00:00Z"),
        ("2024-02-29T00:00Z", 12, "2023-02-28T00:00Z"),
        ("2026-08-22T00:00Z", 27, "2024-05-22T00:00Z"),
    ],
)
def test_months_are_those_of_the_calendar(moment: str, months: int, expected: str) -> None:
    assert subtract_months(datetime.fromisoformat(moment), months) == datetime.fromisoformat(expected)


def test_a_refresh_begins_a_little_before_the_watermark_and_has_no_end() -> None:
    assert plan_refresh(T - days(1), T) == Window(T - days(1) - OVERLAP)


def test_a_refresh_leaves_the_newest_days_out_where_these_are_skipped() -> None:
    assert plan_refresh(T - days(9), T, skip_recent=7) == Window(T - days(9) - OVERLAP, T - days(7))
    assert plan_refresh(T - days(1), T, skip_recent=7).start == plan_refresh(T - days(1), T, skip_recent=7).end
