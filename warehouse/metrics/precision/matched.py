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
from warehouse.metrics.precision.intervals import LEVEL, MIN_N_OF_CHANGE, SMALLEST, Interval

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

    `by` is a share of the other's value, or for a share in points of it; `interval` is its 95 % interval, by a
    bootstrap of the pull requests that is the same whenever it is made. `n` and `n_other` are those that have a
    counterpart.
    """

    by: float
    interval: Interval
    n: int
    n_other: int

    @property
    def is_noise(self) -> bool:
        """Return True unless the interval leaves "no difference" out."""
        return self.interval.holds(0.0)


def measure_matched(metric: Metric, other: pl.DataFrame, side: pl.DataFrame) -> MatchedChange | None:
    """Compare the rows behind a metric on two sides, matched on repository and size.

    None if fewer than 8 on a side have a counterpart; for statistics other than quantiles and shares of rows; for
    shares of which some rows are not over; and for sizes, which would be compared with what they are matched on.
    """
    if metric.source == "reviews" or (metric.statistic not in QUANTILES and metric.flag is None):
        return None
    if metric.is_censored or metric.name in OF_SIZE:
        return None
    sides = [_stratify(metric, rows) for rows in (other, side)]
    counts = [rows.group_by("_stratum").agg(pl.len().alias(name)) for rows, name in zip(sides, _COUNTS, strict=True)]
    common = counts[0].join(counts[1], on="_stratum")
    before, now = (rows.join(common, on="_stratum").sort("_value", "_stratum") for rows in sides)
    if min(before.height, now.height) < MIN_N_OF_CHANGE:
        return None
    weights = (before["_now"] / before["_before"]).to_numpy(), np.ones(now.height)
    values = before["_value"].to_numpy(), now["_value"].to_numpy()
    differences = _resample(metric, values, weights)
    low, high = np.quantile(differences[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return MatchedChange(float(differences[0]), Interval(float(low), float(high)), now.height, before.height)


_COUNTS = ("_before", "_now")


def _stratify(metric: Metric, rows: pl.DataFrame) -> pl.DataFrame:
    """Return `_value`, the metric's column or flag, and `_stratum` of each row that has a value and a known size."""
    value = pl.col(str(metric.column)) if metric.flag is None else metric.flag
    size = pl.sum_horizontal(*(pl.col("size_lines") > limit for limit in SIZES))
    return rows.select(
        _value=value.cast(pl.Float64),
        _stratum=pl.format("{} {}", "repository_id", pl.when(pl.col("size_lines").is_not_null()).then(size)),
    ).drop_nulls()


def _resample(metric: Metric, values: tuple[Floats, Floats], weights: tuple[Floats, Floats]) -> Floats:
    """Return the difference as it is, and of each sample. A sample takes each row as often as chance has it."""
    random = np.random.default_rng(SEED)
    found = []
    for sample in range(SAMPLES + 1):
        drawn = [each * random.poisson(1, len(each)) if sample else each for each in weights]
        old, new = (_value_of(metric, *pair) for pair in zip(values, drawn, strict=True))
        found.append(new - old if metric.flag is not None else new / max(old, SMALLEST) - 1)
    return np.asarray(found)


def _value_of(metric: Metric, values: Floats, weights: Floats) -> float:
    """Return the weighted share or quantile of `values`, which are in rising order."""
    total = weights.sum()
    if not total:
        return 0.0
    if metric.flag is not None:
        return float((values * weights).sum() / total)
    place = int(np.searchsorted(np.cumsum(weights), QUANTILES[metric.statistic] * total))
    return float(values[min(place, len(values) - 1)])
