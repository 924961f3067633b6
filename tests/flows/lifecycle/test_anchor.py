from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.lifecycle.anchor import RESUMABLE, choose_anchor, read_anchor
from tasks.github.api.settings import GitHubSettings
from warehouse.progress import Status

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
SETTINGS = GitHubSettings(token="t", days_back=30, history_days=90)


def team(status: Status, as_of: datetime | None, is_fixed: bool = False) -> dict[str, Any]:
    return {"status": status, "as_of": as_of, "is_as_of_fixed": is_fixed, "days_back": 7, "history_days": 14}


def test_a_first_onboarding_is_anchored_at_now_with_the_days_of_the_settings() -> None:
    anchor = choose_anchor(None, SETTINGS, NOW)
    assert (anchor.as_of, anchor.is_fixed, anchor.days_back, anchor.history_days) == (NOW, False, 30, 90)


def test_a_live_onboarding_has_no_upper_bound_and_a_fixed_one_has() -> None:
    live, _ = choose_anchor(None, SETTINGS, NOW).windows()
    fixed, older = choose_anchor(None, SETTINGS, NOW, as_of=NOW).windows()
    assert live.end is None
    assert (fixed.start, fixed.end) == (NOW - timedelta(days=30), NOW)
    assert (older.start, older.end) == (NOW - timedelta(days=90), NOW - timedelta(days=30))


def test_an_anchor_without_a_zone_is_meant_in_utc() -> None:
    assert choose_anchor(None, SETTINGS, NOW, as_of=datetime(2026, 8, 1)).as_of == datetime(2026, 8, 1, tzinfo=UTC)  # noqa: DTZ001


@pytest.mark.parametrize("status", [Status.FAILED, Status.SYNCING, Status.COMPUTING_INSIGHTS])
def test_an_onboarding_that_stopped_is_resumed_at_its_own_anchor(status: Status) -> None:
    begun = NOW - timedelta(hours=3)
    anchor = choose_anchor(team(status, begun), SETTINGS, NOW)
    assert (anchor.as_of, anchor.is_fixed) == (begun, False)
    assert (anchor.days_back, anchor.history_days) == (30, 90), "settings that were changed meanwhile count"


def test_after_a_day_an_onboarding_that_stopped_starts_over_unless_a_person_chose_its_anchor() -> None:
    begun = NOW - RESUMABLE - timedelta(seconds=1)
    assert choose_anchor(team(Status.FAILED, begun), SETTINGS, NOW).as_of == NOW
    assert choose_anchor(team(Status.FAILED, begun, is_fixed=True), SETTINGS, NOW).as_of == begun


@pytest.mark.parametrize("status", [Status.PHASE1_COMPLETE, Status.COMPLETE, Status.BACKGROUND_SYNCING])
def test_an_onboarding_that_was_finished_is_not_resumed(status: Status) -> None:
    anchor = choose_anchor(team(status, NOW - timedelta(hours=1), is_fixed=True), SETTINGS, NOW)
    assert (anchor.as_of, anchor.is_fixed, anchor.days_back) == (NOW, False, 30)


def test_what_the_caller_asks_for_counts_more_than_what_was_begun() -> None:
    chosen = NOW - timedelta(days=100)
    anchor = choose_anchor(team(Status.FAILED, NOW), SETTINGS, NOW, as_of=chosen, days_back=3, history_days=5)
    assert (anchor.as_of, anchor.is_fixed, anchor.days_back, anchor.history_days) == (chosen, True, 3, 5)


def test_phase_2_takes_the_anchor_that_phase_1_was_done_at() -> None:
    anchor = read_anchor(team(Status.PHASE1_COMPLETE, NOW, is_fixed=True), SETTINGS)
    assert anchor.windows()[1].start == NOW - timedelta(days=14)
    assert anchor.windows()[1].end == NOW - timedelta(days=7)


def test_a_longer_history_is_counted_in_months_and_never_shorter_than_it_was() -> None:
    anchor = read_anchor(team(Status.COMPLETE, NOW), SETTINGS)
    assert anchor.reach(12).history_days == 365
    assert anchor.reach(12).reach(1).history_days == 365
    assert anchor.reach(12).windows()[0] == anchor.windows()[0]


def test_days_that_are_skipped_are_left_out_of_phase_1() -> None:
    settings = GitHubSettings(token="t", skip_recent=2)
    first, second = choose_anchor(None, settings, NOW).windows()
    assert (first.start, first.end) == (NOW - timedelta(days=30), NOW - timedelta(days=2))
    assert second.end == first.start


@pytest.mark.parametrize("as_of", [None, NOW - timedelta(days=100)])
def test_in_one_phase_the_first_covers_all_of_the_history(as_of: datetime | None) -> None:
    anchor = choose_anchor(None, SETTINGS, NOW, as_of=as_of, history_days=90).in_one_phase()
    first, second = anchor.windows()
    assert first.start == second.start == anchor.as_of - timedelta(days=90)
