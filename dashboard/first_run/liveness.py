"""The pace of a running phase: it moves, waits for a limit, or has stalled."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.reading.format import seconds, time_of_day
from warehouse.progress import Progress, Status
from warehouse.sources import describe_wait

# Below this an estimate from the pace so far means nothing.
MIN_ESTIMATE_PERCENT = 10.0
MAX_SPELT_SECONDS = 120.0


class Pace(StrEnum):
    """How a running phase is getting on."""

    MOVING = "moving"
    WAITING = "waiting"
    STALLED = "stalled"


@dataclass(frozen=True)
class Liveness:
    """The pace of a running phase; text and hint are empty while it moves."""

    pace: Pace
    text: str = ""
    hint: str = ""
    remaining: timedelta | None = None


def judge_liveness(progress: Progress, now: datetime, stalled_after: timedelta) -> Liveness:
    """Return how a running phase is getting on at `now`; `remaining` is an estimate while it moves."""
    if progress.waiting_until and progress.waiting_until > now:
        text = _waiting_text(progress.waiting_for, progress.waiting_until, now)
        return Liveness(Pace.WAITING, text, "You do not need to do anything: the run continues by itself.")
    still = timedelta(seconds=progress.seconds_still or 0.0)
    if still < stalled_after:
        return Liveness(Pace.MOVING, remaining=_estimate(progress, now))
    text = f"No progress for {_say_stillness(still.total_seconds())}. {_likely_reason(progress)}"
    return Liveness(Pace.STALLED, text, "Retrying is safe: finished work is not repeated.")


def _say_stillness(value: float) -> str:
    """Return how long nothing has moved, to the second as long as that is easy to read."""
    return f"{value:.0f} seconds" if value < MAX_SPELT_SECONDS else seconds(value)


def _waiting_text(waiting_for: str | None, until: datetime, now: datetime) -> str:
    limit = describe_wait(waiting_for)
    return f"Waiting for {limit} until {time_of_day(until)}, {seconds((until - now).total_seconds())} from now."


def _likely_reason(progress: Progress) -> str:
    match progress.run_state:
        case None:
            return "Prefect is not responding. Its server may be down."
        case "SCHEDULED" | "PENDING":
            return "The run is queued. No worker has picked it up yet, or another run of this team is ahead of it."
        case "CANCELLING":
            return "The run is being cancelled."
        case _ if progress.status in {Status.LLM_PROCESSING, Status.BACKGROUND_LLM}:
            return "The language model may not be responding, or the worker may be down."
        case _ if progress.status in {Status.SYNCING, Status.BACKGROUND_SYNCING}:
            return "GitHub may not be responding, or the worker may be down."
        case _:
            return "The worker may be down."


def _estimate(progress: Progress, now: datetime) -> timedelta | None:
    """Return the time left at the pace so far; None below 10 %, when the pace means nothing."""
    if progress.started_at is None or not MIN_ESTIMATE_PERCENT <= progress.percent < 100.0:
        return None
    elapsed = now - progress.started_at
    return elapsed * ((100.0 - progress.percent) / progress.percent)
