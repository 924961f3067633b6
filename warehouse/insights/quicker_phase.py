"""Find phases that take less time than before: in the team, else in a repository."""

from warehouse.insights.evidence import Evidence, Finding
from warehouse.insights.phases import PHASES, Phase
from warehouse.insights.sentences import explain_like, moved, say_rows
from warehouse.insights.shifts import Shift
from warehouse.insights.words import weeks

DETECTOR = "quicker_phase"


def find(evidence: Evidence) -> list[Finding]:
    """Say each phase once: of the team if it quickened as a whole, else of its repositories."""
    of_team = {shift.metric.name for shift in evidence.quicker if shift.scope_id == evidence.team_id}
    of_metric = {phase.metric.name: phase for phase in PHASES}
    return [
        _say(of_metric[shift.metric.name], shift, evidence)
        for shift in evidence.quicker
        if shift.scope_id == evidence.team_id or shift.metric.name not in of_team
    ]


def _say(phase: Phase, shift: Shift, evidence: Evidence) -> Finding:
    is_team = shift.scope_id == evidence.team_id
    where = "" if is_team else f" in {evidence.names.get(shift.scope_id, shift.scope_id)}"
    return Finding(
        detector=DETECTOR,
        severity="good",
        title=f"{phase.quicker}{where}: {moved(shift)}.",
        detail=f"{say_rows(shift, evidence.recent)}, against {shift.n_before:,} merged in {weeks(evidence.before)}. "
        f"{explain_like(shift)}",
        # After everything that asks for something to be done.
        order=(2.0, shift.rise),
        scope="team" if is_team else "repository",
        scope_id=shift.scope_id,
        week_start=evidence.recent[-1].start,
        shift=shift,
        pull_request_ids=evidence.select_behind(phase, shift),
    )
