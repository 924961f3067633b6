"""Onboard a small organisation with every kind of GitHub fault, and check the result, the page and the next run.

For each fault a simulated GitHub is onboarded (discovery, phase 1, phase 2) with the fault in it. Then the next run
takes place without it, and both warehouses are compared, row for row, with one that was filled from the same GitHub
undisturbed. Waits take no time, since the clock only moves by sleeping.
"""

import asyncio
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from benchmarks.document import write_table
from benchmarks.faults.cases import CASES, NIGHTS, OWNER, ExpectedResult, FaultCase, make_small
from benchmarks.faults.values import VALUES
from benchmarks.options import add_write, make_parser
from benchmarks.stage import (
    AS_OF,
    OF_A_RUN,
    Homes,
    Rows,
    Stage,
    describe_difference,
    empty_homes,
    open_warehouse,
    read_rows,
    staged,
)
from dashboard.first_run.view import choose_view
from flows.lifecycle.explain import describe
from simulators.github.serving.faults import Fault, Kind
from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.scope import Scope
from tasks.github.ingestion.summary import SyncSummary
from tasks.github.organisation.discovery import discover_repositories
from tasks.github.organisation.follow import follow_owner
from warehouse.connection import Warehouse
from warehouse.identity.teams import find_team
from warehouse.progress import Run, RunState, Status, fail_run, finish_run, note_waiting, read_progress, start_run
from warehouse.windows import Phase, plan_refresh, plan_windows

COLUMNS = (
    "fault",
    "requests",
    "waited",
    "result",
    "the page says",
    "warehouse",
    "next run",
    "violations",
    "form seen at",
)
SETTINGS = {"page_size": 12}
# The table shows the beginning of what the page says; the check is on all of it.
MAX_CELL_LENGTH = 110


@dataclass(frozen=True)
class Played:
    """One row of the table, and what is wrong with it, empty if everything is as expected."""

    row: tuple[str, ...]
    wrong: str


# Which team a row belongs to is not compared: it is called as its owner is when it is loaded.
IGNORED = OF_A_RUN | {"team_id"}


class Player:
    """Plays the runs of one team on one warehouse, as the flows do: start, ingest, record the result."""

    def __init__(self, stage: Stage, warehouse: Warehouse, case: FaultCase) -> None:
        self.stage, self.warehouse, self.case = stage, warehouse, case
        self.seen: list[str] = []
        self.requests = 0
        self.is_partial = False

    def onboard(self) -> GitHubError | None:
        """Run both phases as of AS_OF, and return the error that ended them, if any."""
        first, second = plan_windows(AS_OF, 30, 90, is_live=True)
        runs = [
            Run(run_id="run-1", team_id=self.team_id, flow="onboarding", phase=Phase.RECENT, as_of=AS_OF, window=first),
            Run(
                run_id="run-2", team_id=self.team_id, flow="background", phase=Phase.HISTORY, as_of=AS_OF, window=second
            ),
        ]
        for run in runs:
            error = self._play(run, Status.PHASE1_COMPLETE if run.phase is Phase.RECENT else Status.COMPLETE)
            if error is not None:
                return error
        return None

    @property
    def team_id(self) -> str:
        """The id of the team, or of one to be: the login of today."""
        return find_team(self.warehouse, OWNER) or self.stage.organisation.login.lower()

    def refresh(self, number: int = 3) -> GitHubError | None:
        """Run the next nightly sync, with the weekly refetch."""
        window = plan_refresh(AS_OF - timedelta(days=30), self.stage.clock())
        run_id = f"run-{number}"
        return self._play(
            Run(
                run_id=run_id,
                team_id=self.team_id,
                flow="refresh",
                phase=Phase.INCREMENTAL,
                as_of=AS_OF,
                window=window,
            ),
            Status.COMPLETE,
        )

    def find_unflagged(self) -> str:
        """Return what is wrong with data that GitHub keeps back for good; empty if it is flagged and runs are quiet."""
        kept = self.warehouse.read(_KEPT).item()
        flags = "" if kept else "what is missing is not flagged as kept; "
        return flags + ("the last night was partial" if self.is_partial else "")

    def repeat_nights(self) -> GitHubError | None:
        """Run the nights in which the fault goes on, and return the error that ended one of them, if any."""
        for night in range(self.case.nights):
            self.stage.clock.at += timedelta(days=1)
            if error := self.refresh(3 + night):
                return error
        return None

    def _play(self, run: Run, status: Status) -> GitHubError | None:
        clock = self.stage.clock
        clock.at += timedelta(seconds=1)  # the page shows the run that started last
        start_run(self.warehouse, run, clock())
        try:
            summary = asyncio.run(self._ingest(run))
        except GitHubError as error:
            fail_run(self.warehouse, run, *describe(error), clock())
            return error
        self.is_partial = summary.is_partial
        finish_run(self.warehouse, run, status, "partial" if summary.is_partial else "completed", clock())
        return None

    async def _ingest(self, run: Run) -> SyncSummary:
        async def on_wait(until: datetime | None) -> None:
            what = "github" if until else None
            note_waiting(self.warehouse, run, until, what, self.stage.clock())
            if until is not None:
                self.seen.append(self.page())

        async with self.stage.github(on_wait, **{**SETTINGS, **self.case.settings}) as github:
            try:
                return await self._discover_and_ingest(github, run)
            finally:
                self.requests += github.requests

    async def _discover_and_ingest(self, github: GitHub, run: Run) -> SyncSummary:
        if run.phase is Phase.RECENT:
            await discover_repositories(github, self.warehouse, run.team_id)
            if not self.case.is_early:
                self.arm()
        elif run.phase is Phase.INCREMENTAL:
            run = replace(run, team_id=(await follow_owner(github, self.warehouse, run.team_id)).team_id)
        return await ingest(github, self.warehouse, run, scope=Scope(is_refetch=run.phase is Phase.INCREMENTAL))

    def arm(self) -> None:
        """Inject the faults, unless that was done already."""
        if self.stage.running.faults.fired or self.stage.running.faults.waiting():
            return
        if self.case.poison is not None:
            self._poison(self.case.poison)
        self.stage.running.faults.add(*self.case.faults(self.stage.organisation))

    def _poison(self, place: int) -> None:
        newest = sorted(self.stage.organisation.pull_requests(), key=lambda each: str(each["updatedAt"]), reverse=True)
        name, add = newest[place]["id"].encode(), self.stage.running.faults.add
        self.stage.running.listeners.append(lambda _, body: add(Fault(Kind.TIMEOUT)) if name in body else None)

    def page(self) -> str:
        """Return what the dashboard says now: its own sentence, and its errors of single repositories."""
        now = self.stage.clock()
        progress = read_progress(self.warehouse, self.team_id, lambda run_id: RunState(run_id, "", "RUNNING"), now)
        shown = choose_view(progress, now)
        errors = [f"{one.full_name}: {one.last_sync_error}" for one in progress.repos if one.last_sync_error]
        sentences = filter(None, [shown.text, shown.hint if progress.error else "", *errors])
        return " ".join(f"{each.rstrip('.')}." for each in sentences)


def play(case: FaultCase, homes: Homes) -> Played:
    """Play the run with the fault, the next run, and a run on the same GitHub undisturbed."""
    calm = replace(case, faults=lambda _: [], poison=None, is_early=True, settings=case.next_settings)
    organisation = make_small()
    if case.spoil is not None:
        case.spoil(organisation)
    with staged(organisation, skew=case.skew, limits=case.limits) as stage:
        with open_warehouse(homes.new()) as warehouse:
            player = Player(stage, warehouse, case)
            if case.is_early:
                player.arm()
            error = player.onboard() or player.repeat_nights()
            page = (player.seen or [player.page()])[0] if case.result is ExpectedResult.COMPLETE else player.page()
            first, waited = read_rows(warehouse, ignored=IGNORED), stage.clock.slept
            after = Player(stage, warehouse, calm)
            if case.is_lasting:
                next_error, kept = play_nights(after)
            else:
                stage.running.faults.clear()
                stage.running.listeners.clear()
                stage.clock.at += timedelta(days=1)
                next_error = (after.onboard() if error is not None else None) or after.refresh(4 + case.nights)
                kept = ""
            stage.running.faults.clear()
            stage.running.listeners.clear()
            noted = read_notes(warehouse)
            second = read_rows(warehouse, ignored=IGNORED)
        complete = read_undisturbed(stage, homes, calm)
        violations = int(stage.running.stats()["violations"])
    allow_extra = case.is_kept and case.result is ExpectedResult.COMPLETE
    missing = describe_difference(first, complete, allow_extra=allow_extra)
    left = kept if case.is_lasting else describe_difference(second, complete, allow_extra=case.is_kept)
    outcome = FaultOutcome(case, error, next_error, page, missing, left, violations, noted)
    return Played(outcome.row(player.requests, waited), outcome.find_deviations())


def play_nights(player: Player) -> tuple[GitHubError | None, str]:
    """Play nights in which the fault stays; return the error of one, and what is not as it should be after the last."""
    for number in range(NIGHTS):
        player.stage.clock.at += timedelta(days=1)
        if error := player.refresh(3 + number):
            return error, ""
    return None, player.find_unflagged()


_KEPT = """
SELECT (SELECT count(*) FROM short_lists WHERE days >= 3)
    + (SELECT count(*) FROM pull_requests WHERE NOT is_complete AND partial_days >= 3)
"""


def read_notes(warehouse: Warehouse) -> str:
    """Return what the warehouse says could not be stored as GitHub has it."""
    found = warehouse.read("SELECT altered_reason FROM pull_requests WHERE altered_reason IS NOT NULL ORDER BY id")
    return " | ".join(found["altered_reason"])


def read_undisturbed(stage: Stage, homes: Homes, calm: FaultCase) -> Rows:
    """Onboard the same GitHub, as it is now, without a fault, and return the rows."""
    with open_warehouse(homes.new()) as warehouse:
        if error := Player(stage, warehouse, calm).onboard():
            raise SystemExit(f"an undisturbed run failed: {error}")
        return read_rows(warehouse, ignored=IGNORED)


@dataclass(frozen=True)
class FaultOutcome:
    """Outcome of a run with a fault.

    `missing` and `left` are the differences from an undisturbed run, after this run and after the next one.
    """

    case: FaultCase
    error: GitHubError | None
    next_error: GitHubError | None
    page: str
    missing: str
    left: str
    violations: int
    noted: str = ""

    def row(self, requests: int, waited: float) -> tuple[str, ...]:
        result = f"{self.case.result}: {type(self.error).__name__}" if self.error else str(self.case.result)
        return (
            self.case.name,
            str(requests),
            f"{waited:,.0f} s",
            result,
            textwrap.shorten(self.page, MAX_CELL_LENGTH, placeholder=" ..."),
            self.missing or "equal",
            self.left or ("kept and flagged" if self.case.is_lasting else "equal"),
            str(self.violations),
            self.case.source,
        )

    def find_deviations(self) -> str:
        """Describe what is not as expected; empty if everything is."""
        result, case = self.case.result, self.case
        is_complete, is_partial, is_stopped = (result is each for each in ExpectedResult)
        deviations = {
            "the run ended with an error": self.error is not None and not is_stopped,
            "the run did not end with an error": self.error is None and is_stopped,
            "the warehouse differs": bool(self.missing) and is_complete,
            "nothing is missing": not self.missing and not is_complete,
            f"the page does not say “{case.says}”": not is_partial and case.says not in self.page,
            f"the page does not name “{case.names}”": is_partial and case.names not in self.page,
            f"the next run failed: {self.next_error}": self.next_error is not None,
            f"the next run left {self.left}": bool(self.left),
            "requests were sent in spite of a limit": self.violations > 0,
            f"the warehouse does not note “{case.notes}” but “{self.noted}”": case.notes not in self.noted,
            f"the warehouse notes “{self.noted}”": not case.notes and bool(self.noted),
        }
        return "; ".join(text for text, applies in deviations.items() if applies)


def main() -> None:
    options = make_parser(
        "faults",
        "Onboard a small organisation with every kind of GitHub fault, and check the result, the page and the next "
        "run; exit code 1 if anything is not as expected.",
    )
    options.add_argument("--only", default="", metavar="TEXT", help="play only faults whose name contains TEXT")
    add_write(options)
    chosen = options.parse_args()
    console, played = Console(), []
    with empty_homes() as homes:
        for case in [each for each in (*CASES, *VALUES) if chosen.only in each.name]:
            played.append(play(case, homes))
            console.print(f"{'[red]wrong' if played[-1].wrong else '[green]ok'}[/] {case.name} {played[-1].wrong}")
    console.print(draw_table([one.row for one in played]))
    wrong = sum(bool(one.wrong) for one in played)
    faults = f"{len(played)} fault{'s' * (len(played) != 1)}"
    console.print(f"{faults}, {wrong} not handled as expected.")
    if chosen.write:
        sentence = f"{faults}, {wrong} not handled as expected (`python -m benchmarks.faults --write`)."
        write_table("faults", sentence, COLUMNS, [one.row for one in played])
    sys.exit(1 if wrong else 0)


def draw_table(rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*row)
    return table
