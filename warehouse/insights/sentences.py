"""Parts of sentences that several detectors share."""

from collections.abc import Sequence

from warehouse.insights.shifts import Shift
from warehouse.insights.words import duration, weeks
from warehouse.metrics.weeks import Week
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


def say_rows(shift: Shift, recent: Sequence[Week]) -> str:
    """Say which number of the pages it is, and of what: others are about similar times, and of other weeks."""
    return f"Median “{shift.metric.label}” of {plural(shift.n_recent, 'pull request')} merged in {weeks(recent)}"


def explain_slower(shift: Shift, recent: Sequence[Week], before: Sequence[Week], left_out: Sequence[str]) -> str:
    """Say what both sides are, how many took longer, and the difference of like with like.

    `left_out` names the repositories that are not compared.
    """
    text = (
        f"{say_rows(shift, recent)}, against {shift.n_before:,} merged in {weeks(before)}. "
        f"{shift.n_above:,} of the {shift.n_recent:,} took longer than the earlier median. {explain_like(shift)}"
    )
    if left_out:
        text += f" Without {', '.join(left_out)}, whose data are not complete."
    return text


def order_of(shift: Shift, place: int) -> tuple[float, ...]:
    """Return the sort order: most hours first, and a finding that explains another right after it."""
    return (0.0, -abs(shift.rise), float(place))
