"""Chance is judged by every choice of as many weeks as are recent."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.insights.orders import adjust, score_orders

WEEKS = [date(2026, 6, 1) + timedelta(weeks=place) for place in range(12)]
CHOICES = 495


def make_rows(values: list[float], stratum: str = "api", metric: str = "m") -> pl.DataFrame:
    """Make rows of one look: two pull requests a week around the value of the week."""
    rows = [
        (metric, "acme", stratum, week, value + wobble)
        for week, value in zip(WEEKS, values, strict=True)
        for wobble in (-0.1, 0.1)
    ]
    return pl.DataFrame(rows, schema=["metric", "scope_id", "stratum", "week", "y"], orient="row")


def test_there_is_a_score_for_every_choice_and_the_last_is_the_one_that_happened() -> None:
    [scores] = score_orders(make_rows([1.0] * 8 + [2.0] * 4), WEEKS, 4).values()
    assert len(scores) == CHOICES
    assert scores[-1] == max(scores)


def test_recent_weeks_above_all_others_are_one_choice_of_495() -> None:
    scores = score_orders(make_rows([1.0 + place / 100 for place in range(8)] + [2.0] * 4), WEEKS, 4)
    assert adjust(scores) == {("m", "acme"): pytest.approx(1 / CHOICES)}


def test_other_weeks_that_are_as_uneven_make_it_chance() -> None:
    scores = score_orders(make_rows([2.0, 1.0, 2.0, 1.0, 1.0, 2.0, 1.0, 1.0, 2.0, 2.0, 1.0, 2.0]), WEEKS, 4)
    assert adjust(scores)["m", "acme"] > 0.1


def test_more_work_in_a_slow_stratum_scores_nothing() -> None:
    slow = make_rows([5.0] * 12, "web").filter(pl.col("week") >= WEEKS[6])
    rows = pl.concat([make_rows([1.0] * 12), slow, slow])
    assert score_orders(rows, WEEKS, 4)["m", "acme"][-1] == pytest.approx(0.0, abs=1e-9)


def test_the_more_is_looked_at_the_rarer_must_be_what_is_found() -> None:
    random = np.random.default_rng(3)
    rise = [*(1.0 + 0.2 * random.normal(size=8)), *(1.6 + 0.2 * random.normal(size=4))]
    alone = adjust(score_orders(make_rows(rise), WEEKS, 4))["m", "acme"]
    others = [make_rows(list(1.0 + 0.2 * random.normal(size=12)), metric=f"other-{place}") for place in range(20)]
    among = adjust(score_orders(pl.concat([make_rows(rise), *others]), WEEKS, 4))
    assert among["m", "acme"] >= alone
    assert min(among.values()) == among["m", "acme"]


def test_where_nothing_varies_or_happens_the_score_is_no_alarm() -> None:
    assert adjust(score_orders(make_rows([1.0] * 12), WEEKS, 4))["m", "acme"] > 0.1
    assert adjust(score_orders(make_rows([1.0] * 12).filter(pl.col("week") < WEEKS[3]), WEEKS, 4))["m", "acme"] > 0.1
    assert adjust({}) == {}


@given(st.randoms())
def test_the_order_of_rows_decides_nothing(random: object) -> None:
    rows = pl.concat([make_rows([1.0] * 8 + [1.5] * 4), make_rows([3.0] * 12, "web")])
    order = list(range(rows.height))
    random.shuffle(order)  # type: ignore[attr-defined]
    one, other = (score_orders(frame, WEEKS, 4)["m", "acme"] for frame in (rows, rows[order]))
    assert np.allclose(one, other)
