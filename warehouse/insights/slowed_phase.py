"""Find phases that take longer than before: the last complete weeks against those before them."""

from dataclasses import dataclass

import polars as pl

from warehouse.insights.change import Change, measure_change
from warehouse.insights.evidence import MAX_PULL_REQUESTS, Evidence, Finding, select_weeks
from warehouse.insights.words import duration, weeks
from warehouse.metrics.definitions.flow import (
    CODING_P50_HOURS,
    MERGE_P50_HOURS,
    PICKUP_P50_HOURS,
    REVIEW_P50_HOURS,
    UNREVIEWED_P50_HOURS,
)
from warehouse.metrics.metric import Metric
from warehouse.words import plural

DETECTOR = "slowed_phase"


@dataclass(frozen=True)
class Phase:
    """The words for a phase: the sentence that says it slowed, and a noun for what got longer."""

    metric: Metric
    column: str
    sentence: str
    noun: str


PHASES = (
    Phase(CODING_P50_HOURS, "coding_hours", "Coding takes longer", "longer coding"),
    Phase(PICKUP_P50_HOURS, "pickup_hours", "Pull requests wait longer for a first review", "longer wait for review"),
    Phase(REVIEW_P50_HOURS, "review_hours", "Reviews take longer to settle", "longer reviews"),
    Phase(MERGE_P50_HOURS, "merge_hours", "Approved pull requests wait longer to be merged", "longer wait to merge"),
    Phase(UNREVIEWED_P50_HOURS, "unreviewed_hours", "Pull requests merged without review take longer", "slower merges"),
)


@dataclass(frozen=True)
class Slowed:
    """A phase that slowed, its change, and the pull requests of both sides."""

    phase: Phase
    change: Change
    before: pl.DataFrame
    recent: pl.DataFrame


def find(evidence: Evidence) -> list[Finding]:
    return [_say(slowed, evidence) for slowed in find_slowed(evidence)]


def find_slowed(evidence: Evidence) -> list[Slowed]:
    """Return the phases whose median, over all pull requests of each side, clearly rose."""
    if not evidence.recent:
        return []
    found = []
    for phase in PHASES:
        before = select_weeks(phase.metric, evidence.compared, evidence.before)
        recent = select_weeks(phase.metric, evidence.compared, evidence.recent)
        change = measure_change(before[phase.column], recent[phase.column])
        if change and change.is_clear_rise(len(PHASES)):
            found.append(Slowed(phase, change, before, recent))
    return found


def order_of(change: Change, place: int) -> tuple[float, ...]:
    """Return the sort order: most hours lost first, and a finding that explains another right after it."""
    return (0.0, -change.rise, float(place))


def _say(slowed: Slowed, evidence: Evidence) -> Finding:
    phase, change = slowed.phase, slowed.change
    longest = slowed.recent.filter(pl.col(phase.column) > change.before).sort(phase.column, descending=True)
    return Finding(
        detector=DETECTOR,
        severity="warning",
        title=f"{phase.sentence}: typically {duration(change.recent)}, up from {duration(change.before)}.",
        detail=_explain(change, evidence),
        order=order_of(change, 0),
        scope="team",
        scope_id=evidence.team_id,
        metric=phase.metric.name,
        week_start=evidence.recent[-1].start,
        value=change.recent,
        previous_value=change.before,
        pull_request_ids=longest["pull_request_id"].head(MAX_PULL_REQUESTS).to_list(),
    )


def _explain(change: Change, evidence: Evidence) -> str:
    text = (
        f"Median of {plural(change.n_recent, 'pull request')} merged in {weeks(evidence.recent)}, against "
        f"{change.n_before:,} merged in {weeks(evidence.before)}. {change.n_above:,} of the {change.n_recent:,} took "
        "longer than the earlier median."
    )
    if evidence.left_out:
        text += f" Without {', '.join(evidence.left_out)}, whose data are not complete."
    return text
