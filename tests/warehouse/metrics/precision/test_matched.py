"""Differences of like with like."""

import numpy as np
import polars as pl
import pytest

from warehouse.metrics.precision.changes import measure_change
from warehouse.metrics.precision.matched import measure_matched
from warehouse.metrics.registry import BY_NAME

CYCLE, LARGE = BY_NAME["cycle_time_p50_hours"], BY_NAME["reviewed_share"]


def draw(random: np.random.Generator, slow: int, quick: int, factor: float = 1.0) -> pl.DataFrame:
    """Draw pull requests of a slow and a quick repository; those of the slow one take ten times as long."""
    hours = np.concatenate([np.full(slow, 100.0), np.full(quick, 10.0)]) * random.lognormal(0, 0.5, slow + quick)
    repositories = ["slow"] * slow + ["quick"] * quick
    is_reviewed = random.random(slow + quick) < np.where(np.arange(slow + quick) < slow, 0.9, 0.2)
    columns = {"repository_id": repositories, "cycle_time_hours": hours * factor, "is_reviewed": is_reviewed}
    return pl.DataFrame(columns | {"size_lines": [30] * (slow + quick)})


def test_a_side_that_only_works_elsewhere_is_no_slower_of_like_with_like() -> None:
    random = np.random.default_rng(1)
    other, side = draw(random, 40, 160), draw(random, 160, 40)
    bare, matched = measure_change(CYCLE, other, side), measure_matched(CYCLE, other, side)
    assert bare is not None
    assert bare.by > 3
    assert not bare.is_noise
    assert matched is not None
    assert matched.is_noise
    assert (matched.n, matched.n_other) == (200, 200)
    share = measure_matched(LARGE, other, side)
    assert share is not None
    assert share.is_noise


def test_a_side_that_is_slower_everywhere_is_found_whatever_its_mix() -> None:
    random = np.random.default_rng(2)
    found = measure_matched(CYCLE, draw(random, 60, 240), draw(random, 240, 60, factor=1.8))
    assert found is not None
    assert not found.is_noise
    assert found.interval.holds(0.8)


def test_two_halves_of_the_same_differ_in_about_one_of_twenty() -> None:
    random = np.random.default_rng(3)
    found = [measure_matched(CYCLE, draw(random, 30, 30), draw(random, 30, 30)) for _ in range(60)]
    assert sum(one is not None and not one.is_noise for one in found) <= 8


def test_the_interval_is_the_same_whenever_and_in_whatever_order_it_is_made() -> None:
    random = np.random.default_rng(4)
    other, side = draw(random, 20, 20), draw(random, 20, 20)
    shuffled = measure_matched(CYCLE, other.sample(fraction=1, shuffle=True, seed=1), side.reverse())
    assert measure_matched(CYCLE, other, side) == shuffled


def test_without_counterparts_there_is_no_comparison() -> None:
    random = np.random.default_rng(5)
    assert measure_matched(CYCLE, draw(random, 50, 0), draw(random, 0, 50)) is None
    assert measure_matched(CYCLE, draw(random, 50, 3), draw(random, 0, 50)) is None


@pytest.mark.parametrize("name", ["merged_prs", "review_comments_per_pr", "submitted_reviews", "bus_factor"])
def test_only_quantiles_and_shares_of_rows_are_matched(name: str) -> None:
    random = np.random.default_rng(6)
    assert measure_matched(BY_NAME[name], draw(random, 20, 20), draw(random, 20, 20)) is None


@pytest.mark.parametrize("name", ["merged_within_7d_share", "reviewed_within_24h_share"])
def test_shares_of_which_some_rows_are_not_over_are_not_matched(name: str) -> None:
    assert measure_matched(BY_NAME[name], pl.DataFrame(), pl.DataFrame()) is None


@pytest.mark.parametrize("name", ["pr_size_p50_lines", "large_pr_share"])
def test_sizes_are_not_matched_on_themselves(name: str) -> None:
    assert measure_matched(BY_NAME[name], pl.DataFrame(), pl.DataFrame()) is None


def alike(values: list[float], column: str) -> pl.DataFrame:
    n = len(values)
    return pl.DataFrame({"repository_id": ["r"] * n, "size_lines": [30] * n, column: values})


def test_nothing_is_said_against_a_median_of_nothing() -> None:
    some, nothing = [float(place) for place in range(1, 41)], [0.0] * 30 + [5.0] * 10
    for other, side in ((nothing, some), (some, [0.0] * 12), (some[:20] + [0.0] * 19, some)):
        assert measure_matched(CYCLE, alike(other, "cycle_time_hours"), alike(side, "cycle_time_hours")) is None


def test_twelve_of_twelve_are_no_certainty() -> None:
    other = alike([1.0] * 93 + [0.0] * 7, "is_reviewed").cast({"is_reviewed": pl.Boolean})
    found = measure_matched(LARGE, other, alike([1.0] * 12, "is_reviewed").cast({"is_reviewed": pl.Boolean}))
    assert found is not None
    assert found.by == pytest.approx(0.07)
    assert found.is_noise


def test_shares_of_two_halves_of_the_same_differ_in_about_one_of_twenty() -> None:
    random = np.random.default_rng(7)
    found = [measure_matched(LARGE, draw(random, 60, 60), draw(random, 6, 14)) for _ in range(100)]
    assert sum(one is not None and not one.is_noise for one in found) <= 10
