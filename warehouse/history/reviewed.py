"""What each pull request gives to the metrics of reviews in a week, as it was known on a day and as it is now.

A metric of reviews counts those submitted in its week, so a review of another week is no reason for anything. Of a day
is kept how many reviews a pull request had, not which: that one is missing in this week is said only if more or fewer
were known then than are now, of the time before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from warehouse.metrics.facts import KEY
from warehouse.metrics.weeks import Week

COUNTS = ("reviews_count", "approvals_count")
_ANCHORS = ("first_review_at", "draft_review_at", "approved_at")
_AT = pl.col("submitted_at")


@dataclass(frozen=True)
class Reviewed:
    """The reviews of a team, of a week as it was cut then and as it is now.

    `reviews` are those that count, with `state` and `submitted_at`; `read_times` returns the times of all that were
    submitted, also by bots. `then` are the rows of `pull_request_metrics` of the time of the report, `said_at`.
    """

    reviews: pl.DataFrame
    read_times: Callable[[], pl.DataFrame]
    then: pl.DataFrame
    said_at: datetime
    week_then: Week
    week_now: Week

    def count_each(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Count the reviews and approvals of each pull request in its week, then and now: COUNTS."""
        return self._count_then(*_bounds(self.week_then)), self._count_now(*_bounds(self.week_now))

    def count_both(self, key: str) -> tuple[dict[str, int], dict[str, int]]:
        """Count those of one pull request in either week: the same if it only fell into another week."""
        found = []
        for counted in self._of_both_weeks:
            rows = counted.filter(pl.col(KEY) == key).select(COUNTS).to_dicts()
            found.append(rows[0] if rows else dict.fromkeys(COUNTS, 0))
        return found[0], found[1]

    def of(self, key: str) -> pl.DataFrame:
        """Return the reviews of one pull request in either week."""
        start, end = self.bounds
        return self.reviews.filter(pl.col(KEY) == key, start <= _AT, end > _AT)

    @cached_property
    def _of_both_weeks(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        return self._count_then(*self.bounds), self._count_now(*self.bounds)

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        weeks = (self.week_then, self.week_now)
        return min(one.starts_at for one in weeks), max(one.ends_at for one in weeks)

    def _count_now(self, start: datetime, end: datetime) -> pl.DataFrame:
        return _count(self.reviews.filter(start <= _AT, end > _AT))

    def _count_then(self, start: datetime, end: datetime) -> pl.DataFrame:
        """Count what is known now of the time before, and what more or less was known then.

        What an anchor of then names was known.
        """
        before = self.reviews.filter(self.said_at >= _AT)
        within = before.filter(start <= _AT, end > _AT)
        named = self.then.select(KEY, submitted_at=pl.concat_list(_ANCHORS)).explode("submitted_at").unique()
        counted = self.then.select(KEY, *COUNTS)
        for rows, suffix in (
            (_count(before), "_before"),
            (_count(within), "_in"),
            (_count(within.join(named, on=[KEY, "submitted_at"], how="semi")), "_named"),
        ):
            counted = counted.join(rows, on=KEY, how="left", suffix=suffix)
        counted = counted.with_columns(pl.col(f"{name}{suffix}").fill_null(0) for name in COUNTS for suffix in _PARTS)
        counted = counted.with_columns(_more=self._is_touched(counted))
        return counted.select(KEY, *(_known(name) for name in COUNTS))

    def _is_touched(self, counted: pl.DataFrame) -> pl.Series:
        """Return of which pull requests a review that is not known any more may be of these weeks."""
        start, end = self.bounds
        anchors = self.then.select(KEY, submitted_at=pl.concat_list(_ANCHORS)).explode("submitted_at")
        touched = pl.concat([anchors, self.reviews.select(KEY, "submitted_at")])
        is_more = pl.any_horizontal(pl.col(name) > pl.col(f"{name}_before") for name in COUNTS)
        if not counted.filter(is_more).is_empty():
            touched = pl.concat([touched, self.read_times().select(KEY, "submitted_at")])
        keys = touched.filter(start <= _AT, end > _AT)[KEY].unique()
        return counted[KEY].is_in(keys.implode())


_PARTS = ("_before", "_in", "_named")


def _bounds(week: Week) -> tuple[datetime, datetime]:
    return week.starts_at, week.ends_at


def _count(reviews: pl.DataFrame) -> pl.DataFrame:
    is_approval = pl.col("state") == "APPROVED"
    counted = reviews.group_by(KEY).agg(reviews_count=pl.len(), approvals_count=is_approval.sum())
    return counted.with_columns(pl.col(COUNTS).cast(pl.Int64))


def _known(name: str) -> pl.Expr:
    difference = (pl.col(name) - pl.col(f"{name}_before")).fill_null(0)
    within, named = pl.col(f"{name}_in"), pl.col(f"{name}_named")
    more = pl.when("_more").then(within + difference).otherwise(within)
    return pl.when(difference > 0).then(more).otherwise(pl.max_horizontal(within + difference, named)).alias(name)
