"""Durations in a team's working hours, beside those of the clock: nights, weekends and holidays do not count.

`count_until` turns each timestamp into the working time that had passed by then, since a day before all of them. The
difference of two such times is the working time between them, so phases in working hours sum as those of the clock do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from warehouse.metrics.facts import TIMESTAMP, Facts

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKING_HOURS, HOLIDAY = "working-hours", "holiday"


class InvalidWorkingHours(ValueError):
    """Text that names no days, or no hours."""


@dataclass(frozen=True)
class WorkingHours:
    """The working days (0 is Monday) and hours of a team in its time zone; holidays are not worked on."""

    timezone: str
    days: frozenset[int]
    starts: time
    ends: time
    holidays: frozenset[date] = frozenset()

    @classmethod
    def of(cls, facts: Facts) -> "WorkingHours | None":
        """Return the working hours that the team set; None if it set none."""
        values = facts.team_settings.select("name", "value")
        texts = values.filter(pl.col("name") == WORKING_HOURS)["value"].to_list()
        holidays = values.filter(pl.col("name") == HOLIDAY)["value"].to_list()
        return parse_working_hours(texts[0], facts.timezone, holidays) if texts else None

    def count_until(self, rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """Replace each column of timestamps by the working time until then; NULL stays NULL."""
        bounds = rows.select(pl.min_horizontal(pl.col(columns).min()), first=pl.max_horizontal(pl.col(columns).max()))
        first, last = bounds.row(0)
        if first is None:
            return rows.with_columns(pl.col(columns).cast(pl.Int64).cast(pl.Duration("us")))
        calendar = self._calendar(self._day_of(first), self._day_of(last))
        for column in columns:
            rows = self._count_one(rows, column, calendar)
        return rows

    def _count_one(self, rows: pl.DataFrame, column: str, calendar: pl.DataFrame) -> pl.DataFrame:
        day = pl.col(column).dt.convert_time_zone(self.timezone).dt.date()
        placed = rows.with_columns(_day=day).join(calendar, on="_day", how="left", maintain_order="left")
        within = pl.min_horizontal(column, "_ends") - pl.min_horizontal(column, "_starts")
        counted = pl.when(pl.col(column).is_not_null()).then(pl.col("_before") + within)
        return placed.with_columns(counted.alias(column)).drop("_day", "_before", "_starts", "_ends")

    def _day_of(self, timestamp: datetime) -> date:
        return timestamp.astimezone(ZoneInfo(self.timezone)).date()

    def _calendar(self, first: date, last: date) -> pl.DataFrame:
        """Return one row per day: working time before it, when work begins and when it ends (at once on a free day)."""
        zone, before, rows = ZoneInfo(self.timezone), timedelta(), []
        for place in range((last - first).days + 1):
            day = first + timedelta(days=place)
            starts, ends = (datetime.combine(day, at, zone).astimezone(UTC) for at in (self.starts, self.ends))
            if day.weekday() not in self.days or day in self.holidays:
                ends = starts
            # Hours that a change of the clocks skips do not count.
            ends = max(starts, ends)
            rows.append((day, before, starts, ends))
            before += ends - starts
        types = {"_day": pl.Date(), "_before": pl.Duration("us"), "_starts": TIMESTAMP, "_ends": TIMESTAMP}
        return pl.DataFrame(rows, schema=types, orient="row")


def parse_working_hours(text: str, timezone: str, holidays: Sequence[str] = ()) -> WorkingHours:
    """Parse `mon-fri 9-17` or `mon,tue,thu 8:30-16:00`; raise InvalidWorkingHours for anything else."""
    days, _, hours = text.strip().lower().partition(" ")
    try:
        starts, ends = (_parse_time(part) for part in hours.strip().split("-"))
        found = frozenset(day for part in days.split(",") for day in _parse_days(part))
    except ValueError:
        raise InvalidWorkingHours(text) from None
    if not starts < ends:
        raise InvalidWorkingHours(text)
    return WorkingHours(timezone, found, starts, ends, frozenset(map(date.fromisoformat, holidays)))


def _parse_days(part: str) -> list[int]:
    first, _, last = part.strip().partition("-")
    start = DAYS.index(first)
    count = (DAYS.index(last) - start) % len(DAYS) if last else 0
    return [(start + place) % len(DAYS) for place in range(count + 1)]


def _parse_time(part: str) -> time:
    hour, _, minute = part.strip().partition(":")
    return time(int(hour), int(minute or 0))
