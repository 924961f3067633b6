"""Every fault of GitHub's over a whole small ingestion: what the product did, what the page said, what is there.

    python -m benchmarks.faults [--only TEXT] [--write]

For each fault a simulated GitHub is onboarded (discovery, phase 1, phase 2) with the fault in it, then the
next run is made without it, and both warehouses are compared, row for row, with one that was filled from the
same GitHub undisturbed. Waits take no time: the clock moves only by sleeping. Exit code 1 where anything is
not as it must be. `--write` puts the table into docs/reliability.md.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from benchmarks.document import write_table
from benchmarks.faults.cases import CASES, OWNER, Case, Result, make_small
from benchmarks.stage import AS_OF, Homes, Rows, Stage, compare, empty_homes, open_warehouse, read_rows, staged
from dashboard.first_run.view import choose_view
from flows.lifecycle.explain import describe
from simulators.github.serving.faults import Fault, Kind
from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.summary import SyncSummary
from tasks.github.organisation.discovery import discover_repositories
from warehouse.connection import Warehouse
from warehouse.progress import Run, RunState, Status, fail_run, finish_run, note_waiting, read_progress, start_run
from warehouse.windows import Phase, plan_refresh, plan_windows

COLUMNS = ("fault", "requests", "waited", "result", "the page says", "warehouse", "next run", "violations")
SETTINGS = {"page_size": 12}


@dataclass(frozen=True)
class Played:
    """One row of the table, and what is wrong with it in words; empty where all is as it must be."""

    row: tuple[str, ...]
    wrong: str


class Player:
    """Plays runs of one team on one warehouse, as the flows do: begin, ingest, write how it ended."""

    def __init__(self, stage: Stage, warehouse: Warehouse, case: Case) -> None:
        self.stage, self.warehouse, self.case = stage, warehouse, case
        self.seen: list[str] = []
        self.requests = 0

    def onboard(self) -> GitHubError | None:
        """Both phases as of AS_OF; the error that ended it, if one did."""
        first, second = plan_windows(AS_OF, 30, 90, is_live=True)
        runs = [
            Run(run_id="run-1", team_id=OWNER, flow="onboarding", phase=Phase.RECENT, as_of=AS_OF, window=first),
            Run(run_id="run-2", team_id=OWNER, flow="background", phase=Phase.HISTORY, as_of=AS_OF, window=second),
        ]
        for run in runs:
            error = self._play(run, Status.PHASE1_COMPLETE if run.phase is Phase.RECENT else Status.COMPLETE)
            if error is not None:
                return error
        return None

    def refresh(self) -> GitHubError | None:
        """The next night, and the week's refetch with it."""
        window = plan_refresh(AS_OF - timedelta(days=30), self.stage.clock())
        return self._play(
            Run(run_id="run-3", team_id=OWNER, flow="refresh", phase=Phase.INCREMENTAL, as_of=AS_OF, window=window),
            Status.COMPLETE,
        )

    def _play(self, run: Run, status: Status) -> GitHubError | None:
        clock = self.stage.clock
        clock.at += timedelta(seconds=1)  # the run that began last is the one that is shown
        start_run(self.warehouse, run, clock())
        try:
            summary = asyncio.run(self._ingest(run))
        except GitHubError as error:
            fail_run(self.warehouse, run, *describe(error), clock())
            return error
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
            await discover_repositories(github, self.warehouse, OWNER)
            if not self.case.is_early:
                self.arm()
        return await ingest(
            github, self.warehouse, run, clock=self.stage.clock, is_refetch=run.phase is Phase.INCREMENTAL
        )

    def arm(self) -> None:
        """From now on it goes wrong; once."""
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
        """What the dashboard says now: its own sentence, and what it says of single repositories."""
        now = self.stage.clock()
        progress = read_progress(self.warehouse, OWNER, lambda run_id: RunState(run_id, "", "RUNNING"), now)
        shown = choose_view(progress, now)
        errors = [f"{one.full_name}: {one.last_sync_error}" for one in progress.repos if one.last_sync_error]
        said = filter(None, [shown.text, shown.hint if progress.error else "", *errors])
        return " ".join(f"{each.rstrip('.')}." for each in said)


def play(case: Case, homes: Homes) -> Played:
    """The fault, the next run, and the same GitHub undisturbed."""
    calm = replace(case, faults=lambda _: [], poison=None, is_early=True, settings=case.next_settings)
    with staged(make_small(), skew=case.skew, limits=case.limits) as stage:
        with open_warehouse(homes.new()) as warehouse:
            player = Player(stage, warehouse, case)
            if case.is_early:
                player.arm()
            error = player.onboard()
            page = (player.seen or [player.page()])[0] if case.result is Result.WHOLE else player.page()
            first, waited = read_rows(warehouse), stage.clock.slept
            stage.running.faults.clear()
            stage.running.listeners.clear()
            stage.clock.at += timedelta(days=1)
            after = Player(stage, warehouse, calm)
            next_error = (after.onboard() if error is not None else None) or after.refresh()
            second = read_rows(warehouse)
        whole = undisturbed(stage, homes, calm)
        violations = int(stage.running.stats()["violations"])
    missing = compare(first, whole, case.is_kept and case.result is Result.WHOLE)
    outcome = Outcome(case, error, next_error, page, missing, compare(second, whole, case.is_kept), violations)
    return Played(outcome.row(player.requests, waited), outcome.judge())


def undisturbed(stage: Stage, homes: Homes, calm: Case) -> Rows:
    """What a run finds that nothing disturbs, in the same GitHub as it is now."""
    with open_warehouse(homes.new()) as warehouse:
        if error := Player(stage, warehouse, calm).onboard():
            raise SystemExit(f"an undisturbed run failed: {error}")
        return read_rows(warehouse)


@dataclass(frozen=True)
class Outcome:
    """What came of a fault. `missing` and `left`: differences from an undisturbed run, after it and after the next."""

    case: Case
    error: GitHubError | None
    next_error: GitHubError | None
    page: str
    missing: str
    left: str
    violations: int

    def row(self, requests: int, waited: float) -> tuple[str, ...]:
        result = f"{self.case.result}: {type(self.error).__name__}" if self.error else str(self.case.result)
        return (
            self.case.name,
            str(requests),
            f"{waited:,.0f} s",
            result,
            self.page,
            self.missing or "equal",
            self.left or "equal",
            str(self.violations),
        )

    def judge(self) -> str:
        """What is not as it must be."""
        result, case = self.case.result, self.case
        faults = {
            "it ended with an error": self.error is not None and result is not Result.STOPPED,
            "it did not end": self.error is None and result is Result.STOPPED,
            "the warehouse differs": bool(self.missing) and result is Result.WHOLE,
            "nothing is missing": not self.missing and result is not Result.WHOLE,
            f"the page does not say “{case.says}”": result is not Result.PARTIAL and case.says not in self.page,
            f"the page does not name “{case.names}”": result is Result.PARTIAL and case.names not in self.page,
            f"the next run failed: {self.next_error}": self.next_error is not None,
            "the next run did not mend it": bool(self.left),
            "requests were sent while a limit said no": self.violations > 0,
        }
        return "; ".join(words for words, is_so in faults.items() if is_so)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="faults whose name holds this text")
    options.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    chosen = options.parse_args()
    console, played = Console(), []
    with empty_homes() as homes:
        for case in [each for each in CASES if chosen.only in each.name]:
            played.append(play(case, homes))
            console.print(f"{'[red]wrong' if played[-1].wrong else '[green]right'}[/] {case.name} {played[-1].wrong}")
    console.print(draw([one.row for one in played]))
    wrong = sum(bool(one.wrong) for one in played)
    console.print(f"{len(played)} faults, {wrong} not as they must be")
    if chosen.write:
        sentence = (
            f"{len(played)} faults, {wrong} not as they must be; `python -m benchmarks.faults --write` wrote this."
        )
        write_table("faults", sentence, COLUMNS, [one.row for one in played])
    sys.exit(1 if wrong else 0)


def draw(rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*row)
    return table
