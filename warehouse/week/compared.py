"""The weeks that a digest compares, and what they lack: a change is said only of weeks that lack nothing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from warehouse.connection import Row, Warehouse
from warehouse.metrics.metric import Metric
from warehouse.metrics.precision.changes import MetricChange
from warehouse.metrics.precision.sides import Sides
from warehouse.metrics.weeks import week_of

WEEKS = 4
"""One week alone has too few pull requests for most teams to say that something changed."""
STALE_AFTER = timedelta(hours=26)


@dataclass(frozen=True)
class Compared:
    """The weeks `[first, middle)` and `[middle, end)`, in UTC.

    `is_covered` is true if the history of every repository reaches back to `first`. `whole` has the names of the
    metrics of which no week lacks anything that is not fetched, `whole_now` those of which none from `middle` on does.
    """

    first: datetime
    middle: datetime
    end: datetime
    is_covered: bool
    whole: frozenset[str]
    whole_now: frozenset[str]

    def select(self, metric: Metric, prs: pl.DataFrame) -> Sides:
        """Select the pull requests of both sides."""
        return Sides.select(metric, prs, self.first, self.middle, self.end)

    def find_obstacle(self, metric: Metric) -> str:
        """Say why these weeks cannot be compared; empty if they can."""
        if not self.is_covered:
            return "not enough history"
        return "" if metric.name in self.whole else "data of some weeks are missing"

    def compare(self, sides: Sides) -> tuple[MetricChange | None, str]:
        """Compare without those that lack data; without a change, say why. A count is exact whatever they lack."""
        if obstacle := self.find_obstacle(sides.metric):
            return None, obstacle
        if not sides.can_be_compared:
            return None, "too many lack data"
        change = sides.change()
        return (None, "too few") if change is None or change.interval is None else (change, "")


def plan_comparison(warehouse: Warehouse, team: Row, start: date, metrics: tuple[str, ...]) -> Compared:
    """Plan to compare the four weeks up to the one that begins on the Monday `start` with the four before.

    `team` has `team_id`, `timezone` and `history_from`, which is NULL while that of a repository is not known.
    """
    weeks = [week_of(start - timedelta(weeks=back), team["timezone"]) for back in reversed(range(2 * WEEKS))]
    rows = warehouse.read(_WHOLE, [team["team_id"], list(metrics), weeks[0].start, weeks[-1].start])
    # Numbers of the night before the last week ended do: some hours are missing, and where time zones are west, always.
    known = rows.filter(pl.col("is_complete") | (pl.col("as_of") >= weeks[-1].ends_at - STALE_AFTER))
    late = pl.col("week_start") >= weeks[WEEKS].start
    counts = known.group_by("metric").agg(
        weeks=pl.col("week_start").n_unique(), weeks_now=pl.col("week_start").filter(late).n_unique()
    )
    history_from = team["history_from"]
    reaches_now = history_from is not None and history_from <= weeks[WEEKS].starts_at
    return Compared(
        weeks[0].starts_at,
        weeks[WEEKS].starts_at,
        weeks[-1].ends_at,
        is_covered=history_from is not None and history_from <= weeks[0].starts_at,
        whole=frozenset(counts.filter(pl.col("weeks") == len(weeks))["metric"]),
        whole_now=frozenset(counts.filter(pl.col("weeks_now") == WEEKS)["metric"] if reaches_now else ()),
    )


# What was computed before `is_uncovered` was kept is partial for either reason.
_WHOLE = """
SELECT metric, week_start, coalesce(is_complete, false) AS is_complete, as_of
FROM weekly_metrics
WHERE team_id = ? AND scope = 'team' AND list_contains(?, metric) AND week_start BETWEEN ? AND ?
  AND NOT coalesce(is_uncovered, is_partial, true)
"""
