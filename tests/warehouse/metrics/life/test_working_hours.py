"""Durations in a team's working hours."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings

from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from tests.warehouse.metrics.test_phases import any_facts
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.facts import Facts
from warehouse.metrics.life.working_hours import InvalidWorkingHours, parse_working_hours
from warehouse.metrics.phases import PHASES

OFFICE = "name | value\nworking-hours | mon-fri 09:00-17:00"


def test_nights_weekends_and_holidays_do_not_count() -> None:
    facts = make_facts(
        pull_requests="""
            pr | opened    | merged
            1  | Mon 16:00 | Tue 10:00
            2  | Fri 16:00 | Mon2 10:00
            3  | Sat 10:00 | Sun 10:00
            4  | Tue 09:00 | Thu 09:00
        """,
        team_settings=f"{OFFICE}\nholiday | 2026-08-05",
    )
    expected = """
        pr | time_to_merge_hours | time_to_merge_work_hours
        1  | 18                  | 2
        2  | 66                  | 2
        3  | 24                  | 0
        4  | 48                  | 8
    """
    assert draw(compute_pull_request_metrics(facts, AS_OF).sort("pull_request_id"), expected) == parse(expected)


def test_without_working_hours_there_are_none() -> None:
    facts = make_facts(pull_requests="pr | opened | merged\n1 | Mon 16:00 | Tue 10:00")
    assert compute_pull_request_metrics(facts, AS_OF)["time_to_merge_work_hours"].to_list() == [None]


def test_a_working_day_is_that_of_the_zone_also_when_the_clocks_change() -> None:
    hours = parse_working_hours("sat-mon 0-12", "Europe/Berlin")
    midnights = [datetime(2026, 3, day, 23, tzinfo=UTC) for day in (27, 28)] + [datetime(2026, 3, 29, 22, tzinfo=UTC)]
    rows = pl.DataFrame({"at": midnights}, schema={"at": pl.Datetime("us", "UTC")})
    counted = hours.count_until(rows, ["at"])["at"].to_list()
    # On Sunday the clocks go from 2 to 3: the twelve hours are eleven.
    assert [counted[1] - counted[0], counted[2] - counted[1]] == [timedelta(hours=12), timedelta(hours=11)]


@pytest.mark.parametrize(
    ("text", "days", "starts"),
    [("mon-fri 9-17", {0, 1, 2, 3, 4}, 9), ("SUN-THU 8:30-16", {6, 0, 1, 2, 3}, 8), ("mon,wed 0-23:59", {0, 2}, 0)],
)
def test_days_and_hours_are_read_as_people_write_them(text: str, days: set[int], starts: int) -> None:
    found = parse_working_hours(text, "UTC")
    assert (found.days, found.starts.hour) == (days, starts)


@pytest.mark.parametrize("text", ["", "mon-fri", "mon-fri 17-9", "mon-fri 9-25", "someday 9-17", "mon-fri 9"])
def test_what_names_no_days_or_no_hours_is_refused(text: str) -> None:
    with pytest.raises(InvalidWorkingHours):
        parse_working_hours(text, "UTC")


@settings(max_examples=15, deadline=None)
@given(any_facts())
def test_phases_in_working_hours_sum_as_those_of_the_clock_and_none_is_longer(facts: Facts) -> None:
    team_settings = make_facts(team_settings=OFFICE).team_settings
    row = compute_pull_request_metrics(replace(facts, team_settings=team_settings), AS_OF).row(0, named=True)
    phases = [row[f"{name}_work_hours"] for name in PHASES if row[f"{name}_work_hours"] is not None]
    assert sum(phases) == pytest.approx(row["cycle_time_work_hours"] or 0)
    for name in (*PHASES, "cycle_time", "first_response", "first_review"):
        working, clock = row[f"{name}_work_hours"], row[f"{name}_hours"]
        assert (working is None) == (clock is None)
        assert working is None or -1e-9 <= working <= clock + 1e-9


def test_hours_that_a_change_of_the_clocks_leaves_out_are_none() -> None:
    hours = parse_working_hours("mon-sun 2:30-3:00", "Europe/Berlin")
    days = pl.Series([datetime(2026, 3, day, 12, tzinfo=UTC) for day in (28, 29, 30)])
    passed = hours.count_until(pl.DataFrame({"at": days}), ["at"])["at"]
    assert (passed - passed[0]).to_list() == [timedelta(0), timedelta(0), timedelta(minutes=30)]
