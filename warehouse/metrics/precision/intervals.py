"""How exact a number is: 95 % intervals of medians, percentiles, shares and of their change between two periods.

Intervals of quantiles are by order statistics: whatever the distribution, the value lies between two of the ranks as
often as stated. Those of shares are Wilson's, and of a difference of shares Newcombe's. Counts are taken as Poisson's.
No interval says anything about numbers that are not known, or about a cause.
"""

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
import polars as pl
from scipy.special import bdtr, ndtri  # type: ignore[import-untyped]

LEVEL = 0.95
Z = float(ndtri(0.5 + LEVEL / 2))
# A duration of nothing has no logarithm; to a reader these are the same.
SMALLEST = 1 / 60
# Fewer on either side, and a change of a quantile or a share says nothing.
MIN_N_OF_CHANGE = 8


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, both included."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def quantile_interval(values: pl.Series, at: float) -> Interval | None:
    """Return the interval of a quantile; None if there are too few values for one (under 6 for a median)."""
    ordered = values.drop_nulls().sort()
    ranks = _ranks(ordered.len(), at)
    return Interval(float(ordered[ranks[0] - 1]), float(ordered[ranks[1] - 1])) if ranks else None


def share_interval(numerator: float, denominator: float) -> Interval | None:
    """Return Wilson's interval of a share; None for none of none."""
    if denominator <= 0:
        return None
    share, square = numerator / denominator, Z * Z / denominator
    middle = (share + square / 2) / (1 + square)
    reach = Z / (1 + square) * sqrt(share * (1 - share) / denominator + square / denominator / 4)
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


def quantile_change(before: pl.Series, now: pl.Series, at: float) -> Interval | None:
    """Return the interval of the ratio of two quantiles, now to before; None if either side has too few values.

    The error of each is half the width of its own interval, on the scale of logarithms (Price and Bonett, 2002).
    """
    sides = [_log_quantile(side, at) for side in (before, now)]
    if sides[0] is None or sides[1] is None:
        return None
    (old, old_error), (new, new_error) = sides[0], sides[1]
    reach = Z * sqrt(old_error**2 + new_error**2)
    return Interval(exp(new - old - reach), exp(new - old + reach))


def share_change(before: tuple[float, float], now: tuple[float, float]) -> Interval | None:
    """Return Newcombe's interval of the difference of two shares, each a numerator and a denominator."""
    old, new = share_interval(*before), share_interval(*now)
    if old is None or new is None or min(before[1], now[1]) < MIN_N_OF_CHANGE:
        return None
    old_share, new_share = before[0] / before[1], now[0] / now[1]
    difference = new_share - old_share
    return Interval(
        difference - sqrt((new_share - new.low) ** 2 + (old.high - old_share) ** 2),
        difference + sqrt((new.high - new_share) ** 2 + (old_share - old.low) ** 2),
    )


def count_change(before: float, now: float) -> Interval | None:
    """Return the interval of the ratio of two counts; None if either is 0."""
    if min(before, now) <= 0:
        return None
    reach = Z * sqrt(1 / before + 1 / now)
    return Interval(now / before * exp(-reach), now / before * exp(reach))


def _ranks(count: int, at: float) -> tuple[int, int] | None:
    """Return the ranks, from 1, between which the quantile lies; None if no two of them are far enough apart."""
    if count == 0:
        return None
    below = bdtr(np.arange(count), count, at)  # probability that at most 0, 1, ... values lie below the quantile
    tail = (1 - LEVEL) / 2
    low, high = int((below <= tail).sum()), int((below < 1 - tail).sum()) + 1
    return (low, high) if low >= 1 and high <= count else None


def _log_quantile(values: pl.Series, at: float) -> tuple[float, float] | None:
    """Return the logarithm of a quantile and its standard error."""
    logs = values.drop_nulls().cast(pl.Float64).clip(SMALLEST).log().sort()
    ranks = _ranks(logs.len(), at)
    if ranks is None or logs.len() < MIN_N_OF_CHANGE:
        return None
    covered = float(bdtr(ranks[1] - 1, logs.len(), at) - bdtr(ranks[0] - 1, logs.len(), at))
    width = float(logs[ranks[1] - 1]) - float(logs[ranks[0] - 1])
    middle = float(logs.quantile(at, "linear") or 0.0)
    return middle, width / (2 * float(ndtri(0.5 + covered / 2)))
