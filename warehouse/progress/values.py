"""The values of progress: statuses, runs, and what a screen shows. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from warehouse.windows import Phase, Window


class Status(StrEnum):
    """The states of a team, in the order in which a first run passes through them."""

    NOT_STARTED = "not_started"
    SYNCING = "syncing"
    LLM_PROCESSING = "llm_processing"
    COMPUTING_METRICS = "computing_metrics"
    COMPUTING_INSIGHTS = "computing_insights"
    PHASE1_COMPLETE = "phase1_complete"
    BACKGROUND_SYNCING = "background_syncing"
    BACKGROUND_LLM = "background_llm"
    COMPLETE = "complete"
    FAILED = "failed"


# How the message begins with which an automation of prefect.yaml marks a run that sends no heartbeats.
SILENT = "No heartbeat"
# A run that is alive says so within this time after it was marked: the server was away, or the machine asleep.
GRACE = timedelta(seconds=30)


@dataclass(frozen=True)
class RunState:
    """The state of a flow run in Prefect; `since` is when it came into it, None if that is not known."""

    run_id: str
    name: str
    state: str  # Prefect's type: SCHEDULED, PENDING, RUNNING, COMPLETED, FAILED, CRASHED, CANCELLED, CANCELLING
    url: str | None = None
    message: str = ""
    since: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.state in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

    @property
    def is_silent(self) -> bool:
        """Return whether the run was marked as crashed only because its heartbeats were missing."""
        return self.state == "CRASHED" and self.message.startswith(SILENT)

    def has_ended(self, now: datetime) -> bool:
        """Return whether the run is over: one that was silent, only if it has not contradicted within GRACE."""
        if self.is_silent and self.since is not None:
            return now - self.since > GRACE
        return self.is_over

    def is_about_to_end(self, now: datetime) -> bool:
        """Return whether the run is being cancelled, or may be dead."""
        return self.state == "CANCELLING" or (self.is_over and not self.has_ended(now))

    @classmethod
    def from_prefect(cls, run: Mapping[str, Any], url: str | None = None) -> "RunState":
        """Read a flow run as Prefect's API returns it; one without a state has yet to begin. `url` is its page."""
        state = run.get("state") or {}
        kind = run.get("state_type") or state.get("type") or "PENDING"
        since = state.get("timestamp")
        return cls(
            run["id"],
            run.get("name") or "",
            kind,
            url,
            state.get("message") or "",
            datetime.fromisoformat(since) if since else None,
        )


ReadRunState = Callable[[str], RunState | None]
"""Asks Prefect for a run by its id; None if Prefect does not respond or does not know it."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One flow run of one team.

    `is_as_of_fixed` says that a person chose `as_of`: nothing newer than it is fetched or measured.
    """

    run_id: str
    team_id: str
    flow: str
    phase: Phase
    as_of: datetime
    window: Window
    is_as_of_fixed: bool = False


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """A run as stored in its row: how far it got, and `state`: running, or how it ended."""

    run: Run
    state: str
    stage: Status
    started_at: datetime
    moved_at: datetime
    waiting_until: datetime | None
    waiting_for: str | None
    llm_total: int | None
    llm_left: int | None = None
    llm_stopped: str | None = None


@dataclass(frozen=True)
class RepositoryProgress:
    """One repository's part of the current phase; the names are those of `prflow status --json`."""

    id: str
    full_name: str
    sync_status: str
    sync_progress: float | None
    sync_prs_completed: int
    sync_prs_total: int | None
    last_sync_at: datetime | None
    last_sync_error: str | None


@dataclass(frozen=True)
class Progress:
    """Everything that a screen shows of a team's progress.

    `percent` is 0 to 100 of the phase that runs, or in which the run failed; it does not fall within one. `prs_synced`
    of `prs_total` count that phase's pull requests, and all of them once complete; a total is None until it is counted.
    `completed_at` is the end of the last run that did its work, `failed_stage` the step in which the last one failed,
    `previous_error` why the run before the present one failed. `llm_left` pull requests were left to the next run, for
    the reason `llm_stopped`. `repos_failed` of the `repos` could not be fetched. `seconds_still` is the time since
    anything was committed, None while nothing runs. `disagreement` is a sentence if Prefect and the warehouse differ.
    """

    team_id: str
    login: str
    status: Status
    percent: float
    stage: str
    description: str
    phase: Phase | None = None
    run_id: str | None = None
    run_name: str | None = None
    run_url: str | None = None
    run_state: str | None = None
    prs_synced: int = 0
    prs_total: int | None = None
    llm_done: int = 0
    llm_total: int | None = None
    waiting_until: datetime | None = None
    waiting_for: str | None = None
    started_at: datetime | None = None
    moved_at: datetime | None = None
    seconds_still: float | None = None
    error: str | None = None
    error_hint: str | None = None
    disagreement: str | None = None
    is_simulated: bool = False
    is_analysis_simulated: bool = False
    is_without_model: bool = False
    as_of: datetime | None = None
    last_sync_at: datetime | None = None
    completed_at: datetime | None = None
    failed_stage: str | None = None
    previous_error: str | None = None
    llm_left: int = 0
    llm_stopped: str | None = None
    repos_failed: int = 0
    repos: tuple[RepositoryProgress, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.status in BLOCKED or self.status in BACKGROUND

    @property
    def stage_of_phase(self) -> Status:
        """What the run does: the stage of its own phase, also while the pages are open."""
        return stage_of_phase(self.status, self.phase)

    @property
    def is_open(self) -> bool:
        """Whether the dashboard's pages are open."""
        return self.status in OPEN

    def to_json(self) -> dict[str, object]:
        """Return plain values for JSON; timestamps as ISO 8601 in UTC."""
        return {name: _plain(value) for name, value in asdict(self).items()}


BLOCKED = frozenset({Status.SYNCING, Status.LLM_PROCESSING, Status.COMPUTING_METRICS, Status.COMPUTING_INSIGHTS})
BACKGROUND = frozenset({Status.BACKGROUND_SYNCING, Status.BACKGROUND_LLM})
OPEN = frozenset({Status.PHASE1_COMPLETE, Status.COMPLETE}) | BACKGROUND

STAGES = {
    Status.NOT_STARTED: "Not started",
    Status.SYNCING: "Fetch pull requests",
    Status.LLM_PROCESSING: "Read them with the model",
    Status.COMPUTING_METRICS: "Compute metrics",
    Status.COMPUTING_INSIGHTS: "Find insights",
    Status.PHASE1_COMPLETE: "First days ready",
    Status.BACKGROUND_SYNCING: "Fetch older pull requests",
    Status.BACKGROUND_LLM: "Read older pull requests with the model",
    Status.COMPLETE: "Complete",
    Status.FAILED: "Failed",
}

# Start and end of each stage in percent of its phase, by the time that it usually takes.
SHARES = {
    Status.SYNCING: (0.0, 60.0),
    Status.LLM_PROCESSING: (60.0, 90.0),
    Status.COMPUTING_METRICS: (90.0, 95.0),
    Status.COMPUTING_INSIGHTS: (95.0, 100.0),
    Status.BACKGROUND_SYNCING: (0.0, 70.0),
    Status.BACKGROUND_LLM: (70.0, 100.0),
}
FIRST_STAGE = {Phase.RECENT: Status.SYNCING, Phase.HISTORY: Status.BACKGROUND_SYNCING}
# What a team returns to if a run fails: without its first phase there is nothing to show yet.
STATUS_AFTER_FAILURE = {
    Phase.RECENT: Status.FAILED,
    Phase.HISTORY: Status.PHASE1_COMPLETE,
    Phase.INCREMENTAL: Status.COMPLETE,
}


_WHILE_OPEN = {
    Status.SYNCING: Status.BACKGROUND_SYNCING,
    Status.LLM_PROCESSING: Status.BACKGROUND_LLM,
    Status.COMPUTING_METRICS: Status.BACKGROUND_LLM,
    Status.COMPUTING_INSIGHTS: Status.BACKGROUND_LLM,
    Status.FAILED: Status.PHASE1_COMPLETE,
}

_IN_FIRST_PHASE = {
    Status.BACKGROUND_SYNCING: Status.SYNCING,
    Status.BACKGROUND_LLM: Status.LLM_PROCESSING,
}


def stage_of_phase(status: Status, phase: Phase | None) -> Status:
    """Return the stage of a run of `phase` that a team in `status` is in, whether its pages are open or not."""
    return _IN_FIRST_PHASE.get(status, status) if phase is Phase.RECENT else status


def keep_open(status: Status) -> Status:
    """Return the status of a team whose dashboard was open before, in place of one that would close it."""
    return _WHILE_OPEN.get(status, status)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
