"""Follow a team's run in the terminal: a line per finished stage, a bar for the running one."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from dashboard.reading.runs import read_run_state, team_progress
from flows.cli.parts.terminal import Terminal
from flows.services.prefect_api import FlowRun
from flows.services.supervisor import Supervisor
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.progress import BACKGROUND, STAGES, Progress, RunState, Status
from warehouse.sources import describe_wait

POLL_SECONDS = 1.0
RUN_STATE_SECONDS = 5.0
MIN_SECONDS = 2.0
ORDER = (
    Status.SYNCING,
    Status.LLM_PROCESSING,
    Status.COMPUTING_METRICS,
    Status.COMPUTING_INSIGHTS,
    Status.PHASE1_COMPLETE,
    Status.BACKGROUND_SYNCING,
    Status.BACKGROUND_LLM,
    Status.COMPLETE,
)
MILESTONES = (Status.PHASE1_COMPLETE, Status.COMPLETE)
# How a run ended, as a verb.
ENDED = {"COMPLETED": "ended", "FAILED": "failed", "CRASHED": "crashed", "CANCELLED": "was cancelled"}


class RunFailed(PrflowError):
    """The followed run failed; the message says why, `hint` what to do."""


@dataclass
class Watch:
    """Follow one run and the background run that it starts.

    `read` returns the team's progress, None if there is none yet; `read_run` returns Prefect's state of a run, which
    matters only until the run has written its first row. `check` raises if a service has died.
    """

    run_id: str
    read: Callable[[], Progress | None]
    read_run: Callable[[str], RunState | None]
    check: Callable[[], None]
    console: Terminal
    sleep: Callable[[float], None] = time.sleep
    reached_at: dict[Status, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)
    _is_ours: bool = False
    _passed: int = 0
    _counts: dict[Status, str] = field(default_factory=dict)

    def follow(self) -> Progress:
        """Return the team's progress once it is complete; RunFailed if a phase failed."""
        with self._bars() as bars:
            bar = bars.add_task("Waiting for the run to start", total=100.0) if bars else None
            while True:
                self.check()
                progress = self._read_ours()
                if progress is not None:
                    self._print_stages(progress)
                    raise_if_failed(progress)
                    if progress.status is Status.COMPLETE:
                        return progress
                    if bars and bar is not None:
                        bars.update(bar, completed=progress.percent, description=describe(progress))
                self.sleep(POLL_SECONDS)

    def _read_ours(self) -> Progress | None:
        """Return None until the run has begun; then the team's progress, including that of later runs."""
        progress = self.read()
        if progress is not None and (self._is_ours or progress.run_id == self.run_id):
            self._is_ours = True
            return progress
        state = self.read_run(self.run_id)
        if state is not None and state.is_over:
            raise RunFailed(
                f"The run {ENDED.get(state.state, state.state.lower())} before it began: {state.message}",
                f"See {state.url}.",
            )
        return None

    def _print_stages(self, progress: Progress) -> None:
        """Print a line for each finished stage. Several may have finished since the last poll."""
        self._counts |= count_by_stage(progress)
        status = progress.stage_of_phase
        if status not in ORDER:
            return
        place = ORDER.index(status) + (status in MILESTONES)
        elapsed = time.monotonic() - self._began
        for status in ORDER[self._passed : place]:
            self.reached_at[status] = self._began + elapsed
            self.console.print(
                f"  [green]✓[/] {STAGES[status]:<40} {self._counts.get(status, ''):>20} [dim]{elapsed:6.1f} s[/]",
                markup=True,
            )
        self._passed = max(self._passed, place)

    def _bars(self) -> "Bars | nullcontext[None]":
        if not self.console.is_terminal:
            return nullcontext()
        columns = (SpinnerColumn(), TextColumn("{task.description:<60}"), BarColumn(), TimeElapsedColumn())
        return Bars(*columns, console=self.console, transient=True)


def follow_onboarding(
    console: Terminal, queue: Callable[[], FlowRun], owner: str, supervisor: Supervisor, exit_when_done: bool
) -> Watch | None:
    """Follow the run to its end. If it fails, raise with `exit_when_done`; else say so, as the dashboard can retry."""
    run = queue()
    console.print(f"Run         {run.url}")
    try:
        return follow(console, run, owner, supervisor)
    except RunFailed as failure:
        if exit_when_done:
            raise
        print_failure(console, failure)
        return None


def print_failure(console: Terminal, failure: RunFailed) -> None:
    """Print message and hint as plain text: they may quote what GitHub or the model returned."""
    console.print(str(failure), style="red")
    hint = f"{failure.hint} " if failure.hint else ""
    console.print(f"{hint}You can retry it on the dashboard.")


def follow(console: Terminal, run: FlowRun, owner: str, supervisor: Supervisor) -> Watch:
    """Follow the run until the team is complete; RunFailed if a phase failed."""
    with Warehouse(read_only=True) as warehouse:
        watch = Watch(
            run.id, Reader(warehouse, owner.lower()), read_run_state, supervisor.check, console, supervisor.sleep
        )
        watch.follow()
    return watch


class Reader:
    """A team's progress, None if it has none yet.

    Reading it costs a tenth of a second of processor time that the run itself needs. So it is read again only after
    a commit, at most every 2 s, and at least every 5 s for Prefect's state of the run.
    """

    def __init__(self, warehouse: Warehouse, team_id: str) -> None:
        self._warehouse = warehouse
        self._team_id = team_id
        self._snapshot = -1
        self._read_at = 0.0
        self._progress: Progress | None = None

    def __call__(self) -> Progress | None:
        age = time.monotonic() - self._read_at
        if age < MIN_SECONDS:
            return self._progress
        snapshot = self._warehouse.snapshot_id()
        if snapshot != self._snapshot or age > RUN_STATE_SECONDS:
            self._snapshot, self._read_at = snapshot, time.monotonic()
            progress = team_progress(self._team_id, self._warehouse)
            self._progress = None if progress.status is Status.NOT_STARTED else progress
        return self._progress


def count_by_stage(progress: Progress) -> dict[Status, str]:
    """Return the counts to show beside each stage: of the running phase, or of all once complete."""
    fetched = f"{progress.prs_synced:,} of {progress.prs_total:,}" if progress.prs_total is not None else ""
    read = f"{progress.llm_done:,} of {progress.llm_total:,}" if progress.llm_total is not None else ""
    if progress.status is Status.COMPLETE:
        return {Status.BACKGROUND_LLM: read, Status.COMPLETE: fetched}
    if progress.stage_of_phase in BACKGROUND:
        return {Status.BACKGROUND_SYNCING: fetched, Status.BACKGROUND_LLM: read}
    return {Status.SYNCING: fetched, Status.LLM_PROCESSING: read, Status.PHASE1_COMPLETE: fetched}


def count(progress: Progress) -> str:
    """Return the counts of the running stage, as `prflow status` shows them."""
    return count_by_stage(progress).get(progress.stage_of_phase, "")


def describe(progress: Progress) -> str:
    """Return the running stage and its counts, or which limit it waits for and until when."""
    if progress.waiting_until:
        return f"Waiting for {describe_wait(progress.waiting_for)} until {progress.waiting_until:%H:%M:%S} UTC"
    return f"{progress.stage} {count(progress)}".strip()


def raise_if_failed(progress: Progress) -> None:
    """Raise RunFailed if the first phase failed (`failed`), or the second (an error beside phase1_complete)."""
    if progress.status is Status.FAILED or (progress.status is Status.PHASE1_COMPLETE and progress.error):
        raise RunFailed(progress.error or "The run failed.", progress.error_hint)
