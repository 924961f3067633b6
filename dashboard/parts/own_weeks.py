"""Badges: a period against the weeks before it of the same team, which is the only comparison of like with like.

Strangers measure other things under the same names: a cycle that ends at the release, a pickup that begins at another
moment. A team's own weeks are counted by the same rules. A badge does not judge people, and can be switched off
(`PRFLOW_DASHBOARD_HAS_BENCHMARKS`).
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from dashboard.parts.charts import BadgeColor
from warehouse.metrics.metric import Metric

# Fewer weeks have no quarters worth the name.
MIN_WEEKS = 8
BEST_QUARTER = 0.75
WORST_QUARTER = 0.25


@dataclass(frozen=True)
class Badge:
    """A label with its colour, and a sentence that says how it was found."""

    label: str
    color: BadgeColor
    help: str


def compare_with_own_weeks(metric: Metric, value: float | None, weekly: pl.DataFrame, before: date) -> Badge | None:
    """Compare a value with the complete weeks of `weekly` that began before `before`.

    None if the metric is neither better high nor low, or fewer than 8 such weeks have a value.
    """
    earlier = weekly.filter(pl.col("is_complete") & (pl.col("week_start") < before))["value"].drop_nulls()
    if value is None or metric.better == "neither" or earlier.len() < MIN_WEEKS:
        return None
    is_worse = earlier > value if metric.better == "lower" else earlier < value
    share = (int(is_worse.sum()) + int((earlier == value).sum()) / 2) / earlier.len()
    label, color = _level(share)
    return Badge(label, color, f"Better than {share:.0%} of your {earlier.len():,} complete weeks before this period.")


def _level(share: float) -> tuple[str, BadgeColor]:
    if share >= BEST_QUARTER:
        return "Among your best", "green"
    if share > WORST_QUARTER:
        return "As usual", "gray"
    return "Below your usual", "orange"
