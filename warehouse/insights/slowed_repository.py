"""Find phases that take longer in one repository while the team has not slowed."""

from warehouse.insights.evidence import Evidence, Finding
from warehouse.insights.phases import PHASES, Phase
from warehouse.insights.sentences import explain_slower, moved
from warehouse.insights.shifts import Shift

DETECTOR = "slowed_repository"


def find(evidence: Evidence) -> list[Finding]:
    """Leave phases that slowed for the entire team to the other detectors."""
    said = {phase.metric.name for phase, _ in evidence.slowed_phases}
    of_metric = {phase.metric.name: phase for phase in PHASES}
    return [
        _say(of_metric[shift.metric.name], shift, evidence)
        for shift in evidence.slower
        if shift.scope_id != evidence.team_id and shift.metric.name not in said
    ]


def _say(phase: Phase, shift: Shift, evidence: Evidence) -> Finding:
    explanation = explain_slower(shift, evidence.recent, evidence.before, evidence.left_out)
    return Finding(
        detector=DETECTOR,
        severity="warning",
        title=f"{phase.slower} in {evidence.names.get(shift.scope_id, shift.scope_id)}: {moved(shift)}.",
        detail=f"{explanation} The team as a whole has not clearly slowed.",
        # After findings about the team, before those about waiting.
        order=(0.5, -shift.rise),
        scope="repository",
        scope_id=shift.scope_id,
        week_start=evidence.recent[-1].start,
        shift=shift,
        pull_request_ids=evidence.select_behind(phase, shift),
    )
