"""The days that a team's onboarding covers: chosen when it begins, and kept when it is resumed."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tasks.github.api.settings import GitHubSettings
from warehouse.progress import BLOCKED, Status
from warehouse.windows import Window, plan_windows, subtract_months

# An onboarding that stopped is resumed at its own anchor, so that nothing is counted twice. After this long its
# "last 30 days" would be too old, and it starts over. An anchor that a person chose stays.
RESUMABLE = timedelta(days=1)
UNFINISHED = BLOCKED | {Status.FAILED}


@dataclass(frozen=True)
class Anchor:
    """T and the days counted back from it. If `is_fixed`, a person chose T, and nothing newer is fetched."""

    as_of: datetime
    is_fixed: bool
    days_back: int
    history_days: int
    skip_recent: int = 0

    def windows(self) -> tuple[Window, Window]:
        """Return the windows of phase 1 and of phase 2."""
        return plan_windows(self.as_of, self.days_back, self.history_days, self.skip_recent, is_live=not self.is_fixed)

    def in_one_phase(self) -> "Anchor":
        """Let phase 1 cover all of the history; phase 2 has only older pull requests that are still open."""
        return replace(self, days_back=self.history_days)

    def reach(self, months: int) -> "Anchor":
        """Extend the history to N calendar months; a history that is longer already stays."""
        days = (self.as_of - subtract_months(self.as_of, months)).days
        return replace(self, history_days=max(days, self.history_days))


def choose_anchor(
    team: dict[str, Any] | None,
    settings: GitHubSettings,
    now: datetime,
    as_of: datetime | None = None,
    days_back: int | None = None,
    history_days: int | None = None,
) -> Anchor:
    """Return the anchor that the caller asks for, else that of the unfinished onboarding of `team`, else now.

    The days are the caller's or the settings', also of an onboarding that is resumed: they may have been changed since
    it failed. `team` is its row, None for a new one.
    """
    stored = team if team and _is_resumable(team, now) else {}
    chosen = _as_utc(as_of) or stored.get("as_of")
    return Anchor(
        as_of=chosen or now,
        is_fixed=as_of is not None or bool(stored.get("is_as_of_fixed")),
        days_back=days_back or settings.days_back,
        history_days=history_days or settings.history_days,
        skip_recent=settings.skip_recent,
    )


def read_anchor(team: dict[str, Any], settings: GitHubSettings) -> Anchor:
    """Return the anchor of phase 1 of `team` (its row)."""
    return Anchor(
        as_of=team["as_of"],
        is_fixed=bool(team["is_as_of_fixed"]),
        days_back=team["days_back"] or settings.days_back,
        history_days=team["history_days"] or settings.history_days,
        skip_recent=settings.skip_recent,
    )


def _is_resumable(team: dict[str, Any], now: datetime) -> bool:
    if team["as_of"] is None or team["status"] not in UNFINISHED:
        return False
    return bool(team["is_as_of_fixed"]) or now - team["as_of"] < RESUMABLE


def _as_utc(timestamp: datetime | None) -> datetime | None:
    """Convert to UTC; a timestamp without a zone is taken as UTC, as everywhere in prflow."""
    if timestamp is None:
        return None
    return timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp.astimezone(UTC)
