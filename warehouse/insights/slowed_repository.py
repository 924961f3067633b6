"""Find phases that take longer in one repository while the team has not slowed."""

from collections.abc import Iterator

import polars as pl

from warehouse.insights.change import Change, measure_change
from warehouse.insights.evidence import MAX_PULL_REQUESTS, Evidence, Finding, select_weeks
from warehouse.insights.slowed_phase import PHASES, Phase, find_slowed
from warehouse.insights.words import duration, weeks
from warehouse.words import plural

DETECTOR = "slowed_repository"


def find(evidence: Evidence) -> list[Finding]:
    """Leave phases that slowed for the entire team to the other detectors."""
    if not evidence.recent:
        return []
    said = {slowed.phase.metric.name for slowed in find_slowed(evidence)}
    phases = [phase for phase in PHASES if phase.metric.name not in said]
    return [finding for phase in phases for finding in _find_in(phase, evidence)]


def _find_in(phase: Phase, evidence: Evidence) -> Iterator[Finding]:
    """Look at one phase in each repository: the more repositories, the clearer a rise must be."""
    before = select_weeks(phase.metric, evidence.compared, evidence.before)
    recent = select_weeks(phase.metric, evidence.compared, evidence.recent)
    looks = len(PHASES) * len(evidence.names)
    for key in recent["repository_id"].unique().sort():
        there = recent.filter(pl.col("repository_id") == key)
        earlier = before.filter(pl.col("repository_id") == key)
        change = measure_change(earlier[phase.column], there[phase.column])
        if change and change.is_clear_rise(looks):
            yield _say(phase, key, change, there, evidence)


def _say(phase: Phase, key: str, change: Change, there: pl.DataFrame, evidence: Evidence) -> Finding:
    longest = there.filter(pl.col(phase.column) > change.before).sort(phase.column, descending=True)
    return Finding(
        detector=DETECTOR,
        severity="warning",
        title=f"{phase.sentence} in {evidence.names.get(key, key)}: typically {duration(change.recent)}, "
        f"up from {duration(change.before)}.",
        detail=f"Median of {plural(change.n_recent, 'pull request')} merged there in {weeks(evidence.recent)}, against "
        f"{change.n_before:,} merged in {weeks(evidence.before)}. {change.n_above:,} of the {change.n_recent:,} took "
        "longer than the earlier median. The median of the team has not clearly risen.",
        # After findings about the team, before those about waiting.
        order=(0.5, -change.rise),
        scope="repository",
        scope_id=key,
        metric=phase.metric.name,
        week_start=evidence.recent[-1].start,
        value=change.recent,
        previous_value=change.before,
        pull_request_ids=longest["pull_request_id"].head(MAX_PULL_REQUESTS).to_list(),
    )
