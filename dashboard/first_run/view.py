"""The screen that a team sees, by one pure function of its progress and the time.

`choose_view(progress, now)` decides everything that a page shows of the pipeline: whether the pages are open,
what stands above them, what a person can do, and how often to look again. It draws nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.first_run.liveness import Pace, judge_liveness
from warehouse.progress import BACKGROUND, BLOCKED, STAGES, Progress, Status
from warehouse.windows import Phase
from warehouse.words import plural

STALLED_AFTER = timedelta(seconds=45)
STALE_AFTER = timedelta(hours=26)
# Phase 2 begins right after phase 1: later than this, another team is ahead of it, or its run was lost.
LATE_AFTER = timedelta(minutes=5)
BLOCKED_POLL_SECONDS = 2.0
BANNER_POLL_SECONDS = 10.0

STEPS = (Status.SYNCING, Status.LLM_PROCESSING, Status.COMPUTING_METRICS, Status.COMPUTING_INSIGHTS)


class Screen(StrEnum):
    """The states of the dashboard. From `opening` on the pages are shown, except in `unreadable`."""

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


SCREENS = {Pace.MOVING: Screen.BLOCKED, Pace.WAITING: Screen.WAITING, Pace.STALLED: Screen.STALLED}


class StepState(StrEnum):
    """How far one step of a first run is."""

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
    """The contents of a screen. `text` describes the state, `hint` what a person can do about it.

    `retry_phase` is the phase that Retry starts again, None if there is nothing to retry. `remaining` is an
    estimate, None below 10 % and while nothing moves. `poll_seconds` None: no polling.
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
    """Return the view of one team at `now` (the server's clock)."""
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


def unreadable_view(reason: str, hint: str = "") -> View:
    """Return the view of a warehouse that cannot be used; `reason` is a sentence for a person, `hint` the way out."""
    return View(
        Screen.UNREADABLE,
        "The warehouse cannot be read",
        reason,
        f"{hint or 'Run `prflow doctor`: it checks the files and says what to do.'} This page keeps trying by itself.",
        poll_seconds=BANNER_POLL_SECONDS,
    )


def connect_view() -> View:
    """Return the view before anything was fetched."""
    return View(
        Screen.CONNECT,
        "Connect your first organisation",
        "prflow does not follow any repository yet.",
        poll_seconds=BLOCKED_POLL_SECONDS,
    )


def demo_starting_view() -> View:
    """Return the view of a demo before anything was fetched: it follows its own organisation by itself."""
    return View(
        Screen.CONNECT,
        "The demo is starting",
        "Prefect's server and its worker start first. Then the pull requests of a made-up organisation come in.",
        "You do not need to do anything: this page opens by itself.",
        poll_seconds=BLOCKED_POLL_SECONDS,
    )


def starting_view(text: str = "The import is about to start.", disagreement: str | None = None) -> View:
    """Return the view of an import that was asked for and of which nothing is known yet."""
    return View(
        Screen.BLOCKED,
        "Setting up your dashboard",
        text,
        percent=0.0,
        steps=_steps(None),
        disagreement=disagreement,
        poll_seconds=BLOCKED_POLL_SECONDS,
    )


def _not_started(progress: Progress) -> View:
    if not progress.repos and progress.run_id is None:
        return connect_view()
    return starting_view(progress.description, progress.disagreement)


def _blocked(progress: Progress, now: datetime, stalled_after: timedelta) -> View:
    liveness = judge_liveness(progress, now, stalled_after)
    before = f"The attempt before failed: {progress.previous_error}" if progress.previous_error else ""
    return View(
        SCREENS[liveness.pace],
        "Setting up your dashboard",
        liveness.text or progress.description,
        liveness.hint or before,
        percent=progress.percent,
        retry_phase=Phase.RECENT if liveness.pace is Pace.STALLED else None,
        steps=_steps(progress.status),
        remaining=liveness.remaining,
        disagreement=progress.disagreement,
        poll_seconds=BLOCKED_POLL_SECONDS,
    )


def _failed(progress: Progress) -> View:
    return View(
        Screen.FAILED,
        "The import failed",
        progress.error or "The run ended without giving a reason. Its log in Prefect says more.",
        progress.error_hint or "Retry continues where the run stopped: finished work is not repeated.",
        percent=progress.percent,
        retry_phase=Phase.RECENT,
        can_skip=progress.prs_synced > 0,
        disagreement=progress.disagreement,
        poll_seconds=BLOCKED_POLL_SECONDS,
    )


def _later_failure(progress: Progress, now: datetime, stale_after: timedelta) -> View:
    """Return the view of a failure after the first days: the pages stay open on what is there."""
    is_refresh = progress.status is Status.COMPLETE
    return View(
        Screen.REFRESH_FAILED if is_refresh else Screen.PHASE2_FAILED,
        "The last refresh failed" if is_refresh else "Older history is not complete",
        progress.error or "",
        progress.error_hint or "The nightly run tries again. To try now, press Retry.",
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
        "The import of older history is waiting for its turn."
        if is_late
        else "Older history follows in the background.",
        "If no other team is being imported, its run was lost: Retry queues it again." if is_late else "",
        is_open=True,
        retry_phase=Phase.HISTORY if is_late else None,
        disagreement=progress.disagreement,
        is_stale=_is_stale(progress, now, stale_after),
        poll_seconds=BANNER_POLL_SECONDS,
    )


def _partial(progress: Progress, now: datetime, stalled_after: timedelta, stale_after: timedelta) -> View:
    liveness = judge_liveness(progress, now, stalled_after)
    return View(
        Screen.PARTIAL,
        _background_title(progress),
        liveness.text or progress.description,
        liveness.hint,
        is_open=True,
        percent=progress.percent,
        retry_phase=(progress.phase or Phase.HISTORY) if liveness.pace is Pace.STALLED else None,
        remaining=liveness.remaining,
        disagreement=progress.disagreement,
        is_stale=_is_stale(progress, now, stale_after),
        poll_seconds=BANNER_POLL_SECONDS,
    )


def _background_title(progress: Progress) -> str:
    match progress.stage_of_phase:
        case Status.LLM_PROCESSING:
            return "The numbers are in, the reading goes on"
        case Status.SYNCING:
            return "Pull requests are being imported"
        case _:
            return "Older history is being imported"


def _complete(progress: Progress, now: datetime, stale_after: timedelta) -> View:
    if progress.error:
        return _later_failure(progress, now, stale_after)
    return View(
        Screen.COMPLETE,
        "All history is imported",
        f"{plural(progress.prs_synced, 'pull request')} in the warehouse.",
        say_what_is_left(progress),
        is_open=True,
        percent=100.0,
        disagreement=progress.disagreement,
        is_stale=_is_stale(progress, now, stale_after),
    )


def say_what_is_left(progress: Progress) -> str:
    """Say what the last run did not do although it ended well; empty if it did everything."""
    parts = []
    if progress.repos_failed:
        parts.append(f"{progress.repos_failed} of {plural(len(progress.repos), 'repository')} could not be fetched.")
    if progress.llm_left:
        parts.append(
            f"{plural(progress.llm_left, 'pull request')} left for the model to read. {progress.llm_stopped or ''}"
        )
    return " ".join(parts).strip()


def _steps(status: Status | None) -> tuple[Step, ...]:
    current = STEPS.index(status) if status in STEPS else -1
    return tuple(Step(STAGES[step], _step_state(place, current)) for place, step in enumerate(STEPS))


def _step_state(place: int, current: int) -> StepState:
    if place == current:
        return StepState.RUNNING
    return StepState.DONE if place < current else StepState.TO_DO


def _is_stale(progress: Progress, now: datetime, stale_after: timedelta) -> bool:
    return progress.last_sync_at is not None and now - progress.last_sync_at > stale_after
