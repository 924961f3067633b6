"""How exact a metric of a period is, and whether its change from the period before is more than noise."""

from dataclasses import dataclass

import polars as pl

from warehouse.metrics.metric import QUANTILES, Metric
from warehouse.metrics.precision.intervals import (
    Interval,
    count_change,
    quantile_change,
    quantile_interval,
    share_change,
    share_interval,
)


@dataclass(frozen=True)
class MetricChange:
    """A metric's change from one period to the next.

    `by` is the value now less that before, as a share of that before; for a metric that is itself a share, in points
    of it. `interval` is the 95 % interval of `by`, None if there are too few values for one or none is known for the
    statistic.
    """

    by: float
    interval: Interval | None

    @property
    def is_noise(self) -> bool:
        """Return True unless the interval leaves "no change" out."""
        return self.interval is None or self.interval.holds(0.0)


def find_interval(metric: Metric, rows: pl.DataFrame) -> Interval | None:
    """Return the 95 % interval of a median, percentile or share over the rows behind it; None for other statistics."""
    if metric.statistic in QUANTILES:
        return quantile_interval(rows[str(metric.column)], QUANTILES[metric.statistic])
    return share_interval(*_parts(metric, rows)) if metric.flag is not None else None


def measure_change(metric: Metric, before: pl.DataFrame, now: pl.DataFrame) -> MetricChange | None:
    """Compare the rows behind a metric in two periods; None if either has no value, or the one before is 0."""
    old, new = (rows.select(metric.value.cast(pl.Float64)).item() for rows in (before, now))
    if old is None or new is None or (metric.flag is None and not old):
        return None
    if metric.flag is not None:
        return MetricChange(new - old, share_change(_parts(metric, before), _parts(metric, now)))
    return MetricChange(new / old - 1, _less_one(_interval_of_ratio(metric, before, now, (old, new))))


def _interval_of_ratio(
    metric: Metric, before: pl.DataFrame, now: pl.DataFrame, values: tuple[float, float]
) -> Interval | None:
    if metric.statistic in QUANTILES:
        column = str(metric.column)
        return quantile_change(before[column], now[column], QUANTILES[metric.statistic])
    return count_change(*values) if metric.statistic == "count" else None


def _less_one(interval: Interval | None) -> Interval | None:
    return Interval(interval.low - 1, interval.high - 1) if interval else None


def _parts(metric: Metric, rows: pl.DataFrame) -> tuple[float, float]:
    """Return the numerator and the denominator of a share."""
    return rows.select(metric.numerator, metric.denominator).row(0)
