"""Two periods side by side, when some of their pull requests lack data."""

import polars as pl

from warehouse.metrics.precision.sides import Sides
from warehouse.metrics.registry import BY_NAME

CYCLE = BY_NAME["cycle_time_p50_hours"]


def rows(*groups: tuple[int, float, bool]) -> pl.DataFrame:
    """Return pull requests in groups: how many, their hours, and whether they lack nothing."""
    hours = [hours for count, hours, _ in groups for _ in range(count)]
    complete = [is_complete for count, _, is_complete in groups for _ in range(count)]
    return pl.DataFrame({"cycle_time_hours": hours, "is_complete": complete})


def test_a_change_that_those_without_data_turn_round_is_none() -> None:
    before = rows((50, 10.0, True), (46, 30.0, True), (5, 30.0, False))
    now = rows((46, 10.0, True), (50, 30.0, True), (5, 10.0, False))
    sides = Sides(CYCLE, before, now)
    assert sides.can_be_compared
    assert sides.change() is None
    alone = sides.without_lacking().change()
    assert alone is not None
    assert alone.by == 2.0


def test_a_few_that_lack_data_change_nothing() -> None:
    sides = Sides(CYCLE, rows((50, 10.0, True), (2, 9.0, False)), rows((50, 20.0, True), (2, 90.0, False)))
    found = sides.change()
    assert found is not None
    assert found.by == 1.0
