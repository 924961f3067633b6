"""The difference between two sides of like with like: matched on repository and size.

Where one side works in other repositories, or on smaller changes, the bare difference says where it works. Here the
other side is weighted so that its repositories and sizes are those of the side that is compared; what has no
counterpart is left out. What remains is a correlation all the same: people choose what to do in which way.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from warehouse.metrics.metric import QUANTILES, Metric
from warehouse.metrics.precision.intervals import LEVEL, MIN_N_OF_CHANGE, SMALLEST, Interval, share_change

# Lines added and deleted up to which a change is of a size.
SIZES = (10, 50, 200, 400, 1_000)
# What is matched on cannot be compared.
OF_SIZE = frozenset({"pr_size_p50_lines", "large_pr_share"})
SAMPLES = 400
SEED = 20260101
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MatchedChange:
    """How far a side is from the other, of like with like.

    `by` is a share of the other's value, or for a share in points of it; `interval` is its 95 % interval: of a share
    Newcombe's, else by a bootstrap of the pull requests that is the same whenever it is made. `n` and `n_other` are
    those that have a counterpart.
    """

    by: float
    interval: Interval
    n: int
    n_other: int

    @property
    def is_noise(self) -> bool:
        """Return True unless the interval leaves "no difference" out."""
        return self.interval.holds(0.0)


def can_match(metric: Metric) -> bool:
    """Return whether a metric is compared: a quantile or a share of rows.

    Not shares of which some rows are not over, and sizes, which would be compared with what they are matched on.
    """
    if metric.source == "reviews" or (metric.statistic not in QUANTILES and metric.flag is None):
        return False
    return not metric.is_censored and metric.name not in OF_SIZE


def measure_matched(metric: Metric, other: pl.DataFrame, side: pl.DataFrame) -> MatchedChange | None:
    """Compare the rows behind a metric on two sides, matched on repository and size.

    None if fewer than 8 on a side have a counterpart, if the metric cannot be matched, and of durations and other
    quantiles if either side's is 0 or may be: there is no ratio to nothing.
    """
    if not can_match(metric):
        return None
    sides = [_stratify(metric, rows) for rows in (other, side)]
    counts = [rows.group_by("_stratum").agg(pl.len().alias(name)) for rows, name in zip(sides, _COUNTS, strict=True)]
    common = counts[0].join(counts[1], on="_stratum")
    before, now = (rows.join(common, on="_stratum").sort("_value", "_stratum") for rows in sides)
    if min(before.height, now.height) < MIN_N_OF_CHANGE:
        return None
    weights = (before["_now"] / before["_before"]).to_numpy(), np.ones(now.height)
    values = before["_value"].to_numpy(), now["_value"].to_numpy()
    found = _compare_shares(values, weights) if metric.flag is not None else _compare_quantiles(metric, values, weights)
    return MatchedChange(*found, now.height, before.height) if found else None


def _compare_shares(values: tuple[Floats, Floats], weights: tuple[Floats, Floats]) -> tuple[float, Interval] | None:
    """Return the difference. Weights that differ tell less than as many rows: the other side counts as fewer."""
    (old, old_n), (new, new_n) = map(_effective, values, weights)
    interval = share_change((old * old_n, old_n), (new * new_n, new_n))
    return (new - old, interval) if interval else None


def _effective(values: Floats, weights: Floats) -> tuple[float, float]:
    """Return the weighted share, and the number of rows of one weight that tell as much (Kish)."""
    return float(np.average(values, weights=weights)), float(weights.sum() ** 2 / (weights**2).sum())


def _compare_quantiles(
    metric: Metric, values: tuple[Floats, Floats], weights: tuple[Floats, Floats]
) -> tuple[float, Interval] | None:
    old, new = _resample(metric, values, weights)
    tail = (1 - LEVEL) / 2
    if any(one[0] <= SMALLEST or np.quantile(one[1:], tail) <= SMALLEST for one in (old, new)):
        return None
    ratios = new / old - 1
    low, high = np.quantile(ratios[1:], [tail, 1 - tail])
    return float(ratios[0]), Interval(float(low), float(high))


_COUNTS = ("_before", "_now")


def _stratify(metric: Metric, rows: pl.DataFrame) -> pl.DataFrame:
    """Return `_value`, the metric's column or flag, and `_stratum` of each row that has a value and a known size."""
    value = pl.col(str(metric.column)) if metric.flag is None else metric.flag
    size = pl.sum_horizontal(*(pl.col("size_lines") > limit for limit in SIZES))
    return rows.select(
        _value=value.cast(pl.Float64),
        _stratum=pl.format("{} {}", "repository_id", pl.when(pl.col("size_lines").is_not_null()).then(size)),
    ).drop_nulls()


def _resample(metric: Metric, values: tuple[Floats, Floats], weights: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return the quantile of each side as it is, and of each sample. A sample takes each row as often as chance has it.

    A sample that is empty on a side tells nothing.
    """
    random = np.random.default_rng(SEED)
    found = []
    for sample in range(SAMPLES + 1):
        drawn = [each * random.poisson(1, len(each)) if sample else each for each in weights]
        if all(each.sum() for each in drawn):
            found.append([_quantile_of(metric, *pair) for pair in zip(values, drawn, strict=True)])
    return np.asarray(found)[:, 0], np.asarray(found)[:, 1]


def _quantile_of(metric: Metric, values: Floats, weights: Floats) -> float:
    """Return the weighted quantile of `values`, which are in rising order."""
    place = int(np.searchsorted(np.cumsum(weights), QUANTILES[metric.statistic] * weights.sum()))
    return float(values[min(place, len(values) - 1)])
