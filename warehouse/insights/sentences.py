"""Parts of sentences and rows that several detectors share."""

import polars as pl

from warehouse.insights.evidence import MAX_PULL_REQUESTS, Evidence, select_weeks
from warehouse.insights.phases import Phase
from warehouse.insights.shifts import Shift
from warehouse.insights.words import duration, weeks
from warehouse.words import plural


def moved(shift: Shift, where: str = "") -> str:
    """Say both typical values: "typically 14 hours, up from 5 hours"."""
    direction = "up" if shift.rise > 0 else "down"
    return f"typically {duration(shift.recent)}{where}, {direction} from {duration(shift.before)}"


def explain_like(shift: Shift) -> str:
    """Say the difference within repository and author, with its interval: "+60 % (95 %: +25 to +110 %)"."""
    if shift.metric.flag is None:
        like, low, high = (f"{100 * (ratio - 1):+,.0f}" for ratio in (shift.like, shift.low, shift.high))
        return f"For the same repositories and authors: {like} % (95 % interval {low} to {high} %)."
    like, low, high = (f"{100 * points:+,.0f}" for points in (shift.like, shift.low, shift.high))
    return f"For the same repositories and authors: {like} points (95 % interval {low} to {high})."


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


def order_of(shift: Shift, place: int) -> tuple[float, ...]:
    """Return the sort order: most hours first, and a finding that explains another right after it."""
    return (0.0, -abs(shift.rise), float(place))


def select_behind(phase: Phase, shift: Shift, evidence: Evidence) -> list[str]:
    """Return the ids of the scope's recent pull requests on the far side of the earlier median, the farthest first."""
    rows = select_weeks(phase.metric, evidence.compared, evidence.recent)
    if shift.scope_id != evidence.team_id:
        rows = rows.filter(pl.col("repository_id") == shift.scope_id)
    is_slower, taken = shift.rise > 0, pl.col(phase.column)
    rows = rows.filter(taken > shift.before if is_slower else taken < shift.before)
    ordered = rows.sort(phase.column, "pull_request_id", descending=[is_slower, False])
    return ordered["pull_request_id"].head(MAX_PULL_REQUESTS).to_list()
