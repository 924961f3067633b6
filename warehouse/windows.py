"""The phases of a team's history and the windows of `updatedAt` that each of them fetches."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

# GitHub may show a change a little after its updatedAt: an incremental window begins this much before the
# watermark.
OVERLAP = timedelta(minutes=10)
# Some changes do not move updatedAt or createdAt: resolved threads, checks, states of a deployment, drafts that are
# published. They come within days, so what is open or younger than this is read again.
SETTLED_AFTER = timedelta(days=14)


class Phase(IntEnum):
    """The part of a team's history that a run fetches, as stored in `pipeline_runs` and `sync_items`."""

    RECENT = 1  # the newest pull requests, after which the dashboard opens
    HISTORY = 2  # the older ones, in the background
    INCREMENTAL = 3  # what changed since each repository's watermark


@dataclass(frozen=True)
class Window:
    """Half-open `[start, end)` in UTC; `end` None means "and everything newer"."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise ValueError(f"a window cannot end ({self.end}) before it starts ({self.start})")

    def __contains__(self, timestamp: datetime) -> bool:
        return self.start <= timestamp and (self.end is None or timestamp < self.end)


def plan_windows(
    as_of: datetime, days_back: int, history_days: int, skip_recent: int = 0, *, is_live: bool = False
) -> tuple[Window, Window]:
    """Plan the windows of phase 1 and phase 2 of an onboarding anchored at `as_of`.

    Days count from `as_of`: phase 1 is `[T - days_back, T - skip_recent)`, phase 2 `[T - history_days,
    T - days_back)`, so that together they are one window without gap or overlap.

    `is_live` says that `as_of` is only the time at which the onboarding began. Then neither has an end: what is
    updated while phase 1 scans belongs to phase 1, and what is updated between the phases to phase 2, which skips every
    pull request that phase 1 has fetched in its current version.
    """
    if not 0 <= skip_recent < days_back:
        raise ValueError(f"skip_recent ({skip_recent}) must be at least 0 and less than days_back ({days_back})")
    if history_days < days_back:
        raise ValueError(f"history_days ({history_days}) must be at least days_back ({days_back})")
    recent, border, oldest = (as_of - timedelta(days=days) for days in (skip_recent, days_back, history_days))
    if is_live and skip_recent == 0:
        return Window(border), Window(oldest)
    return Window(border, recent), Window(oldest, border)


def plan_refresh(oldest_watermark: datetime, now: datetime, skip_recent: int = 0) -> Window:
    """Plan the window of an incremental sync: since the oldest watermark; each repository begins at its own.

    The newest `skip_recent` days are skipped, as in an onboarding, until they are older.
    """
    start = oldest_watermark - OVERLAP
    return Window(start, max(start, now - timedelta(days=skip_recent)) if skip_recent else None)


def subtract_months(timestamp: datetime, months: int) -> datetime:
    """Return the same day and time `months` calendar months earlier, or the last day of that month."""
    year, month = divmod(timestamp.year * 12 + timestamp.month - 1 - months, 12)
    for day in range(timestamp.day, timestamp.day - 4, -1):
        try:
            return timestamp.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise ValueError(f"{timestamp:%Y-%m-%d} less {months} months is not a day")
