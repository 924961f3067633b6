"""Intervals hold what they promise: for any distribution, and for two halves of one process."""

import numpy as np
import polars as pl
import pytest

from warehouse.metrics.precision.intervals import (
    Interval,
    count_change,
    quantile_change,
    quantile_interval,
    share_change,
    share_interval,
)

DRAWS = 600
# By chance a share of 5 % of 600 draws is between 3.2 and 6.9 %.
MAX_MISSES_SHARE = 0.07


def draw(random: np.random.Generator, n: int) -> pl.Series:
    """Draw durations as uneven as those of pull requests."""
    return pl.Series(np.exp(random.normal(1.0, 1.3, n)))


def test_a_median_lies_between_two_ranks() -> None:
    ten = pl.Series([float(value) for value in range(1, 11)])
    assert quantile_interval(ten, 0.5) == Interval(2.0, 9.0)  # 97.9 % by the binomial; 3 to 8 would be 89 %
    assert quantile_interval(ten.head(5), 0.5) is None  # the smallest and the largest of five hold it in 93.8 %
    assert quantile_interval(ten, 0.75) is None
    assert quantile_interval(pl.Series([], dtype=pl.Float64), 0.5) is None


def test_the_interval_of_a_share_is_wilsons() -> None:
    found = share_interval(15, 20)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.531, 0.888), abs=0.001)
    assert share_interval(0, 10) == Interval(0.0, pytest.approx(0.278, abs=0.001))
    assert share_interval(0, 0) is None


def test_the_interval_of_a_difference_of_shares_is_newcombes() -> None:
    """The example of Newcombe (1998): 56 of 70 against 48 of 80."""
    found = share_change((48, 80), (56, 70))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=0.0005)


@pytest.mark.parametrize("n", [20, 150])
def test_the_true_value_is_outside_in_one_of_twenty(n: int) -> None:
    random = np.random.default_rng(n)
    for at, true in ((0.5, np.exp(1.0)), (0.75, np.exp(1.0 + 1.3 * 0.67449))):
        found = [quantile_interval(draw(random, n), at) for _ in range(DRAWS)]
        assert sum(not one.holds(true) for one in found if one) / DRAWS <= MAX_MISSES_SHARE


@pytest.mark.parametrize("n", [20, 150])
def test_two_halves_of_one_process_differ_in_one_of_twenty(n: int) -> None:
    random = np.random.default_rng(n)
    for at in (0.5, 0.75):
        found = [quantile_change(draw(random, n), draw(random, n), at) for _ in range(DRAWS)]
        assert sum(not one.holds(1.0) for one in found if one) / DRAWS <= MAX_MISSES_SHARE
    shares = [share_change((random.binomial(n, 0.3), n), (random.binomial(n, 0.3), n)) for _ in range(DRAWS)]
    assert sum(not one.holds(0.0) for one in shares if one) / DRAWS <= MAX_MISSES_SHARE
    counts = [count_change(int(random.poisson(n)), int(random.poisson(n))) for _ in range(DRAWS)]
    assert sum(not one.holds(1.0) for one in counts if one) / DRAWS <= MAX_MISSES_SHARE


def test_a_change_that_is_there_is_seen() -> None:
    random = np.random.default_rng(1)
    found = quantile_change(draw(random, 150), draw(random, 150) * 2.5, 0.5)
    assert found is not None
    assert found.low > 1.0
    assert found.holds(2.5)


def test_too_few_give_no_interval_of_a_change() -> None:
    seven, eight = pl.Series([1.0, 2, 3, 4, 5, 6, 7]), pl.Series([1.0, 2, 3, 4, 5, 6, 7, 8])
    assert quantile_change(seven, eight, 0.5) is None
    assert quantile_change(eight, seven, 0.5) is None
    assert quantile_change(eight, eight, 0.5) is not None
    assert share_change((1, 7), (3, 8)) is None
    assert count_change(0, 5) is None


def test_durations_of_nothing_have_an_interval_too() -> None:
    zeros, ones = pl.Series([0.0] * 20), pl.Series([1.0] * 20)
    assert quantile_change(zeros, zeros, 0.5) == Interval(1.0, 1.0)
    found = quantile_change(ones, zeros, 0.5)
    assert found is not None
    assert found.high < 1.0
