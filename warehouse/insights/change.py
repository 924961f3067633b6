"""Tell whether the typical value of a metric really rose between two groups of pull requests."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import polars as pl

# Fewer on either side, and the median is an accident.
MIN_N = 8
# A rise that a reader would act on: a quarter more, and at least an hour.
MIN_RISE_SHARE = 0.25
MIN_RISE_HOURS = 1.0
# How often a rise may be said that is none, over all that is looked at for one sentence.
FALSE_ALARM_SHARE = 0.05


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

    def is_clear_rise(self, looks: int = 1) -> bool:
        """Return True if the rise is large enough to matter and unlikely to be chance: under 5 % over all `looks`.

        By chance half of the recent ones lie above the earlier median, which is itself an estimate: both sides
        add to the deviation. The 5 % are divided among the looks (Bonferroni).
        """
        deviation = sqrt(self.n_recent / 4 * (1 + self.n_recent / self.n_before))
        needed = self.n_recent / 2 + NormalDist().inv_cdf(1 - FALSE_ALARM_SHARE / looks) * deviation
        is_large = self.rise >= max(MIN_RISE_HOURS, MIN_RISE_SHARE * self.before)
        return is_large and self.n_above >= needed


def measure_change(before: pl.Series, recent: pl.Series, min_n: int = MIN_N) -> Change | None:
    """Compare both sides; None if either has fewer than `min_n` values."""
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
