"""The rows behind a metric in a period and in the one before, and when the two can be compared."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import compute_value, select_pull_requests
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

    def without_lacking(self) -> "Sides":
        """Return the sides without the pull requests that lack data, as they are compared."""
        if not self.metric.needs_data:
            return self
        return Sides(self.metric, _complete(self.before), _complete(self.now))

    def change(self) -> MetricChange | None:
        """Return the change; None if a side has no value, the one before is 0, or what lacks data turns it round."""
        compared = self.without_lacking()
        found = measure_change(self.metric, compared.before, compared.now)
        if found is None or not self.metric.needs_data or self._lacks_nothing(compared):
            return found
        before, now = (compute_value(self.metric, rows).value for rows in (self.before, self.now))
        is_turned = before is not None and now is not None and (now - before) * found.by < 0
        return None if is_turned else found

    def _lacks_nothing(self, compared: "Sides") -> bool:
        return (compared.before.height, compared.now.height) == (self.before.height, self.now.height)


def _complete(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter("is_complete")
