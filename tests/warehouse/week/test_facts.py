"""The facts of a week rest on weeks that are imported, and on pull requests that lack nothing."""

from dataclasses import replace
from datetime import UTC, date, timedelta

import polars as pl
import pytest

from warehouse import schema
from warehouse.metrics.weeks import week_of
from warehouse.week.compared import Compared
from warehouse.week.facts import COMPARED, WeekData, find_facts

WEEK = week_of(date(2026, 11, 9), "UTC")
FIRST = WEEK.ends_at - timedelta(weeks=8)
ALL = frozenset(COMPARED)


def pull_requests(hours_before: float, hours_now: float, lacking: float | None = None) -> pl.DataFrame:
    """Return 30 merged in the four weeks before and 30 in the last four; of each one more that lacks data, if any."""
    spans = [(FIRST + timedelta(days=1), hours_before), (FIRST + timedelta(days=29), hours_now)]
    made = [(at, hours, True) for at, hours in spans for _ in range(30)]
    made += [(at, lacking, False) for at, _ in spans] if lacking is not None else []
    rows = [
        {
            "pull_request_id": f"PR_{place}",
            "repository_id": "R_1",
            "number": place,
            "merged_at": at,
            "cycle_time_hours": hours,
            "size_lines": 10,
            "is_complete": is_complete,
            "is_bot": False,
            "is_release": False,
        }
        for place, (at, hours, is_complete) in enumerate(made)
    ]
    return schema.frame(schema.pull_request_metrics, rows)


def data(rows: pl.DataFrame) -> WeekData:
    compared = Compared(
        FIRST, FIRST + timedelta(weeks=4), WEEK.ends_at.astimezone(UTC), is_covered=True, whole=ALL, whole_now=ALL
    )
    return WeekData(WEEK, "UTC", rows, compared, pl.DataFrame(schema={"metric": pl.String}), {"R_1": "acme/web"})


def test_figures_beside_a_change_are_of_the_pull_requests_that_are_compared() -> None:
    facts = {fact.subject: fact for fact in find_facts(data(pull_requests(10.0, 20.0, lacking=500.0)))}
    cycle = facts["cycle_time_p50_hours"]
    assert (cycle.before, cycle.now, cycle.n_before, cycle.n) == (10.0, 20.0, 30, 30)
    assert cycle.direction == "up"


@pytest.mark.parametrize("is_whole", [True, False])
def test_nothing_is_said_of_weeks_that_are_not_imported(is_whole: bool) -> None:
    whole = data(pull_requests(10.0, 20.0))
    compared = replace(whole.compared, is_covered=False, whole=frozenset(), whole_now=ALL if is_whole else frozenset())
    subjects = {fact.subject for fact in find_facts(replace(whole, compared=compared))}
    assert ("cycle_time_p50_hours" in subjects) is is_whole
