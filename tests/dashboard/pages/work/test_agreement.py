"""Beside the agreement stands how often the model changes its answer."""

import polars as pl

from dashboard.pages.work.agreement import say_flips
from warehouse.metrics.precision.flips import compute_flips

NAMES = ("first_work_type", "second_work_type", "first_risk", "second_risk", "first_ai_level", "second_ai_level")


def readings(count: int, flipped: int) -> pl.DataFrame:
    same = {name: ["low"] * count for name in NAMES}
    other = {"second_work_type": ["low"] * (count - flipped) + ["high"] * flipped, "second_ai_level": [None] * count}
    return pl.DataFrame(same | other, schema=dict.fromkeys(NAMES, pl.String))


def test_the_rate_is_said_with_its_interval_from_eight_on() -> None:
    assert say_flips(compute_flips(readings(40, 2))) == (
        "Asked twice, with the fields in another order, the model changes its type of work in 5 % (1 % to 17 %), "
        "risk in 0 % (0 % to 9 %); n = 40."
    )
    assert say_flips(compute_flips(readings(7, 1))).startswith("Asked twice: 7. From 8 on")
    assert say_flips(compute_flips(readings(0, 0))).startswith("Asked twice: 0.")
