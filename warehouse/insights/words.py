"""Durations and weeks in words, rounded to what the data support."""

from collections.abc import Sequence
from datetime import date, timedelta

from warehouse.metrics.weeks import Week
from warehouse.words import plural

HOURS_A_DAY = 24
HOURS_A_YEAR = 365.25 * HOURS_A_DAY


def duration(hours: float) -> str:
    """Say a duration: minutes below 1.5 hours, hours below 2 days, half days below 10, then days, years from 2 on."""
    if hours < 1.5:
        return plural(max(5, round(hours * 60 / 5) * 5), "minute")
    if hours < 2 * HOURS_A_DAY:
        return plural(round(hours), "hour")
    if hours < 10 * HOURS_A_DAY:
        return f"{round(hours / HOURS_A_DAY * 2) / 2:g} days"
    if hours < 2 * HOURS_A_YEAR:
        return plural(round(hours / HOURS_A_DAY), "day")
    return plural(round(hours / HOURS_A_YEAR), "year")


def weeks(chosen: Sequence[Week]) -> str:
    """Name the weeks: "the week of 3 August", "the 4 weeks from 3 August to 30 August", a Sunday."""
    first, last = chosen[0], chosen[-1]
    if len(chosen) == 1:
        return f"the week of {_day(first.start)}"
    return f"the {len(chosen)} weeks from {_day(first.start)} to {_day(last.start + timedelta(days=6))}"


def _day(on: date) -> str:
    return f"{on.day} {on:%B}"
