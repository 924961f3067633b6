"""Find phases that take longer than before: the last complete weeks against those before them."""

from warehouse.insights.evidence import Evidence, Finding
from warehouse.insights.phases import PHASES, Phase
from warehouse.insights.sentences import explain_like, moved, order_of, select_behind
from warehouse.insights.shifts import Shift
from warehouse.insights.words import weeks
from warehouse.words import plural

DETECTOR = "slowed_phase"


def find(evidence: Evidence) -> list[Finding]:
    return [_say(phase, shift, evidence) for phase, shift in find_slowed(evidence)]


def find_slowed(evidence: Evidence) -> list[tuple[Phase, Shift]]:
    """Return the phases that clearly slowed in the team: in the median, and like with like."""
    shifts = {shift.metric.name: shift for shift in evidence.slower if shift.scope_id == evidence.team_id}
    return [(phase, shifts[phase.metric.name]) for phase in PHASES if phase.metric.name in shifts]


def _say(phase: Phase, shift: Shift, evidence: Evidence) -> Finding:
    return Finding(
        detector=DETECTOR,
        severity="warning",
        title=f"{phase.slower}: {moved(shift)}.",
        detail=explain_slower(shift, evidence),
        order=order_of(shift, 0),
        scope="team",
        scope_id=evidence.team_id,
        week_start=evidence.recent[-1].start,
        shift=shift,
        pull_request_ids=select_behind(phase, shift, evidence),
    )


def explain_slower(shift: Shift, evidence: Evidence) -> str:
    """Say what both sides are, how many took longer, and the difference of like with like."""
    text = (
        f"Median of {plural(shift.n_recent, 'pull request')} merged in {weeks(evidence.recent)}, against "
        f"{shift.n_before:,} merged in {weeks(evidence.before)}. {shift.n_above:,} of the {shift.n_recent:,} took "
        f"longer than the earlier median. {explain_like(shift)}"
    )
    if evidence.left_out:
        text += f" Without {', '.join(evidence.left_out)}, whose data are not complete."
    return text
