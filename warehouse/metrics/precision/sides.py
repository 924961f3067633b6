"""The rows behind a metric in a period and in the one before, and when the two can be compared."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import select_pull_requests
from warehouse.metrics.precision.changes import MetricChange, measure_change

MAX_LACKING = 0.05
"""Of the pull requests of a side this part may lack data: the rest is compared without them."""


@dataclass(frozen=True)
class Sides:
    """The rows that count in the period before and in the period.

    A count is exact whatever is missing of the pull requests that it counts. Anything else is compared without those
    that lack data, if they are few, and not at all if they are many.
    """

    metric: Metric
    before: pl.DataFrame
    now: pl.DataFrame

    @classmethod
    def select(cls, metric: Metric, rows: pl.DataFrame, first: datetime, middle: datetime, end: datetime) -> "Sides":
        """Select the rows of `[first, middle)` and of `[middle, end)`."""
        before = select_pull_requests(metric, rows, first, middle)
        return cls(metric, before, select_pull_requests(metric, rows, middle, end))

    @property
    def lacking(self) -> int:
        """Number of pull requests of the period that lack data and so bend its value."""
        return self.now.height - _complete(self.now).height if self.metric.needs_data else 0

    @property
    def can_be_compared(self) -> bool:
        """Whether few enough of both sides lack data."""
        sides = (self.before, self.now) if self.metric.needs_data else ()
        return all(_complete(side).height >= (1 - MAX_LACKING) * side.height for side in sides)

    def change(self) -> MetricChange | None:
        """Return the change; None if either side has no value, or the one before is 0."""
        sides = (self.before, self.now)
        before, now = map(_complete, sides) if self.metric.needs_data else sides
        return measure_change(self.metric, before, now)


def _complete(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter("is_complete")
