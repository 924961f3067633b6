"""Which weeks are compared: those that are over and lack nothing."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from tests.warehouse.insights.team import AS_OF_LONG, LONG, Habit, look, make_team
from warehouse.insights.evidence import (
    MAX_LOOK_BACK_WEEKS,
    MAX_WEEKS,
    Evidence,
    WeeksNeeded,
    find_weeks_needed,
    list_complete_weeks,
)

STEADY = Habit("api", prs=3, pickup=5, later=5)


def test_the_running_week_is_never_compared_and_the_last_four_stand_against_those_before() -> None:
    evidence = look(make_team(STEADY))
    assert [week.start for week in evidence.recent] == [
        date(2026, 8, 31),
        date(2026, 9, 7),
        date(2026, 9, 14),
        date(2026, 9, 21),
    ]
    assert [week.start for week in evidence.before] == [
        date(2026, 8, 3),
        date(2026, 8, 10),
        date(2026, 8, 17),
        date(2026, 8, 24),
    ]


def test_a_week_in_which_the_history_of_a_repository_begins_is_left_out() -> None:
    evidence = look(make_team(STEADY, history_from={"api": "Wed 00:00"}))
    assert evidence.before[0].start == date(2026, 8, 10)
    assert len(evidence.before) + len(evidence.recent) == 7


def test_with_one_whole_week_nothing_is_compared() -> None:
    evidence = look(make_team(STEADY, history_from={"api": "Tue7 00:00"}))
    assert (evidence.recent, evidence.before) == ((), ())


def test_a_repository_whose_last_week_lacks_data_is_left_out_and_named() -> None:
    evidence = look(make_team(STEADY, Habit("web", prs=2, pickup=3, later=3), history_from={"web": "Tue8 00:00"}))
    assert evidence.left_out == ("acme/web",)
    assert len(evidence.recent) == 4
    assert set(evidence.compared["repository_id"]) == {"api"}


def know(weeks: int, hours: int) -> Evidence:
    """Return what is known of a team by complete weeks, whose pickup took so many hours more in the recent ones."""
    begin = f"Tue{LONG - weeks} 00:00" if weeks < LONG else "Mon 00:00"
    team = make_team(Habit("api", prs=9, pickup=30, later=30), history_from={"api": begin}, weeks=LONG)
    evidence = look(team, AS_OF_LONG)
    assert len(evidence.recent) + len(evidence.before) == weeks
    is_recent = pl.col("ready_at") >= evidence.recent[0].starts_at
    late = pl.when(is_recent).then(hours).otherwise(0)
    large = pl.when(is_recent).then(900).otherwise(10)
    changed = evidence.pull_requests.with_columns(pickup_hours=pl.col("pickup_hours") + late, size_lines=large)
    return replace(evidence, pull_requests=changed)


def test_a_change_is_said_from_as_many_weeks_on_as_are_needed_and_not_before() -> None:
    needed = find_weeks_needed()
    assert needed == WeeksNeeded(slower=7, quicker=10, shares=12)
    assert [bool(know(weeks, 30).slower) for weeks in (needed.slower - 1, needed.slower)] == [False, True]
    assert [bool(know(weeks, -20).quicker) for weeks in (needed.quicker - 1, needed.quicker)] == [False, True]
    assert [bool(know(weeks, 0).moved) for weeks in (needed.shares - 1, needed.shares)] == [False, True]


@pytest.mark.parametrize(
    ("partial", "first", "count"),
    [((), 9, MAX_WEEKS), ((15,), 8, MAX_WEEKS), ((9, 12, 15, 18), 5, MAX_WEEKS), (range(8, 18), 5, 6)],
)
def test_weeks_that_lack_data_are_replaced_by_those_before_them_within_the_look_back(
    partial: tuple[int, ...], first: int, count: int
) -> None:
    monday = date(2026, 1, 5)
    rows = {
        "week_start": [monday + timedelta(weeks=week) for week in range(1, 21)],
        "is_partial": [week in partial for week in range(1, 21)],
    }
    weekly = pl.DataFrame(rows).with_columns(
        scope=pl.lit("repository"), scope_id=pl.lit("R"), metric=pl.lit("cycle_time_p50_hours"), is_complete=True
    )
    found = list_complete_weeks(weekly, "UTC")
    assert len(found) == count
    assert found[0].start == monday + timedelta(weeks=first)
    assert first > 20 - MAX_LOOK_BACK_WEEKS
