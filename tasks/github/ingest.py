"""Ingestion of one window of one team: scan every followed repository, then fetch what is not there yet.

    summary = await ingest(github, warehouse, run, clock=clock)

Plain async Python. What is fetched is committed together with its `sync_items`, so a run that is killed at
any point is continued by running it again. A repository that fails leaves the others alone; only what
every repository would meet (the token, the network) ends the run.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from tasks.github.batch_size import BatchSize
from tasks.github.budget import Clock
from tasks.github.client import GitHub
from tasks.github.committer import Change, Committer
from tasks.github.errors import GitHubError, NotFound, Unavailable
from tasks.github.fetch import Fetched, fetch_pull_requests
from tasks.github.items import Plan, plan_items
from tasks.github.load import Outcome, change_outcome, change_people, change_plan, change_repository, change_rows
from tasks.github.parse import Rows, parse_pull_requests
from tasks.github.reconcile import change_settled, flag_differences
from tasks.github.scan import Scan, check_repository, scan_repository
from tasks.github.standing import Standing, read_standings
from tasks.github.windows import Window
from warehouse.connection import Warehouse
from warehouse.progress import Run, moved
from warehouse.store import Write, commit

Work = Callable[[], Awaitable[None]]
RunBatch = Callable[[str, Work], Awaitable[None]]
"""Runs a batch under a label: directly, or as a task run."""
OnProgress = Callable[[int, int], Awaitable[None]]
"""Called after each commit with the pull requests done and their total."""

# Batches that are fetched but not committed yet: enough that a commit of half a second does not stop the
# fetching, few enough that memory stays flat.
MOST_UNCOMMITTED_BATCHES = 24
# Pull requests that fail one after the other without any success between: then it is not them.
MOST_FAILURES_IN_A_ROW = 10
# Their review threads are read together, by the hundred: two queries' worth fill a hundred about once.
QUERIES_A_BATCH = 2
MOVED_EVERY = timedelta(seconds=1)


@dataclass(frozen=True)
class SyncSummary:
    """What a sync did. `prs_done` of `prs_total` are in the warehouse; `problems` maps repositories to reasons."""

    prs_total: int
    prs_done: int
    prs_failed: int
    repositories_count: int
    problems: Mapping[str, str]
    points: int
    requests: int

    @property
    def is_partial(self) -> bool:
        return bool(self.problems)


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
) -> SyncSummary:
    """Bring the window of `run` into the warehouse, for every followed repository of its team or only for some.

    Raises GitHubError where it concerns all repositories, or where none of them gave anything.
    """
    await asyncio.to_thread(flag_differences, warehouse, run.team_id)
    standings = await asyncio.to_thread(read_standings, warehouse, run, repository_ids)
    spent = await asyncio.to_thread(_read_spent, warehouse, run)
    sync = _Sync(github, warehouse, run, clock, run_batch, on_progress, standings, spent)
    async with sync.committer:
        try:
            await sync.scan_all()
            await sync.fetch_all()
            await sync.reconcile()
        except ExceptionGroup as failures:
            raise _first_of(failures) from None
        finally:
            await asyncio.to_thread(commit, warehouse, sync.spent_so_far())
    errors = [standing.error for standing in standings.values() if standing.error is not None]
    if errors and not any(standing.is_usable for standing in standings.values()):
        raise errors[0]
    return sync.summary()


@dataclass
class _Sync:
    """One sync while it goes on."""

    github: GitHub
    warehouse: Warehouse
    run: Run
    clock: Clock
    run_batch: RunBatch
    on_progress: OnProgress | None
    standings: dict[str, Standing]
    spent: tuple[int, int]
    people: set[str] = field(default_factory=set)
    queue: deque[str] = field(default_factory=deque)
    owners: dict[str, tuple[Standing, int]] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    failures_in_a_row: int = 0
    moved_at: datetime | None = None

    def __post_init__(self) -> None:
        self.window = Window(self.run.window_start, self.run.window_end)
        self.size = BatchSize(self.github.settings.batch_size)
        self.committer = Committer(self.warehouse, self._find_known, self._moved)

    # --- scan ---

    async def scan_all(self) -> None:
        """Find what is to be fetched: the total is exact before the first fetch."""
        known = await asyncio.to_thread(self._read_known)
        self.people = set(known.pop("people")["login"])
        await self._commit(*(self._status(standing, "scanning") for standing in self.standings.values()))
        turn = asyncio.Semaphore(self.github.settings.workers)
        plans: dict[str, Plan] = {}
        async with asyncio.TaskGroup() as group:
            for standing in self.standings.values():
                group.create_task(self._scan_one(standing, known, plans, turn))
        for key in self.standings:
            self.queue.extend(plans[key].to_fetch if key in plans else ())

    def _read_known(self) -> dict[str, pl.DataFrame]:
        """Rows of `sync_items` by repository, and the accounts already known under `people`."""
        items = self.warehouse.read(_KNOWN, [self.run.team_id])
        self.attempts = dict(items.filter(phase=self.run.phase).select("pull_request_id", "attempts").iter_rows())
        flagged = [key for standing in self.standings.values() for key in standing.incomplete]
        # A pull request that is flagged as incomplete is fetched again, so it does not count as done.
        items = items.with_columns(
            state=pl.when(pl.col("pull_request_id").is_in(flagged)).then(pl.lit("failed")).otherwise("state")
        )
        parts = items.partition_by("repository_id", as_dict=True)
        people = self.warehouse.read("SELECT login FROM people WHERE team_id = ?", [self.run.team_id])
        return {str(key[0]): part for key, part in parts.items()} | {"people": people, "": items.clear()}

    async def _scan_one(
        self, standing: Standing, known: Mapping[str, pl.DataFrame], plans: dict[str, Plan], turn: asyncio.Semaphore
    ) -> None:
        async with turn:
            try:
                scan = await scan_repository(self.github, standing.id, standing.full_name, self.window)
            except GitHubError as error:
                return await self._give_up(standing, error)
        wanted = standing.wanted(scan)
        plan = plan_items(wanted, known.get(standing.id, known[""]), self.run.phase)
        plans[standing.id] = plan
        standing.scanned(scan, plan.kept_count, len(plan.to_fetch))
        numbers = {found.id: found.number for found in wanted}
        self.owners |= {key: (standing, numbers[key]) for key in plan.to_fetch}
        changes = change_plan(plan, self.run, standing.id, self.clock())
        await self._commit(*changes, *self._scanned(standing, scan))
        return None

    def _scanned(self, standing: Standing, scan: Scan) -> list[Change]:
        names = {"full_name": scan.full_name, "name": scan.full_name.rpartition("/")[2]}
        facts = change_repository(standing.id, **names, is_archived=scan.is_archived, pull_requests_count=scan.total)
        return [facts, self._status(standing, "syncing") if standing.left else self._finished(standing)]

    async def _give_up(self, standing: Standing, error: GitHubError) -> None:
        """A repository that fails is named and left; what all would meet ends the run."""
        if error.ends_run:
            raise error
        standing.error = error
        await self._commit(self._finished(standing))

    # --- fetch ---

    async def fetch_all(self) -> None:
        """Fetch everything that is queued, a few batches at a time."""
        fetching = asyncio.Semaphore(self.github.settings.workers)
        uncommitted = asyncio.Semaphore(MOST_UNCOMMITTED_BATCHES)
        number = 0
        async with asyncio.TaskGroup() as group:
            while self.queue:
                await uncommitted.acquire()
                await fetching.acquire()
                number += 1
                ids = [self.queue.popleft() for _ in range(min(self.size.now * QUERIES_A_BATCH, len(self.queue)))]
                group.create_task(self._run_batch(number, ids, fetching, uncommitted))

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
        try:
            fetched = await fetch_pull_requests(self.github, ids, size=self.size.now)
            self.size.learn(fetched.was_halved)
            failed = await self._check_gone(fetched)
        finally:
            fetching.release()
        rows = parse_pull_requests(fetched.nodes, self.run.team_id, self.clock())
        raw = fetched.nodes if self.github.settings.keep_raw_answers else ()
        gone = [key for key in fetched.gone if key not in failed]
        done = [row["id"] for row in rows.pull_requests]
        self._watch_failures(len(done), failed)
        outcome = Outcome(done, gone, {key: str(error) for key, error in failed.items()})
        return [
            *change_rows(rows, raw),
            *change_people(rows.people, self.run.team_id, self.people),
            *change_outcome(outcome, self.run, self.clock(), self.attempts),
            *change_settled([key for key in done if key in self.owners[key][0].flagged]),
            *self._advance(outcome, rows),
        ]

    async def _check_gone(self, fetched: Fetched) -> dict[str, GitHubError]:
        """Failures of the batch: a pull request counts as deleted only while its repository is still there."""
        failed = dict(fetched.failed)
        for standing in {id(owner): owner for key in fetched.gone for owner in [self.owners[key][0]]}.values():
            try:
                await check_repository(self.github, standing.id, standing.full_name)
            except NotFound as error:
                failed |= {key: error for key in fetched.gone if self.owners[key][0] is standing}
        return failed

    def _watch_failures(self, done_count: int, failed: Mapping[str, GitHubError]) -> None:
        """Raise where GitHub answers for none of many pull requests: then it is GitHub, not they."""
        unanswered = [error for error in failed.values() if isinstance(error, Unavailable)]
        self.failures_in_a_row = 0 if done_count else self.failures_in_a_row + len(unanswered)
        if self.failures_in_a_row >= MOST_FAILURES_IN_A_ROW:
            raise unanswered[0]

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
        return finished

    async def reconcile(self) -> None:
        """What is in the warehouse against GitHub's totals: what differs is flagged, and its repository says so."""
        found = await asyncio.to_thread(flag_differences, self.warehouse, self.run.team_id)
        differing = [self.standings[key] for key in {*found.incomplete, *found.missing} if key in self.standings]
        for standing in differing:
            standing.differ(found.incomplete.get(standing.id, {}), found.missing.get(standing.id, {}))
        await self._commit(*(self._finished(standing) for standing in differing))

    # --- rows ---

    def _status(self, standing: Standing, status: str) -> Change:
        return change_repository(standing.id, sync_status=status)

    def _finished(self, standing: Standing) -> Change:
        return change_repository(standing.id, **standing.columns(self.window, self.clock()))

    def _find_known(self, ids: Sequence[str]) -> set[str]:
        """Those of these pull requests that are in the warehouse."""
        return set(self.warehouse.read(_STORED, [list(ids)])["id"])

    def _moved(self) -> Write | None:
        """Goes with a commit, about once a second: when it was, and what the run has spent."""
        now = self.clock()
        if self.moved_at is not None and now - self.moved_at < MOVED_EVERY:
            return None
        self.moved_at = now
        return self.spent_so_far(now)

    def spent_so_far(self, now: datetime | None = None) -> Write:
        """What the run has spent, as of now."""
        return moved(
            self.run,
            now or self.clock(),
            github_requests=self.spent[0] + self.github.requests,
            github_points=self.spent[1] + self.github.points_spent,
            github_remaining=self.github.remaining,
            github_reset_at=self.github.reset_at,
        )

    async def _commit(self, *changes: Change) -> None:
        if changes:
            await self.committer.commit(*changes)

    def _done(self) -> int:
        return sum(standing.done for standing in self.standings.values())

    def _total(self) -> int:
        return sum(standing.total for standing in self.standings.values())

    def summary(self) -> SyncSummary:
        standings = self.standings.values()
        return SyncSummary(
            prs_total=self._total(),
            prs_done=self._done(),
            prs_failed=sum(len(standing.failed) for standing in standings),
            repositories_count=len(self.standings),
            problems={standing.full_name: problem for standing in standings if (problem := standing.problem)},
            points=self.github.points_spent,
            requests=self.github.requests,
        )


_STORED = "SELECT id FROM pull_requests WHERE id IN (SELECT unnest(?))"

_KNOWN = """
SELECT repository_id, pull_request_id, phase, updated_at, state, attempts FROM sync_items WHERE team_id = ?
"""


def _read_spent(warehouse: Warehouse, run: Run) -> tuple[int, int]:
    """Requests and points that this run has spent before."""
    row = warehouse.read_one("SELECT github_requests, github_points FROM pipeline_runs WHERE run_id = ?", [run.run_id])
    return (row["github_requests"] or 0, row["github_points"] or 0) if row else (0, 0)


def _first_of(failures: ExceptionGroup[Exception]) -> Exception:
    """The error that ended a group of tasks."""
    first = failures.exceptions[0]
    return _first_of(first) if isinstance(first, ExceptionGroup) else first
