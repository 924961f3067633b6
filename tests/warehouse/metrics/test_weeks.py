"""Weeks in the team's time zone, and which of them the data cover."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.warehouse.metrics.tables import AS_OF, draw, make_facts, parse
from warehouse.metrics.coverage import compute_coverage, plan_history
from warehouse.metrics.weeks import monday_of, plan_weeks, week_of, week_start

BERLIN = "Europe/Berlin"


def test_a_pr_merged_on_sunday_night_belongs_to_the_week_that_ends_there() -> None:
    assert monday_of(datetime(2026, 8, 9, 23, 59, 59, tzinfo=UTC), "UTC") == date(2026, 8, 3)
    assert monday_of(datetime(2026, 8, 10, 0, 0, tzinfo=UTC), "UTC") == date(2026, 8, 10)


def test_sunday_night_is_the_teams_not_utcs() -> None:
    late_on_sunday_in_new_york = datetime(2026, 8, 10, 3, 30, tzinfo=UTC)
    assert monday_of(late_on_sunday_in_new_york, "America/New_York") == date(2026, 8, 3)
    assert monday_of(late_on_sunday_in_new_york, "UTC") == date(2026, 8, 10)
    early_on_monday_in_tokyo = datetime(2026, 8, 9, 15, 0, tzinfo=UTC)
    assert monday_of(early_on_monday_in_tokyo, "Asia/Tokyo") == date(2026, 8, 10)


def test_the_week_in_which_clocks_change_is_an_hour_shorter_or_longer() -> None:
    spring, autumn = week_of(date(2026, 3, 23), BERLIN), week_of(date(2026, 10, 19), BERLIN)
    assert spring.ends_at - spring.starts_at == timedelta(days=7, hours=-1)
    assert autumn.ends_at - autumn.starts_at == timedelta(days=7, hours=1)


def test_there_are_no_gaps_between_weeks_and_the_last_one_is_not_over() -> None:
    as_of = datetime(2026, 4, 8, 12, tzinfo=UTC)
    weeks = plan_weeks(datetime(2026, 3, 20, tzinfo=UTC), as_of, BERLIN)
    assert [week.start for week in weeks] == [date(2026, 3, 16), date(2026, 3, 23), date(2026, 3, 30), date(2026, 4, 6)]
    assert all(one.ends_at == following.starts_at for one, following in pairwise(weeks))
    assert [week.is_over(as_of) for week in weeks] == [True, True, True, False]


moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, st.sampled_from(["UTC", BERLIN, "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]))
def test_a_moment_lies_in_the_week_that_polars_and_python_both_name(moment: datetime, timezone: str) -> None:
    week = plan_weeks(moment, moment, timezone)[0]
    assert week.starts_at <= moment < week.ends_at
    column = pl.DataFrame({"at": [moment]}, schema={"at": pl.Datetime("us", "UTC")})
    assert column.select(week_start("at", timezone)).item() == week.start == monday_of(moment, timezone)


def check_coverage(expected: str, **tables: str) -> None:
    facts = make_facts(**tables)
    coverage = compute_coverage(facts, plan_history(facts, AS_OF)).rename({"repository_id": "repo"})
    drawn = draw(coverage.with_columns(pl.col("week_start").dt.strftime("%d %B")), expected)
    assert drawn == parse(expected)


def test_a_week_in_which_the_history_begins_is_partial() -> None:
    check_coverage(
        repositories="""
            repo | from
            R1   | Mon 00:00
            R2   | Wed 12:00
        """,
        expected="""
            repo | week_start | is_partial
            R1   | 03 August  | no
            R1   | 10 August  | no
            R1   | 17 August  | no
            R2   | 03 August  | yes
            R2   | 10 August  | no
            R2   | 17 August  | no
        """,
    )


def test_a_week_that_was_over_after_the_last_scan_is_partial_but_not_the_running_one() -> None:
    check_coverage(
        repositories="""
            repo | until
            R1   | Sat2 12:00
        """,
        expected="""
            repo | week_start | is_partial
            R1   | 03 August  | no
            R1   | 10 August  | yes
            R1   | 17 August  | no
        """,
    )


def test_a_repository_that_was_never_scanned_has_no_whole_week() -> None:
    check_coverage(
        repositories="""
            repo | from      | until
            R1   | Mon 00:00 | Wed3 00:00
            R2   | -         | -
        """,
        expected="""
            repo | week_start | is_partial
            R1   | 03 August  | no
            R1   | 10 August  | no
            R1   | 17 August  | no
            R2   | 03 August  | yes
            R2   | 10 August  | yes
            R2   | 17 August  | yes
        """,
    )


def test_a_pr_that_could_not_be_fetched_makes_the_weeks_partial_in_which_it_may_count() -> None:
    check_coverage(
        repositories="""
            repo
            R1
            R2
            R3
            R4
        """,
        sync_items="""
            repo | opened     | updated    | is_open
            R1   | Tue2 12:00 | Tue2 13:00 | no
            R2   | Tue2 12:00 | Tue2 13:00 | yes
            R3   | -          | Tue2 13:00 | no
            R4   | Tue2 12:00 | Tue2 13:00 | -
        """,
        expected="""
            repo | week_start | is_partial
            R1   | 03 August  | no
            R1   | 10 August  | yes
            R1   | 17 August  | no
            R2   | 03 August  | no
            R2   | 10 August  | yes
            R2   | 17 August  | yes
            R3   | 03 August  | yes
            R3   | 10 August  | yes
            R3   | 17 August  | no
            R4   | 03 August  | no
            R4   | 10 August  | yes
            R4   | 17 August  | yes
        """,
    )
