"""Whether the typical value of a metric really rose between two groups of pull requests."""

from dataclasses import dataclass
from math import sqrt

import polars as pl

# Fewer on either side, and the median is an accident.
MIN_N = 8
# A rise that a reader would act on: a quarter more, and at least an hour.
MIN_RISE_SHARE = 0.25
MIN_RISE_HOURS = 1.0
# By chance half of the recent ones lie above the earlier median; so many more than half do in one of twenty cases.
ONE_SIDED_5_PERCENT = 1.645
# The same in one of a thousand cases: for where many groups are looked at.
ONE_SIDED_1_PER_MILLE = 3.090


@dataclass(frozen=True)
class Change:
    """Medians and sizes of both sides, and how many of the recent ones lie above the earlier median."""

    before: float
    recent: float
    n_before: int
    n_recent: int
    n_above: int

    @property
    def rise(self) -> float:
        return self.recent - self.before

    def is_clear_rise(self, deviations: float = ONE_SIDED_5_PERCENT) -> bool:
        """Large enough to matter, and so many standard deviations from what chance would give."""
        needed = self.n_recent / 2 + deviations * sqrt(self.n_recent) / 2
        is_large = self.rise >= max(MIN_RISE_HOURS, MIN_RISE_SHARE * self.before)
        return is_large and self.n_above >= needed


def measure_change(before: pl.Series, recent: pl.Series, min_n: int = MIN_N) -> Change | None:
    """None where either side has fewer than `min_n` values."""
    if before.len() < min_n or recent.len() < min_n:
        return None
    median = float(before.quantile(0.5, "linear") or 0.0)
    return Change(
        before=median,
        recent=float(recent.quantile(0.5, "linear") or 0.0),
        n_before=before.len(),
        n_recent=recent.len(),
        n_above=int((recent > median).sum()),
    )
