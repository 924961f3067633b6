"""Find phases that take longer than before: the last complete weeks against those before them."""

from warehouse.insights.evidence import Evidence, Finding
from warehouse.insights.phases import Phase
from warehouse.insights.sentences import explain_slower, moved, order_of
from warehouse.insights.shifts import Shift

DETECTOR = "slowed_phase"


def find(evidence: Evidence) -> list[Finding]:
    return [_say(phase, shift, evidence) for phase, shift in evidence.slowed_phases]


def _say(phase: Phase, shift: Shift, evidence: Evidence) -> Finding:
    return Finding(
        detector=DETECTOR,
        severity="warning",
        title=f"{phase.slower}: {moved(shift)}.",
        detail=explain_slower(shift, evidence.recent, evidence.before, evidence.left_out),
        order=order_of(shift, 0),
        scope="team",
        scope_id=evidence.team_id,
        week_start=evidence.recent[-1].start,
        shift=shift,
        pull_request_ids=evidence.select_behind(phase, shift),
    )
