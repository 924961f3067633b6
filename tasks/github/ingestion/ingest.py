"""Ingestion of one window of one team: scan every followed repository, then fetch what is not there yet.

    summary = await ingest(github, warehouse, run, clock=clock)

Plain async Python. What is fetched is committed together with its `sync_items`, so a run that is killed at
any point is continued by running it again. A repository that fails leaves the others alone; only what
every repository would meet (the token, the network) ends the run.

A run of `Phase.INCREMENTAL`: each repository has a window of its own, from its watermark on, and those
in which nothing moved are told by a probe and not scanned.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tasks.github.api.batch_size import BatchSize, plan_batch_size
from tasks.github.api.budget import Clock
from tasks.github.api.client import GitHub
from tasks.github.api.document import PAGE
from tasks.github.api.errors import GitHubError
from tasks.github.ingestion.changes import (
    Outcome,
    change_outcome,
    change_people,
    change_plan,
    change_repository,
    change_rows,
)
from tasks.github.ingestion.flag_incomplete import flag_differences
from tasks.github.ingestion.items import Plan, Refetch, plan_items
from tasks.github.ingestion.probe import probe_repositories
from tasks.github.ingestion.repository_sync import (
    RepositorySync,
    raise_if_nothing_came,
    read_history_start,
    read_repository_syncs,
)
from tasks.github.ingestion.spending import Spending, read_spending
from tasks.github.ingestion.stored_state import StoredState, read_stored_state
from tasks.github.ingestion.summary import SyncSummary, summarise
from tasks.github.pull_requests.failure_limits import MAX_CONSECUTIVE_FAILURES, FailureLimits
from tasks.github.pull_requests.fetch import Fetched, fetch_pull_requests
from tasks.github.pull_requests.parse import Rows, parse_pull_requests
from tasks.github.pull_requests.scan import Scan, check_repository, scan_forgotten, scan_repository
from warehouse.committer import Change, Committer
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.store import Write, commit
from warehouse.windows import Phase, Window

Work = Callable[[], Awaitable[None]]
RunBatch = Callable[[str, Work], Awaitable[None]]
"""Runs a batch under a label: directly, or as a task run."""
OnProgress = Callable[[int, int], Awaitable[None]]
"""Called after each commit with the pull requests done and their total."""

# Fetched but not committed yet: enough that a commit does not stop the fetching, few enough for flat memory.
MAX_UNCOMMITTED_BATCHES = 16
# Review threads of a batch are read by the hundred: large batches waste less. But each is a step of the bar.
MAX_QUERIES_A_BATCH = 3
MIN_STEPS = 8


async def run_directly(label: str, work: Work) -> None:
    """Runs a batch as it is."""
    await work()


async def ingest(
    github: GitHub,
    warehouse: Warehouse,
    run: Run,
    *,
    clock: Clock,
    run_batch: RunBatch = run_directly,
    on_progress: OnProgress | None = None,
    repository_ids: Collection[str] | None = None,
    is_refetch: bool = False,
    page: int = PAGE,
) -> SyncSummary:
    """Bring the window of `run` into the warehouse, for every followed repository of its team or only for some.

    `is_refetch`: an incremental run also fetches what may have changed without a new updatedAt (see known.py).
    `page`: nodes of a page of anything.
    Raises GitHubError where it concerns all repositories, or where none of them gave anything.
    """
    await asyncio.to_thread(flag_differences, warehouse, run.team_id)
    standings = await asyncio.to_thread(read_repository_syncs, warehouse, run, repository_ids)
    history_start = await asyncio.to_thread(read_history_start, warehouse, run)
    spending = await asyncio.to_thread(read_spending, github, warehouse, run)
    known = await asyncio.to_thread(
        read_stored_state, warehouse, run, clock(), is_incremental=run.phase is Phase.INCREMENTAL, is_refetch=is_refetch
    )
    sync = _Sync(github, warehouse, run, clock, run_batch, on_progress, standings, history_start, spending, known, page)
    async with sync.committer:
        try:
            await sync.scan_all()
            await sync.fetch_all()
            await sync.reconcile()
        except ExceptionGroup as failures:
            raise _first_of(failures) from None
        finally:
            await asyncio.to_thread(commit, warehouse, spending.write(clock()))
    raise_if_nothing_came(standings.values(), sync.patience.last_failure)
    return summarise(github, standings.values())


@dataclass
class _Sync:
    """One sync while it goes on."""

    github: GitHub
    warehouse: Warehouse
    run: Run
    clock: Clock
    run_batch: RunBatch
    on_progress: OnProgress | None
    standings: dict[str, RepositorySync]
    history_start: datetime
    spending: Spending
    known: StoredState
    page: int
    queue: deque[str] = field(default_factory=deque)
    owners: dict[str, tuple[RepositorySync, int]] = field(default_factory=dict)
    patience: FailureLimits = field(default_factory=FailureLimits)

    def __post_init__(self) -> None:
        self.size = BatchSize(plan_batch_size(self.github.settings.page_size))
        self.committer = Committer(self.warehouse, self._find_known, self._spent)

    def _window(self, standing: RepositorySync) -> Window:
        if self.run.phase is not Phase.INCREMENTAL:
            return self.run.window
        return standing.window(self.history_start, self.run.window.end)

    # --- scan ---

    async def scan_all(self) -> None:
        """Find what is to be fetched: the total is exact before the first fetch."""
        to_scan = list(self.standings.values())
        plans: dict[str, Plan] = {}
        if self.run.phase is Phase.INCREMENTAL:
            to_scan = await self._leave_out_quiet(plans)
        await self._commit(*(self._status(standing, "scanning") for standing in to_scan))
        turn = asyncio.Semaphore(self.github.workers)
        async with asyncio.TaskGroup() as group:
            for standing in to_scan:
                group.create_task(self._scan_one(standing, plans, turn))
        for key in self.standings:
            self.queue.extend(plans[key].to_fetch if key in plans else ())

    async def _leave_out_quiet(self, plans: dict[str, Plan]) -> list[RepositorySync]:
        """The repositories that are to be scanned: those that moved, or were not whole."""
        probe = await probe_repositories(self.github, {key: each.full_name for key, each in self.standings.items()})
        to_scan, changes = [], []
        for key, standing in self.standings.items():
            if key in probe.lost:
                await self._give_up(standing, probe.lost[key])
                continue
            self.patience.answered()
            if standing.is_quiet(probe.found[key], self.history_start):
                changes += self._plan(standing, probe.found[key].as_scan(probe.started_at), plans)
            else:
                to_scan.append(standing)
        await self._commit(*changes)
        return to_scan

    async def _scan_one(self, standing: RepositorySync, plans: dict[str, Plan], turn: asyncio.Semaphore) -> None:
        async with turn:
            try:
                asked, window = (self.github, standing.id, standing.full_name), self._window(standing)
                scan = await scan_repository(*asked, window, page=self.page)
                if self._begins_history(standing):
                    forgotten = await scan_forgotten(*asked, window.start, page=self.page)
                    scan = replace(scan, found=scan.found + forgotten)
            except GitHubError as error:
                return await self._give_up(standing, error)
        self.patience.answered()
        lost = self.known.lost(standing.id, scan, window)
        await self._commit(*self._plan(standing, scan, plans, lost))
        return None

    def _begins_history(self, standing: RepositorySync) -> bool:
        """True where the window reaches back to the start of history: what is open and older belongs to it, too."""
        if self.run.phase is Phase.INCREMENTAL:
            return not standing.reaches(self.history_start)
        return self.run.phase is Phase.HISTORY

    def _plan(
        self, standing: RepositorySync, scan: Scan, plans: dict[str, Plan], lost: Sequence[Refetch] = ()
    ) -> list[Change]:
        """What a scan leaves to be fetched goes into `plans`; returns the rows that say so."""
        again = (*self.known.again.get(standing.id, ()), *lost)
        plan = plan_items(scan.found, self.known.items_of(standing.id), self.run.phase, again)
        plans[standing.id] = plan
        standing.scanned(scan, plan.kept_count, len(plan.to_fetch))
        numbers = {item.id: item.number for item in again} | {item.id: item.number for item in scan.found}
        self.owners |= {key: (standing, numbers[key]) for key in plan.to_fetch}
        return [*change_plan(plan, self.run, standing.id, self.clock()), *self._scanned(standing, scan)]

    def _scanned(self, standing: RepositorySync, scan: Scan) -> list[Change]:
        names = {"full_name": scan.full_name, "name": scan.full_name.rpartition("/")[2]}
        facts = change_repository(standing.id, **names, is_archived=scan.is_archived, pull_requests_count=scan.total)
        return [facts, self._status(standing, "syncing") if standing.left else self._finished(standing)]

    async def _give_up(self, standing: RepositorySync, error: GitHubError) -> None:
        """A repository that fails is named and left; what all would meet ends the run."""
        self.patience.lost_repository(error)
        standing.error = error
        await self._commit(self._finished(standing))

    # --- fetch ---

    async def fetch_all(self) -> None:
        """Fetch everything that is queued, a few batches at a time."""
        fetching = asyncio.Semaphore(self.github.workers)
        uncommitted = asyncio.Semaphore(MAX_UNCOMMITTED_BATCHES)
        number = 0
        async with asyncio.TaskGroup() as group:
            while self.queue:
                await uncommitted.acquire()
                await fetching.acquire()
                number += 1
                group.create_task(self._run_batch(number, self._take_batch(), fetching, uncommitted))

    def _take_batch(self) -> list[str]:
        """The next ids of the queue; those of a repository that was given up stay pending."""
        steps = self._total() // (self.size.now * MIN_STEPS)
        ids: list[str] = []
        while self.queue and len(ids) < self.size.now * min(MAX_QUERIES_A_BATCH, max(1, steps)):
            key = self.queue.popleft()
            if self.owners[key][0].error is None:
                ids.append(key)
        return ids

    async def _run_batch(
        self, number: int, ids: list[str], fetching: asyncio.Semaphore, uncommitted: asyncio.Semaphore
    ) -> None:
        async def work() -> None:
            await self._commit(*await self._fetch_batch(ids, fetching))
            if self.on_progress is not None:
                await self.on_progress(self._done(), self._total())

        try:
            await self.run_batch(f"batch {number}: {len(ids)} pull requests", work)
        finally:
            uncommitted.release()

    async def _fetch_batch(self, ids: list[str], fetching: asyncio.Semaphore) -> list[Change]:
        """The changes of one batch, and the standing of its repositories advanced."""
        began_at = self.clock()
        try:
            fetched = await fetch_pull_requests(self.github, ids, size=self.size.now, page=self.page)
            self.size.learn(fetched.was_halved)
            failed = await self._check_gone(fetched)
        finally:
            fetching.release()
        rows = parse_pull_requests(fetched.nodes, self.run.team_id, self.github.at(began_at))
        raw = fetched.nodes if self.github.settings.keep_raw_answers else ()
        gone = [key for key in fetched.gone if key not in failed]
        done = [row["id"] for row in rows.pull_requests]
        outcome = Outcome(done, gone, {key: error.said for key, error in failed.items()})
        changes = [
            *change_rows(rows, raw),
            *change_people(rows.people, self.run.team_id, self.known.people),
            *change_outcome(outcome, self.run, self.clock(), self.known.attempts, self.known.unsettled),
            *self._advance(outcome, rows),
        ]
        await self._watch_failures(len(done), failed)
        return changes

    async def _check_gone(self, fetched: Fetched) -> dict[str, GitHubError]:
        """Failures of the batch: a pull request counts as deleted only while its repository is still there."""
        failed = dict(fetched.failed)
        for standing in {id(owner): owner for key in fetched.gone for owner in [self.owners[key][0]]}.values():
            try:
                await check_repository(self.github, standing.id, standing.full_name)
            except GitHubError as error:
                if error.ends_run:
                    raise
                failed |= {key: error for key in fetched.gone if self.owners[key][0] is standing}
        return failed

    async def _watch_failures(self, done_count: int, failed: Mapping[str, GitHubError]) -> None:
        """Give up a repository of which many pull requests failed in a row, and the run where all of them do."""
        if done_count:
            self.patience.answered()
        for key, error in failed.items():
            standing = self.owners[key][0]
            if standing.error is not None:
                continue  # it was given up with an earlier one
            self.patience.failed_pull_request(error)
            if standing.failures_in_a_row >= MAX_CONSECUTIVE_FAILURES:
                await self._give_up(standing, error)

    def _advance(self, outcome: Outcome, rows: Rows) -> list[Change]:
        """The rows of the repositories that this batch completes."""
        finished = []
        keys = (*outcome.done, *outcome.gone, *outcome.failed)
        for standing in {id(self.owners[key][0]): self.owners[key][0] for key in keys}.values():
            mine = {key for key in keys if self.owners[key][0] is standing}
            standing.advance(
                [key for key in outcome.done if key in mine],
                [key for key in outcome.gone if key in mine],
                {key: f"#{self.owners[key][1]}: {outcome.failed[key]}" for key in outcome.failed if key in mine},
                {key: f"#{self.owners[key][1]}: {reason}" for key, reason in rows.incomplete.items() if key in mine},
            )
            if standing.left == 0:
                finished.append(self._finished(standing))
        for key in (*outcome.done, *outcome.gone):
            del self.owners[key]
        return finished

    async def reconcile(self) -> None:
        """What is in the warehouse against GitHub's totals: what differs is flagged, and its repository says so."""
        found = await asyncio.to_thread(flag_differences, self.warehouse, self.run.team_id)
        differing = [self.standings[key] for key in {*found.incomplete, *found.missing} if key in self.standings]
        for standing in differing:
            standing.differ(found.incomplete.get(standing.id, {}), found.missing.get(standing.id, {}))
        await self._commit(*(self._finished(standing) for standing in differing))

    # --- rows ---

    def _status(self, standing: RepositorySync, status: str) -> Change:
        return change_repository(standing.id, sync_status=status)

    def _finished(self, standing: RepositorySync) -> Change:
        return change_repository(standing.id, **standing.columns(self._window(standing), self.clock()))

    def _find_known(self, ids: Sequence[str]) -> set[str]:
        """Those of these pull requests that are in the warehouse."""
        return set(self.warehouse.read(_STORED, [list(ids)])["id"])

    def _spent(self) -> Write | None:
        return self.spending.write_now_and_then(self.clock())

    async def _commit(self, *changes: Change) -> None:
        if changes:
            await self.committer.commit(*changes)

    def _done(self) -> int:
        return sum(standing.done for standing in self.standings.values())

    def _total(self) -> int:
        return sum(standing.total for standing in self.standings.values())


_STORED = "SELECT id FROM pull_requests WHERE id IN (SELECT unnest(?))"


def _first_of(failures: ExceptionGroup[Exception]) -> Exception:
    """The error that ended a group of tasks."""
    first = failures.exceptions[0]
    return _first_of(first) if isinstance(first, ExceptionGroup) else first
