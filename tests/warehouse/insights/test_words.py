"""Numbers as they are said."""

from datetime import date

import pytest

from warehouse.insights.words import duration, weeks
from warehouse.metrics.weeks import week_of


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0.0, "5 minutes"),
        (0.52, "30 minutes"),
        (1.4, "85 minutes"),
        (1.5, "2 hours"),
        (8.9, "9 hours"),
        (47.4, "47 hours"),
        (48.0, "2 days"),
        (59.0, "2.5 days"),
        (86.0, "3.5 days"),
        (107.5, "4.5 days"),
        (240.0, "10 days"),
        (24 * 4075.0, "11 years"),
    ],
)
def test_a_duration_is_rounded_to_what_the_data_bear(hours: float, words: str) -> None:
    assert duration(hours) == words


def test_weeks_are_named_by_their_mondays() -> None:
    first, second = week_of(date(2026, 8, 3), "UTC"), week_of(date(2026, 8, 10), "UTC")
    assert weeks([first]) == "the week of 3 August"
    assert weeks([first, second]) == "the 2 weeks from 3 August to 16 August"
