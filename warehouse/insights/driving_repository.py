"""Find the repository that a slower phase is in: one that slowed itself, and makes up most of the difference."""

import polars as pl

from warehouse.insights.evidence import Evidence, Finding, select_weeks
from warehouse.insights.phases import Phase
from warehouse.insights.sentences import explain_like, moved, order_of
from warehouse.insights.shifts import Shift
from warehouse.insights.words import duration
from warehouse.words import plural

DETECTOR = "driving_repository"
MIN_PART = 2 / 3


def find(evidence: Evidence) -> list[Finding]:
    return [
        _say(phase, driver, order_of(of_team, 1), evidence)
        for phase, of_team in evidence.slowed_phases
        if (driver := _find_driver(of_team, evidence)) is not None
    ]


def _find_driver(of_team: Shift, evidence: Evidence) -> Shift | None:
    """Return the repository that slowed and makes up two thirds of the team's difference; None if there is none."""
    slowed = [
        shift
        for shift in evidence.shifts_of_repositories(of_team.metric)
        if shift.is_large_rise and shift.low > 1 and shift.weight < of_team.weight
    ]
    largest = max(slowed, key=lambda shift: shift.part_of(of_team), default=None)
    return largest if largest and largest.part_of(of_team) >= MIN_PART else None


def _say(phase: Phase, driver: Shift, order: tuple[float, ...], evidence: Evidence) -> Finding:
    name = evidence.names.get(driver.scope_id, driver.scope_id)
    return Finding(
        detector=DETECTOR,
        severity="warning",
        title=f"Most of the {phase.noun} is in {name}: {moved(driver, ' there')}.",
        detail=f"Median of {plural(driver.n_recent, 'pull request')} there, against {driver.n_before:,} before. "
        f"{_rest(phase, driver, evidence)} {explain_like(driver)}",
        order=order,
        scope="repository",
        scope_id=driver.scope_id,
        week_start=evidence.recent[-1].start,
        shift=driver,
        pull_request_ids=evidence.select_behind(phase, driver),
    )


def _rest(phase: Phase, driver: Shift, evidence: Evidence) -> str:
    """Say what the phase took in the other repositories."""
    before, recent = (
        select_weeks(phase.metric, evidence.compared, weeks)
        .filter(pl.col("repository_id") != driver.scope_id)[phase.column]
        .drop_nulls()
        for weeks in (evidence.before, evidence.recent)
    )
    if before.is_empty() or recent.is_empty():
        return "No other repository has any on both sides."
    old, new = (duration(float(side.median() or 0.0)) for side in (before, recent))  # type: ignore[arg-type]
    return f"The rest of the team went from {old} (of {before.len():,}) to {new} (of {recent.len():,})."
