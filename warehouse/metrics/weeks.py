"""ISO weeks in the team's time zone.

A week begins on Monday 00:00 local time, inclusive, and ends when the next begins, exclusive. In a week in which the
clocks change it is an hour longer or shorter.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl


@dataclass(frozen=True)
class Week:
    """One week `[starts_at, ends_at)`, named by its Monday; the timestamps are UTC."""

    start: date
    starts_at: datetime
    ends_at: datetime

    def is_over(self, as_of: datetime) -> bool:
        return self.ends_at <= as_of


def week_name(start: date) -> str:
    """Return the name of the week of a day in ISO 8601: `2026-W32`."""
    year, week, _ = start.isocalendar()
    return f"{year}-W{week:02d}"


def plan_weeks(first: datetime, as_of: datetime, timezone: str) -> list[Week]:
    """Return every week from the one that holds `first` to the one that holds `as_of`."""
    start, last = monday_of(first, timezone), monday_of(as_of, timezone)
    count = (last - start).days // 7 + 1
    return [week_of(start + timedelta(weeks=index), timezone) for index in range(count)]


def monday_of(timestamp: datetime, timezone: str) -> date:
    local = timestamp.astimezone(ZoneInfo(timezone)).date()
    return local - timedelta(days=local.weekday())


def week_start(column: str, timezone: str) -> pl.Expr:
    """Return the Monday of a column of UTC timestamps, as `monday_of` does."""
    local = pl.col(column).dt.convert_time_zone(timezone).dt.date()
    return local - pl.duration(days=local.dt.weekday() - 1)


def week_of(start: date, timezone: str) -> Week:
    """Return the week that begins on the Monday `start`."""

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)

    return Week(start, midnight(start), midnight(start + timedelta(weeks=1)))


def last_week(timezone: str, now: datetime) -> date:
    """Return the Monday of the last week that is over."""
    return monday_of(now, timezone) - timedelta(weeks=1)
