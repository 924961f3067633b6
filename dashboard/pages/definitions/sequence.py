"""The events of one pull request with what follows from each: its anchors, and the phases that end there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import polars as pl

from dashboard.parts.charts import PHASE_TITLES
from dashboard.reading.rows import PullRequestDetail

# Which events may be an anchor; an event of the same second of another kind is not.
KINDS = {
    "first_commit_at": {"commit"},
    "ready_at": {"opened", "ReadyForReview", "review", "merged"},
    "first_response_at": {"comment", "review"},
    "first_review_at": {"review"},
    "approved_at": {"review"},
    "merged_at": {"merged", "closed"},
}
ENDS = {
    "ready_at": ("coding",),
    "first_review_at": ("pickup",),
    "approved_at": ("review",),
    "merged_at": ("merge", "review", "unreviewed"),
}
WORDS = {"commit": "Commit", "opened": "Opened", "comment": "Comment", "merged": "Merged", "closed": "Closed"}
REVIEWS = {
    "APPROVED": "Review: approved",
    "CHANGES_REQUESTED": "Review: changes requested",
    "COMMENTED": "Review: commented",
    "DISMISSED": "Review, dismissed later",
}
# In this order one leads to the next.
IN_ORDER = ("first_commit_at", "ready_at", "first_review_at", "approved_at", "merged_at")


def choose_typical(merged: pl.DataFrame) -> str | None:
    """Return the id of the merged pull request to work through; None if none has a cycle time.

    It has every anchor, each after the one before it, if there is such a one, and of those the cycle time nearest to
    the median of all.
    """
    known = merged.filter(pl.col("cycle_time_hours").is_not_null(), pl.col("is_complete"), ~pl.col("is_bot"))
    if known.is_empty():
        return None
    distance = (pl.col("cycle_time_hours") - pl.col("cycle_time_hours").median()).abs()
    steps = [pl.col(after) > pl.col(before) for before, after in pairwise(IN_ORDER)]
    steps.append(pl.col("opened_at") >= pl.col("first_commit_at"))
    ranked = known.with_columns(_is_plain=pl.all_horizontal(steps).fill_null(value=False), _distance=distance)
    return str(ranked.sort("_is_plain", "_distance", "pull_request_id", descending=[True, False, False])[0, 0])


@dataclass(frozen=True)
class Step:
    """One event, or several alike in a row; `anchors` are columns of `pull_request_metrics`.

    `phase` ends here: its title and its hours; None if none does.
    """

    at: datetime
    event: str
    actor: str | None
    anchors: tuple[str, ...] = ()
    phase: tuple[str, float] | None = None
    count: int = 1

    @property
    def title(self) -> str:
        return f"{self.event} and {self.count - 1:,} more" if self.count > 1 else self.event


def describe(events: pl.DataFrame, pull_request: PullRequestDetail) -> list[Step]:
    """Return what happened, oldest first; events alike that are no anchor are one step."""
    left = {name: at for name, at in _anchors(pull_request).items() if at is not None}
    steps: list[Step] = []
    for at, kind, actor, detail in events.filter(pl.col("happened_at").is_not_null()).iter_rows():
        anchors = tuple(name for name, time in left.items() if time == at and kind in KINDS[name])
        for name in anchors:
            del left[name]
        event = REVIEWS.get(str(detail), "Review") if kind == "review" else WORDS.get(kind, _spaced(kind))
        phases = [phase for name in anchors if (phase := _phase_that_ends(name, pull_request))]
        step = Step(at, event, actor, anchors, phases[0] if phases else None)
        if steps and steps[-1].event == event and not anchors and not steps[-1].anchors:
            steps[-1] = replace(steps[-1], actor=None, count=steps[-1].count + 1)
        else:
            steps.append(step)
    return steps


def _anchors(pull_request: PullRequestDetail) -> Mapping[str, datetime | None]:
    times = pull_request.event_times
    return {name: times[name] for name in KINDS}


def _phase_that_ends(anchor: str, pull_request: PullRequestDetail) -> tuple[str, float] | None:
    """Return the phase that ends at the anchor, and its hours; None if none does."""
    if anchor == "merged_at" and pull_request.approved_at is not None:
        names: tuple[str, ...] = ("merge",)
    else:
        names = ENDS.get(anchor, ())
    found = [(PHASE_TITLES[name], value) for name in names if (value := pull_request.phase_hours[name]) is not None]
    return found[0] if found else None


def _spaced(kind: str) -> str:
    """Return GitHub's name of an event as words: `ReviewRequested` becomes `Review requested`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip().capitalize()
