"""What a change of a team's rules moves, before it is kept."""

from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.definitions.flow import (
    CLOSED_UNMERGED_PRS,
    CYCLE_TIME_P50_HOURS,
    CYCLE_TIME_P75_HOURS,
    LARGE_PR_SHARE,
    MERGED_PRS,
    PR_SIZE_P50_LINES,
    RELEASE_PRS,
)
from warehouse.metrics.facts import KEY, Facts
from warehouse.metrics.metric import Metric
from warehouse.metrics.periods import compute_period

SHOWN = (
    MERGED_PRS,
    RELEASE_PRS,
    CLOSED_UNMERGED_PRS,
    CYCLE_TIME_P50_HOURS,
    CYCLE_TIME_P75_HOURS,
    PR_SIZE_P50_LINES,
    LARGE_PR_SHARE,
)


@dataclass(frozen=True)
class Preview:
    """What a change moves. `moved` has one row per pull request that counts differently.

    It has `full_name`, `number`, `title`, `state_before`, `state_after`, `excluded_before` and `excluded_after`.
    `values` are each metric over all that is stored, before and after.
    """

    moved: pl.DataFrame
    values: tuple[tuple[Metric, float | None, float | None], ...]


def compute_preview(facts: Facts, settings: pl.DataFrame, as_of: datetime) -> Preview:
    """Compare the metrics of `facts` with those under `settings`: `name`, `value`, `set_at`."""
    before = compute_pull_request_metrics(facts, as_of)
    after = compute_pull_request_metrics(replace(facts, team_settings=settings), as_of)
    return Preview(_find_moved(facts, before, after), tuple(_compare(metric, before, after, as_of) for metric in SHOWN))


def _find_moved(facts: Facts, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    names = facts.repositories.select("full_name", repository_id="id")
    titles = facts.pull_requests.select("title", pl.col("id").alias(KEY))
    both = before.select(KEY, "repository_id", "number", state_before="state", excluded_before="excluded_by").join(
        after.select(KEY, state_after="state", excluded_after="excluded_by"), on=KEY
    )
    is_moved = pl.any_horizontal(pl.col(f"{name}_before").ne_missing(pl.col(f"{name}_after")) for name in _COMPARED)
    moved = both.filter(is_moved).join(names, on="repository_id").join(titles, on=KEY)
    columns = (
        "full_name",
        "number",
        "title",
        *(f"{name}_{when}" for name in _COMPARED for when in ("before", "after")),
    )
    return moved.select(columns).sort("full_name", "number")


_COMPARED = ("state", "excluded")


def _compare(
    metric: Metric, before: pl.DataFrame, after: pl.DataFrame, as_of: datetime
) -> tuple[Metric, float | None, float | None]:
    start = before["opened_at"].min()
    begins = start if isinstance(start, datetime) else as_of
    old, new = (compute_period(metric, rows, begins, as_of).value for rows in (before, after))
    return metric, old, new
