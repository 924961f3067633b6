"""The phases of a pull request, which sum to its cycle time exactly.

`coding` first commit to ready, `pickup` ready to first review, `review` first review to approval, `merge`
approval to merge; without a review, `unreviewed` is ready to merge. A phase that did not happen is NULL,
never 0. Clock time: nights and weekends count.
"""

import polars as pl

from warehouse.metrics.durations import hours
from warehouse.metrics.facts import KEY
from warehouse.metrics.life.working_hours import WorkingHours

ORDERED = ("_start", "_ready_at", "_first_review_at", "_approved_at", "_merged_at")
PHASES = ("coding", "pickup", "review", "merge", "unreviewed")


def add_phases(anchors: pl.DataFrame) -> pl.DataFrame:
    """Add a duration for each phase, `cycle_time` and `time_to_merge` to `anchors`.

    An anchor that lies before the preceding one is moved to it (a running maximum), so no phase is negative. The
    cycle begins with the first commit or with ready, whichever is earlier: a first commit authored after ready, as an
    amended one is, leaves a `coding` of zero.
    """
    return _put_in_order(anchors).with_columns(**_phases()).drop(ORDERED)


def compute_working_phases(anchors: pl.DataFrame, working: WorkingHours) -> pl.DataFrame:
    """Return one row per pull request: the same durations in working hours, `NAME_work_hours`."""
    in_order = _put_in_order(anchors).select(KEY, "first_commit_at", "first_response_at", "first_review_at", *ORDERED)
    counted = working.count_until(in_order, (*ORDERED, "first_response_at", "first_review_at"))
    ready = pl.col("_ready_at")
    responses = {name: pl.col(f"{name}_at") - ready for name in ("first_response", "first_review")}
    return counted.select(KEY, **{f"{name}_work_hours": hours(it) for name, it in (_phases() | responses).items()})


def _put_in_order(anchors: pl.DataFrame) -> pl.DataFrame:
    """Add the anchors that phases run between, `ORDERED`."""
    in_order = anchors.with_columns(_start=pl.min_horizontal("first_commit_at", "ready_at"))
    earlier = ["_start"]
    for name in ("ready_at", "first_review_at", "approved_at", "merged_at"):
        is_there = pl.col(name).is_not_null()
        in_order = in_order.with_columns(pl.when(is_there).then(pl.max_horizontal(*earlier, name)).alias(f"_{name}"))
        earlier.append(f"_{name}")
    return in_order


def _phases() -> dict[str, pl.Expr]:
    ready, reviewed, approved = pl.col("_ready_at"), pl.col("_first_review_at"), pl.col("_approved_at")
    merged = pl.col("_merged_at")
    return {
        "coding": pl.when(pl.col("first_commit_at").is_not_null()).then(ready - pl.col("_start")),
        "pickup": reviewed - ready,
        "review": pl.coalesce(approved, merged) - reviewed,
        "merge": merged - approved,
        "unreviewed": pl.when(reviewed.is_null()).then(merged - ready),
        "cycle_time": merged - pl.col("_start"),
        "time_to_merge": merged - ready,
    }
