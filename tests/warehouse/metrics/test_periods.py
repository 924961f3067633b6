"""Periods and the weeks within them."""

from datetime import date

import polars as pl
import pytest

from warehouse.metrics.periods import lacks_weeks
from warehouse.metrics.weeks import week_of

MONDAY = date(2026, 11, 9)


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize(("uncovered", "lacks"), [("2026-11-02", False), ("2026-11-09", True), ("2026-11-16", False)])
def test_a_week_lacks_what_is_not_fetched_of_it_in_every_zone(timezone: str, uncovered: str, lacks: bool) -> None:
    starts = [date(2026, 11, day) for day in (2, 9, 16)]
    weekly = pl.DataFrame({"week_start": starts, "is_uncovered": [start.isoformat() == uncovered for start in starts]})
    week = week_of(MONDAY, timezone)
    assert lacks_weeks(weekly, week.starts_at, week.ends_at) is lacks
