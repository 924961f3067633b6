"""Which screen a team sees: one pure function of its progress and the time.

`view(progress, now)` decides everything that a page shows of the pipeline: whether the pages are open,
what is said above them, what a person can do, and how often to look again. It draws nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.reading.format import clock, plural, seconds
from warehouse.progress import BACKGROUND, BLOCKED, STAGES, Progress, Status
from warehouse.sources import describe_limit
from warehouse.windows import Phase

STALLED_AFTER = timedelta(seconds=45)
STALE_AFTER = timedelta(hours=26)
# Phase 2 begins right after phase 1: later than this, another team goes first, or its run was lost.
LATE_AFTER = timedelta(minutes=5)
BLOCKED_POLL_SECONDS = 2.0
BANNER_POLL_SECONDS = 10.0
# Below this an estimate from the pace so far says nothing.
ESTIMATE_FROM_PERCENT = 10.0

STEPS = (Status.SYNCING, Status.LLM_PROCESSING, Status.COMPUTING_METRICS, Status.COMPUTING_INSIGHTS)


class Screen(StrEnum):
    """The states of the dashboard. From `opening` on the pages are shown, but for `unreadable`."""

    CONNECT = "connect"
    BLOCKED = "blocked"
    STALLED = "stalled"
    WAITING = "waiting"
    FAILED = "failed"
    OPENING = "opening"
    PARTIAL = "partial"
    PHASE2_FAILED = "phase2_failed"
    COMPLETE = "complete"
    REFRESH_FAILED = "refresh_failed"
    UNREADABLE = "unreadable"


class StepState(StrEnum):
    DONE = "done"
    RUNNING = "running"
    TO_DO = "to_do"


@dataclass(frozen=True)
class Step:
    """One of the four steps of a first run."""

    name: str
    state: StepState


@dataclass(frozen=True)
class View:
    """What the screen says. `text` is the state in words, `hint` what a person can do about it.

    `retry_phase` is the phase that Retry starts again, None where there is nothing to retry.
    `remaining` is an estimate, None below 10 % and while nothing moves. `poll_seconds` None: no polling.
    """

    screen: Screen
    title: str
    text: str
    hint: str = ""
    is_open: bool = False
    percent: float | None = None
    retry_phase: Phase | None = None
    can_skip: bool = False
    steps: tuple[Step, ...] = ()
    remaining: timedelta | None = None
    disagreement: str | None = None
    is_stale: bool = False
    poll_seconds: float | None = None


def choose_view(
    progress: Progress,
    now: datetime,
    stalled_after: timedelta = STALLED_AFTER,
    stale_after: timedelta = STALE_AFTER,
) -> View:
    """The screen of one team at `now` (the server's clock)."""
    if progress.status is Status.FAILED:
        return _failed(progress)
    if progress.status in BLOCKED:
        return _blocked(progress, now, stalled_after)
    if progress.status in BACKGROUND:
        return _partial(progress, now, stalled_after, stale_after)
    if progress.status is Status.PHASE1_COMPLETE:
        return _first_days_ready(progress, now, stale_after)
    if progress.status is Status.COMPLETE:
        return _complete(progress, now, stale_after)
    return _not_started(progress)


def unreadable_view(reason: str) -> View:
    """The screen where the warehouse cannot be opened; `reason` is in words already."""
    return View(
        Screen.UNREADABLE,
        "The warehouse cannot be read",
        reason,
        "`prflow doctor` checks the files and says what to do; this page tries again by itself.",
        poll_seconds=BANNER_POLL_SECONDS,
    )


def connect_view() -> View:
    """The screen before anything was fetched."""
    return View(
        Screen.CONNECT,
        "Connect your first organisation",
        "No repository is followed yet.",
        poll_seconds=BLOCKED_POLL_SECONDS,
    )


def demo_starting_view() -> View:
    """The same in the demo, which follows its own organisation as soon as its services run."""
    return View(
        Screen.CONNECT,
        "The demo is starting",
        "Prefect's server and its worker start first, then the pull requests of a made-up organisation come in.",
        "Nothing to do: this page opens by itself.",
        poll_seconds=BLOCKED_POLL_SECONDS,
    )


def _not_started(progress: Progress) -> View:
    if not progress.repos and progress.run_id is None:
        return connect_view()
    return View(
        Screen.BLOCKED,
        "Setting up your dashboard",
        progress.description,
        percent=0.0,
        steps=_steps(None),
        disagreement=progress.disagreement,
        poll_seconds=BLOCKED_POLL_SECONDS,
    )


def _blocked(progress: Progress, now: datetime, stalled_after: timedelta) -> View:
    screen, text, hint = _liveness(progress, now, stalled_after)
    is_moving = screen is Screen.BLOCKED
    return View(
        screen,
        "Setting up your dashboard",
        text or progress.description,
        hint,
        percent=progress.percent,
        retry_phase=Phase.RECENT if screen is Screen.STALLED else None,
        steps=_steps(progress.status),
        remaining=_estimate(progress, now) if is_moving else None,
        disagreement=progress.disagreement,
        poll_seconds=BLOCKED_POLL_SECONDS,
    )


def _failed(progress: Progress) -> View:
    return View(
        Screen.FAILED,
        "The import failed",
        progress.error or "The run ended without saying why; the log of the run in Prefect says more.",
        progress.error_hint or "Retry goes on where it stopped: finished work is not repeated.",
        percent=progress.percent,
        retry_phase=Phase.RECENT,
        can_skip=progress.prs_synced > 0,
        disagreement=progress.disagreement,
        poll_seconds=BLOCKED_POLL_SECONDS,
    )


def _later_failure(progress: Progress, now: datetime, stale_after: timedelta) -> View:
    """The pages stay open on what is there; the nightly run goes on."""
    is_refresh = progress.status is Status.COMPLETE
    return View(
        Screen.REFRESH_FAILED if is_refresh else Screen.PHASE2_FAILED,
        "The last refresh failed" if is_refresh else "Older history is not complete",
        progress.error or "",
        progress.error_hint or "The nightly run goes on with it; Retry does so now.",
        is_open=True,
        retry_phase=Phase.INCREMENTAL if is_refresh else Phase.HISTORY,
        disagreement=progress.disagreement,
        is_stale=_is_stale(progress, now, stale_after),
        poll_seconds=BANNER_POLL_SECONDS,
    )


def _first_days_ready(progress: Progress, now: datetime, stale_after: timedelta) -> View:
    if progress.error:
        return _later_failure(progress, now, stale_after)
    is_late = progress.moved_at is not None and now - progress.moved_at > LATE_AFTER
    return View(
        Screen.OPENING,
        "The first days are ready",
        "Older history waits for its turn." if is_late else "Older history follows in the background.",
        "If no other team is being read, its run was lost: Retry queues it again." if is_late else "",
        is_open=True,
        retry_phase=Phase.HISTORY if is_late else None,
        disagreement=progress.disagreement,
        is_stale=_is_stale(progress, now, stale_after),
        poll_seconds=BANNER_POLL_SECONDS,
    )


def _partial(progress: Progress, now: datetime, stalled_after: timedelta, stale_after: timedelta) -> View:
    screen, text, hint = _liveness(progress, now, stalled_after)
    return View(
        Screen.PARTIAL,
        "Older history is being read",
        text or progress.description,
        hint,
        is_open=True,
        percent=progress.percent,
        retry_phase=Phase.HISTORY if screen is Screen.STALLED else None,
        remaining=_estimate(progress, now) if screen is Screen.BLOCKED else None,
        disagreement=progress.disagreement,
        is_stale=_is_stale(progress, now, stale_after),
        poll_seconds=BANNER_POLL_SECONDS,
    )


def _complete(progress: Progress, now: datetime, stale_after: timedelta) -> View:
    if progress.error:
        return _later_failure(progress, now, stale_after)
    return View(
        Screen.COMPLETE,
        "All history is in",
        f"{plural(progress.prs_synced, 'pull request')} in the warehouse.",
        is_open=True,
        percent=100.0,
        disagreement=progress.disagreement,
        is_stale=_is_stale(progress, now, stale_after),
    )


def _liveness(progress: Progress, now: datetime, stalled_after: timedelta) -> tuple[Screen, str, str]:
    """Whether a running phase waits, stands still, or moves: screen, text, hint."""
    if progress.waiting_until and progress.waiting_until > now:
        return Screen.WAITING, _waiting_text(progress, now), "Nothing to do: it goes on by itself."
    still = timedelta(seconds=progress.seconds_still or 0.0)
    if still < stalled_after:
        return Screen.BLOCKED, "", ""
    text = f"No progress for {still.total_seconds():.0f} seconds. {_likely_reason(progress)}"
    return Screen.STALLED, text, "Retry is safe: finished work is not repeated."


def _waiting_text(progress: Progress, now: datetime) -> str:
    limit = describe_limit(progress.waiting_for)
    until = progress.waiting_until or now
    return f"Waiting for {limit} until {clock(until)}, {seconds((until - now).total_seconds())} from now."


def _likely_reason(progress: Progress) -> str:
    match progress.run_state:
        case None:
            return "Prefect does not answer: its server may be down."
        case "SCHEDULED" | "PENDING":
            return "The run is queued: no worker has taken it, or another run of this team goes first."
        case "CANCELLING":
            return "The run is being cancelled."
        case _ if progress.status in {Status.LLM_PROCESSING, Status.BACKGROUND_LLM}:
            return "The language model may not be answering, or the worker may be down."
        case _ if progress.status in {Status.SYNCING, Status.BACKGROUND_SYNCING}:
            return "GitHub may not be answering, or the worker may be down."
        case _:
            return "The worker may be down."


def _estimate(progress: Progress, now: datetime) -> timedelta | None:
    """Time left at the pace so far; None below 10 %, where the pace says nothing."""
    if progress.started_at is None or not ESTIMATE_FROM_PERCENT <= progress.percent < 100.0:
        return None
    elapsed = now - progress.started_at
    return elapsed * ((100.0 - progress.percent) / progress.percent)


def _steps(status: Status | None) -> tuple[Step, ...]:
    current = STEPS.index(status) if status in STEPS else -1
    return tuple(Step(STAGES[step], _step_state(place, current)) for place, step in enumerate(STEPS))


def _step_state(place: int, current: int) -> StepState:
    if place == current:
        return StepState.RUNNING
    return StepState.DONE if place < current else StepState.TO_DO


def _is_stale(progress: Progress, now: datetime, stale_after: timedelta) -> bool:
    return progress.last_sync_at is not None and now - progress.last_sync_at > stale_after
