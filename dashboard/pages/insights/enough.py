"""Whether enough is known to tell a change from chance, and how much is needed."""

from dashboard.parts.behind_insight import WEEKLY
from dashboard.shell.context import Context
from warehouse.insights.evidence import find_weeks_needed, list_complete_weeks
from warehouse.insights.shifts import MIN_N, MIN_N_OF_SHARE
from warehouse.words import plural


def can_tell(page: Context) -> bool:
    """Return True if a change of any kind could be told."""
    return count_weeks(page) >= find_weeks_needed().slower


def count_weeks(page: Context) -> int:
    """Count the complete weeks that insights compare."""
    return len(list_complete_weeks(page.reader.weekly_metrics(WEEKLY), page.team.timezone or "UTC"))


def say_needed(page: Context) -> str:
    """Say how many complete weeks each kind of change takes, and how many there are."""
    needed, known = find_weeks_needed(), count_weeks(page)
    return (
        f"To tell a slower phase from chance takes {needed.slower} complete weeks, a quicker one {needed.quicker}, a "
        f"share {needed.shares}, with {MIN_N} pull requests on each side ({MIN_N_OF_SHARE} for a share). "
        f"Here {'is' if known == 1 else 'are'} {plural(known, 'complete week')}."
    )
