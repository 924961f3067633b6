"""A metric over any period: its rows and its value, for cards and drill-downs."""

from datetime import datetime, timedelta

import polars as pl

from warehouse.metrics.durations import hours
from warehouse.metrics.metric import Metric, MetricValue


def compute_period(
    metric: Metric, rows: pl.DataFrame, start: datetime, end: datetime, *, include_bots: bool = False
) -> MetricValue:
    """Compute the metric over `[start, end)`; `rows` as for `select_pull_requests`."""
    return compute_value(metric, select_pull_requests(metric, rows, start, end, include_bots=include_bots))


def compute_value(metric: Metric, selected: pl.DataFrame) -> MetricValue:
    """Compute the metric over the rows that `select_pull_requests` returned."""
    found = selected.select(metric.aggregates()).row(0, named=True)
    return MetricValue(
        value=found["value"],
        numerator=found["numerator"],
        denominator=found["denominator"],
        n=found["n"],
        is_too_few=found["n"] < metric.min_n,
        has_gaps=bool(found["has_gaps"]),
    )


# The first import takes minutes, by which the newest numbers move on from the anchor that its history begins at.
TOLERANCE = timedelta(days=1)
_ZONES = timedelta(hours=14)


def begin_with_history(start: datetime, end: datetime, covered_from: datetime | None) -> datetime:
    """Return where a period begins: no earlier than everything was fetched, or a part would pass for the whole."""
    is_covered = covered_from is None or covered_from <= start + TOLERANCE or covered_from >= end
    return start if is_covered or covered_from is None else covered_from


def lacks_weeks(weekly: pl.DataFrame, start: datetime, end: datetime) -> bool:
    """Return whether something is not fetched of a week that lies in `[start, end)`: rows of one scope and metric.

    A week begins at midnight in the team's zone, which is within 14 hours of midnight in UTC.
    """
    began = pl.col("week_start").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    lies_within = (began >= start - _ZONES) & (began + timedelta(weeks=1) <= end + _ZONES)
    return bool(weekly.filter(lies_within)["is_uncovered"].any())


def select_pull_requests(
    metric: Metric, rows: pl.DataFrame, start: datetime, end: datetime, *, include_bots: bool = False
) -> pl.DataFrame:
    """Select the rows behind `compute_period`: as many as its `n`.

    `rows` are `pull_request_metrics`, or for a metric whose source is `reviews` those of
    `life.reviews.compute_reviews`. A metric of open pull requests counts those open at `end`, with the
    activity in `rows`, which is as of the last computation.
    """
    if metric.source == "open_pull_requests":
        return open_at(rows, end).filter(counting(metric, include_bots))
    placed = pl.col(metric.placed_by)
    return rows.filter((placed >= start) & (placed < end), counting(metric, include_bots))


def counting(metric: Metric, include_bots: bool) -> pl.Expr:
    """Select the rows that count for the metric."""
    counts = metric.counts if metric.include_excluded else metric.counts & pl.col("excluded_by").is_null()
    return counts if include_bots or metric.include_bots else counts & ~pl.col("is_bot")


def open_at(pull_requests: pl.DataFrame, timestamp: datetime) -> pl.DataFrame:
    """Select the pull requests that were open then, with `open_hours` and `idle_hours` as of that time.

    `last_activity_at` must be as of that time too, as in `open_at_week_ends`.
    """
    return age_at(pull_requests.filter(was_open(timestamp)), pl.lit(timestamp))


def age_at(open_pull_requests: pl.DataFrame, at: pl.Expr) -> pl.DataFrame:
    """Add `open_hours` and `idle_hours` as of then."""
    return open_pull_requests.with_columns(
        open_hours=hours(at - pl.col("opened_at")), idle_hours=hours(at - pl.col("last_activity_at"))
    )


def was_open(timestamp: datetime) -> pl.Expr:
    """Select the pull requests that were open then."""
    at = pl.lit(timestamp)
    return (pl.col("opened_at") < at) & (pl.col("closed_at").is_null() | (pl.col("closed_at") >= at))
