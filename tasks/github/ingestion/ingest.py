"""Ingest one window of one team: scan every followed repository, then fetch what is not stored yet.

    summary = await ingest(github, warehouse, run)

What is fetched is committed together with its `sync_items`, so a run that is killed at any point continues when it is
run again. A repository that fails does not affect the others; only errors that every repository would meet (the token,
the network) end the run.

In a run of `Phase.INCREMENTAL` each repository has its own window, from its watermark on, and a probe finds the
repositories in which nothing moved, which are not scanned.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tasks.github.api.batch_size import BatchSize, plan_batch_size
from tasks.github.api.client import GitHub
from tasks.github.api.errors import Garbled, GitHubError, KindFails, NotFound, Replaced, TooHeavy
from tasks.github.api.queries.document import PAGE
from tasks.github.ingestion.accounts import fill_ids, refresh_accounts
from tasks.github.ingestion.changes import (
    BatchOutcome,
    accounts_to_changes,
    outcome_to_changes,
    plan_to_changes,
    repository_to_change,
    rows_to_changes,
)
from tasks.github.ingestion.flag_incomplete import flag_differences, settle_partial
from tasks.github.ingestion.items import Plan, plan_items
from tasks.github.ingestion.probe import probe_repositories
from tasks.github.ingestion.repository_sync import (
    RepositorySync,
    name_batch,
    raise_if_nothing_fetched,
    read_history_start,
    read_repository_syncs,
    summarise,
)
from tasks.github.ingestion.scope import ALL, OnProgress, RunBatch, Scope, run_directly
from tasks.github.ingestion.spending import Spending, read_spending
from tasks.github.ingestion.stored_state import StoredState, read_stored_state
from tasks.github.ingestion.summary import SyncSummary
from tasks.github.pull_requests.failure_limits import MAX_CONSECUTIVE_FAILURES, FailureLimits
from tasks.github.pull_requests.fetch import FetchedBatch, fetch_pull_requests
from tasks.github.pull_requests.parse import Rows, parse_pull_requests
from tasks.github.pull_requests.scan import check_repository, scan_forgotten, scan_repository
from tasks.github.pull_requests.scanned import ProbedRepository, Refetch, Scan
from warehouse.committer import Change, Committer
from warehouse.connection import Warehouse
from warehouse.guard.refusals import commit_apart, may_be_about_data
from warehouse.identity.logins import follow_logins
from warehouse.identity.names import follow_names
from warehouse.lists.short_lists import ShortLists, read_short_lists
from warehouse.lists.shortfall import ListName, Shortfall
from warehouse.progress import Run
from warehouse.store import Write, commit
from warehouse.windows import Phase, Window

# Fetched but not committed yet: enough to keep fetching during a commit, few enough for constant memory.
MAX_UNCOMMITTED_BATCHES = 16
# Review threads of a batch are read by the hundred, so large batches waste less. But each is one step of the progress
# bar, which should have at least MIN_STEPS.
MAX_QUERIES_PER_BATCH = 3
MIN_STEPS = 8
SCANNED = (ListName.PULL_REQUESTS, ListName.OPEN_PULL_REQUESTS)
"""The lists of a repository that a scan reads."""


async def ingest(
    github: GitHub,
    warehouse: Warehouse,
    run: Run,
    *,
    run_batch: RunBatch = run_directly,
    on_progress: OnProgress | None = None,
    scope: Scope = ALL,
    page_size: int = PAGE,
) -> SyncSummary:
    """Bring the window of `run` into the warehouse, for all followed repositories of its team or those of `scope`.

    Raises GitHubError if an error concerns all repositories, or if nothing could be fetched.
    """
    began_at = github.clock()
    if not scope.is_part:
        await fill_ids(github, warehouse, run.team_id)
    if not scope.is_part and (run.phase is not Phase.INCREMENTAL or scope.is_thorough):
        await asyncio.to_thread(flag_differences, warehouse, run.team_id)
    syncs = await asyncio.to_thread(read_repository_syncs, warehouse, run, scope.repository_ids)
    history_start = await asyncio.to_thread(read_history_start, warehouse, run)
    spending = await asyncio.to_thread(read_spending, github, warehouse, run)
    stored_state = await asyncio.to_thread(
        read_stored_state,
        warehouse,
        run,
        github.clock(),
        is_incremental=run.phase is Phase.INCREMENTAL,
        is_refetch=scope.is_refetch,
        is_part=scope.is_part,
    )
    short_lists = await asyncio.to_thread(read_short_lists, warehouse, run.team_id)
    ingestion = _Ingestion(
        github,
        warehouse,
        run,
        run_batch,
        on_progress,
        syncs,
        history_start,
        spending,
        stored_state,
        short_lists,
        page_size,
        is_whole_history=scope.repository_ids is not None and not scope.is_part,
        scope=scope,
    )
    async with ingestion.committer:
        try:
            await ingestion.scan_all()
            await ingestion.fetch_all()
            if not scope.is_part:
                await ingestion.check_totals()
                await refresh_accounts(github, warehouse, run.team_id, is_thorough=scope.is_refetch)
                await asyncio.to_thread(follow_logins, warehouse, run.team_id)
                await asyncio.to_thread(follow_names, warehouse, run.team_id, began_at)
        except ExceptionGroup as failures:
            raise _first_of(failures) from None
        finally:
            await asyncio.to_thread(ingestion.close)
    if not scope.is_part:
        raise_if_nothing_fetched(syncs.values(), ingestion.failure_limits.last_failure, run.phase, github.clock())
    return summarise(github, syncs.values())


@dataclass
class _Ingestion:
    """One sync, in progress. `owners` maps queued pull requests to their repository and number."""

    github: GitHub
    warehouse: Warehouse
    run: Run
    run_batch: RunBatch
    on_progress: OnProgress | None
    syncs: dict[str, RepositorySync]
    history_start: datetime
    spending: Spending
    stored_state: StoredState
    short_lists: ShortLists
    page_size: int
    is_whole_history: bool = False
    scope: Scope = ALL
    queue: deque[str] = field(default_factory=deque)
    owners: dict[str, tuple[RepositorySync, int]] = field(default_factory=dict)
    failure_limits: FailureLimits = field(default_factory=FailureLimits)
    written: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.size = BatchSize(plan_batch_size(self.github.settings.page_size))
        guard = self.scope.guard or nullcontext
        self.committer = Committer(self.warehouse, self._find_stored, self._spent, guard)

    def close(self) -> None:
        """Commit what the run has used, and the lists that ended early. Of parts, whoever leads them counts the use."""
        writes = self.short_lists.writes()
        if self.scope.guard is None:
            commit(self.warehouse, self.spending.write(self.github.clock()), *writes)
        elif writes:
            with self.scope.guard():
                commit(self.warehouse, *writes)

    def _window(self, sync: RepositorySync) -> Window:
        window = self.run.window
        if self.run.phase is Phase.INCREMENTAL:
            return sync.window(self.history_start, window.end)
        if self.run.phase is Phase.HISTORY and window.end is not None:
            # What the first phase did not do stays due: its window began where this one ends.
            recent_end = self.run.as_of - timedelta(days=self.github.settings.skip_recent)
            return Window(window.start, window.end if sync.covers(recent_end) else max(window.end, recent_end))
        return window

    # --- scan ---

    async def scan_all(self) -> None:
        """Find what is to be fetched, so that the total is exact before the first fetch."""
        plans: dict[str, Plan] = {}
        to_scan = await self._skip_quiet(plans)
        await self._commit(*(self._status_change(sync, "scanning") for sync in to_scan))
        slots = asyncio.Semaphore(self.github.workers)
        async with asyncio.TaskGroup() as group:
            for sync in to_scan:
                group.create_task(self._scan_one(sync, plans, slots))
        for key in self.syncs:
            self.queue.extend(plans[key].to_fetch if key in plans else ())

    async def _skip_quiet(self, plans: dict[str, Plan]) -> list[RepositorySync]:
        """Return the repositories to scan: those in which something moved, or which are not complete."""
        open_too = {key for key, sync in self.syncs.items() if self._lists_open(sync)}
        to_scan: list[RepositorySync] = []
        changes: list[Change] = []
        for with_open in (False, True):
            part = {key: sync for key, sync in self.syncs.items() if (key in open_too) is with_open}
            if part:
                changes += await self._probe(part, with_open, to_scan, plans)
        await self._commit(*changes)
        return to_scan

    async def _probe(
        self,
        syncs: Mapping[str, RepositorySync],
        with_open: bool,
        to_scan: list[RepositorySync],
        plans: dict[str, Plan],
    ) -> list[Change]:
        """Add those in which something moved to `to_scan`; return the changes of the others."""
        names = {key: each.full_name for key, each in syncs.items()}
        failing = {key for key, each in syncs.items() if each.failing_since is not None}
        probe = await probe_repositories(self.github, names, failing, with_open=with_open)
        if probe.stopped_by is not None:
            await self._commit(*(self._failure_change(syncs[key], probe.errors[key]) for key in probe.errors))
            raise probe.stopped_by
        changes: list[Change] = []
        for key, sync in syncs.items():
            if key in probe.errors:
                await self._give_up(sync, probe.errors[key])
                continue
            self.failure_limits.reset()
            if self._is_quiet(sync, probe.repositories[key]):
                changes += self._plan(sync, probe.repositories[key].as_scan(probe.started_at), plans)
            else:
                to_scan.append(sync)
        return changes

    def _is_quiet(self, sync: RepositorySync, probed: ProbedRepository) -> bool:
        """Return whether nothing moved in its window, and no earlier sync left anything to do."""
        if self._lists_open(sync) and probed.open_pull_requests is None:
            return False
        if any(self.short_lists.is_due(name, sync.id) for name in SCANNED):
            return False
        if self.run.phase is Phase.INCREMENTAL and sync.watermark_at is not None:
            return sync.is_quiet(probed, self.history_start)
        if sync.id in self.scope.done_in_parts:
            return sync.is_done_in_part(probed, self._window(sync))
        return probed.is_older_than(self._window(sync).start) and not self.stored_state.stored.get(sync.id)

    async def _scan_one(self, sync: RepositorySync, plans: dict[str, Plan], slots: asyncio.Semaphore) -> None:
        async with slots:
            try:
                scan = await self._scan(sync)
            except GitHubError as error:
                return await self._give_up(sync, error)
        self.failure_limits.reset()
        vanished = self.stored_state.find_vanished(sync.id, scan, self._window(sync))
        await self._commit(*self._plan(sync, scan, plans, vanished))
        return None

    async def _scan(self, sync: RepositorySync) -> Scan:
        """List the window, and what is open if that is due; note lists that end before GitHub's total."""
        arguments, window = (self.github, sync.id, sync.full_name), self._window(sync)
        tolerated = self.short_lists.tolerated(ListName.PULL_REQUESTS, sync.id)
        scan = await scan_repository(*arguments, window, page_size=self.page_size, tolerated=tolerated)
        self._note_list(sync, ListName.PULL_REQUESTS, scan.shortfall)
        if not self._lists_open(sync):
            return scan
        tolerated = self.short_lists.tolerated(ListName.OPEN_PULL_REQUESTS, sync.id)
        try:
            forgotten, shortfall = await scan_forgotten(
                *arguments, window.start, page_size=self.page_size, tolerated=tolerated
            )
        except (TooHeavy, Garbled, KindFails) as error:
            sync.list_problems.append(f"{ListName.OPEN_PULL_REQUESTS} could not be listed ({error.reason})")
            return scan
        self._note_list(sync, ListName.OPEN_PULL_REQUESTS, shortfall)
        return replace(scan, pull_requests=scan.pull_requests + forgotten)

    def _note_list(self, sync: RepositorySync, name: ListName, shortfall: Shortfall | None) -> None:
        if shortfall is not None and (reason := self.short_lists.note(name, sync.id, shortfall, self.github.clock())):
            sync.list_problems.append(reason)

    def _lists_open(self, sync: RepositorySync) -> bool:
        """Return whether what is open is listed, too: where the history begins, and again once a week."""
        return self.scope.is_refetch or self._begins_history(sync)

    def _begins_history(self, sync: RepositorySync) -> bool:
        """Return whether the window starts the history: older pull requests that are open then belong to it, too."""
        if self.short_lists.is_due(ListName.OPEN_PULL_REQUESTS, sync.id):
            return True
        if self.run.phase is Phase.INCREMENTAL:
            return not sync.reaches(self.history_start)
        return self.run.phase is Phase.HISTORY or self.is_whole_history

    def _plan(
        self, sync: RepositorySync, scan: Scan, plans: dict[str, Plan], vanished: Sequence[Refetch] = ()
    ) -> list[Change]:
        """Add what is left to fetch to `plans`; return the changes that record it."""
        refetches = (*self.stored_state.refetches.get(sync.id, ()), *vanished)
        plan = plan_items(scan.pull_requests, self.stored_state.items_of(sync.id), self.run.phase, refetches)
        plans[sync.id] = plan
        sync.record_scan(scan, plan.kept_count, len(plan.to_fetch))
        numbers = {item.id: item.number for item in refetches} | {item.id: item.number for item in scan.pull_requests}
        self.owners |= {key: (sync, numbers[key]) for key in plan.to_fetch}
        return [*plan_to_changes(plan, self.run, sync.id, self.github.clock()), *self._scan_changes(sync, scan)]

    def _scan_changes(self, sync: RepositorySync, scan: Scan) -> list[Change]:
        names = {"full_name": scan.full_name, "name": scan.full_name.rpartition("/")[2]}
        facts = repository_to_change(sync.id, **names, is_archived=scan.is_archived, pull_requests_count=scan.total)
        return [facts, self._status_change(sync, "syncing") if sync.left else self._final_change(sync)]

    async def _give_up(self, sync: RepositorySync, error: GitHubError) -> None:
        """Give up a repository that failed. Raises `error` if the others would meet it too."""
        if error.ends_run:
            raise error
        error = self._name_successor(sync, error)
        await self._commit(self._failure_change(sync, error))
        self.failure_limits.count_repository(error, is_expected=sync.failing_since is not None)

    def _name_successor(self, sync: RepositorySync, error: GitHubError) -> GitHubError:
        """Return the error, or that the repository was deleted and another one made under its name, if one has it."""
        names = [each.full_name.lower() for each in self.syncs.values()]
        if isinstance(error, NotFound) and names.count(sync.full_name.lower()) > 1:
            return Replaced(f"{sync.full_name} was deleted, and another repository has its name now")
        return error

    def _failure_change(self, sync: RepositorySync, error: GitHubError) -> Change:
        sync.error = error
        return self._final_change(sync)

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
        """Take the next ids from the queue; those of a repository that was given up stay pending."""
        steps = self._total() // (self.size.current * MIN_STEPS)
        ids: list[str] = []
        while self.queue and len(ids) < self.size.current * min(MAX_QUERIES_PER_BATCH, max(1, steps)):
            key = self.queue.popleft()
            if self.owners[key][0].error is None:
                ids.append(key)
        return ids

    async def _run_batch(
        self, number: int, ids: list[str], fetching: asyncio.Semaphore, uncommitted: asyncio.Semaphore
    ) -> None:
        async def work() -> None:
            numbers = {key: self.owners[key] for key in ids}
            changes = await self._fetch_batch(ids, fetching)
            try:
                await self._commit(*changes)
            except Exception as error:
                if not may_be_about_data(error):
                    raise
                await self._store_apart(changes, numbers)
            if self.on_progress is not None:
                await self.on_progress(self._done(), self._total())

        try:
            await self.run_batch(name_batch(self.run.team_id, number, [self.owners[key][0] for key in ids]), work)
        finally:
            uncommitted.release()

    async def _store_apart(self, changes: Sequence[Change], owners: Mapping[str, tuple[RepositorySync, int]]) -> None:
        """Store what can be stored of a batch that the warehouse refused; the rest counts as failed."""
        refused = await commit_apart(self.committer.commit, changes)
        reasons = {key: f"the warehouse cannot store it ({type(error).__name__})" for key, error in refused.items()}
        for key, reason in reasons.items():
            sync, number = owners[key]
            sync.record_refusal(key, f"#{number}: {reason}")
        outcome = BatchOutcome([], [], reasons)
        failures = outcome_to_changes(outcome, self.run, self.github.clock(), self.stored_state.attempts, {})
        syncs = {id(owners[key][0]): owners[key][0] for key in reasons}.values()
        await self._commit(*failures, *(self._final_change(sync) for sync in syncs if sync.left == 0))

    async def _fetch_batch(self, ids: list[str], fetching: asyncio.Semaphore) -> list[Change]:
        """Fetch a batch, update the state of its repositories and return the changes."""
        began_at = self.github.clock()
        try:
            fetched = await fetch_pull_requests(self.github, ids, size=self.size.current, page_size=self.page_size)
            self.size.record(fetched.was_halved)
            failed = await self._check_gone(fetched)
        finally:
            fetching.release()
        rows = parse_pull_requests(fetched.nodes, self.run.team_id, self.github.at(began_at))
        settle_partial(rows, self.stored_state.partial, self.github.clock())
        raw = fetched.nodes if self.github.settings.keep_raw_answers else ()
        gone = [key for key in fetched.gone if key not in failed]
        done = [row["id"] for row in rows.pull_requests]
        outcome = BatchOutcome(done, gone, {key: error.reason for key, error in failed.items()})
        finished = self._record_batch(outcome, rows)
        await self._count_failures(len(done), failed)
        return [
            *rows_to_changes(rows, raw),
            *accounts_to_changes(
                rows.accounts,
                self.run.team_id,
                self.stored_state.people,
                self.stored_state.logins,
                self.github.at(began_at),
            ),
            *outcome_to_changes(
                outcome, self.run, self.github.clock(), self.stored_state.attempts, self.stored_state.unsettled
            ),
            *(self._final_change(sync) for sync in finished),
        ]

    async def _check_gone(self, fetched: FetchedBatch) -> dict[str, GitHubError]:
        """Return the failures; a missing pull request counts as deleted only if its repository still exists."""
        failed = dict(fetched.failed)
        for sync in {id(owner): owner for key in fetched.gone for owner in [self.owners[key][0]]}.values():
            try:
                await check_repository(self.github, sync.id, sync.full_name)
            except GitHubError as error:
                if error.ends_run:
                    raise
                failed |= {key: error for key in fetched.gone if self.owners[key][0] is sync}
                await self._give_up(sync, error)
        return failed

    async def _count_failures(self, done_count: int, failed: Mapping[str, GitHubError]) -> None:
        """Give up a repository of which many pull requests failed in a row, or the run if all of them do."""
        if done_count:
            self.failure_limits.reset()
        for key, error in failed.items():
            sync = self.owners[key][0]
            if sync.error is not None:
                continue  # it was given up with an earlier one
            is_expected = key in self.stored_state.failed_before
            self.failure_limits.count_pull_request(error, is_expected=is_expected)
            if sync.failures_in_a_row >= MAX_CONSECUTIVE_FAILURES:
                await self._give_up(sync, error)

    def _record_batch(self, outcome: BatchOutcome, rows: Rows) -> list[RepositorySync]:
        """Record the outcome for its repositories; return those that this batch completes."""
        finished = []
        keys = (*outcome.done, *outcome.gone, *outcome.failed)
        for sync in {id(self.owners[key][0]): self.owners[key][0] for key in keys}.values():
            mine = {key for key in keys if self.owners[key][0] is sync}
            sync.record_batch(
                [key for key in outcome.done if key in mine],
                [key for key in outcome.gone if key in mine],
                {key: f"#{self.owners[key][1]}: {outcome.failed[key]}" for key in outcome.failed if key in mine},
                {key: f"#{self.owners[key][1]}: {reason}" for key, reason in rows.incomplete.items() if key in mine},
                failed_before=self.stored_state.failed_before,
            )
            if sync.left == 0:
                finished.append(sync)
        for key in (*outcome.done, *outcome.gone):
            del self.owners[key]
        self.written |= {*outcome.done}
        return finished

    async def check_totals(self) -> None:
        """Compare what was written with GitHub's totals; flag what differs, on its repository too.

        An import compares all that is stored, which is hardly more.
        """
        written = await asyncio.to_thread(self._read_written) if self.run.phase is Phase.INCREMENTAL else None
        if written is not None and not written:
            return
        found = await asyncio.to_thread(flag_differences, self.warehouse, self.run.team_id, written)
        differing = [self.syncs[key] for key in {*found.incomplete, *found.missing} if key in self.syncs]
        for sync in differing:
            sync.add_differences(found.incomplete.get(sync.id, {}), found.missing.get(sync.id, {}))
        await self._commit(*(self._final_change(sync) for sync in differing))

    def _read_written(self) -> set[str]:
        """Return what this ingestion has written, and what the parts before it have."""
        if not self.scope.done_in_parts:
            return self.written
        rows = self.warehouse.read(_WRITTEN, [self.run.team_id, self.run.run_id])
        return self.written.union(rows["pull_request_id"])

    # --- rows ---

    def _status_change(self, sync: RepositorySync, status: str) -> Change:
        return repository_to_change(sync.id, sync_status=status)

    def _final_change(self, sync: RepositorySync) -> Change:
        return repository_to_change(sync.id, **sync.columns(self._window(sync), self.github.clock()))

    def _find_stored(self, ids: Sequence[str]) -> set[str]:
        """Return those of these pull requests that are in the warehouse."""
        return set(self.warehouse.read(_STORED, [list(ids)])["id"])

    def _spent(self) -> Write | None:
        return None if self.scope.is_part else self.spending.write_if_due(self.github.clock())

    async def _commit(self, *changes: Change) -> None:
        if changes:
            await self.committer.commit(*changes)

    def _done(self) -> int:
        return sum(sync.done for sync in self.syncs.values())

    def _total(self) -> int:
        return sum(sync.total for sync in self.syncs.values())


_WRITTEN = "SELECT pull_request_id FROM sync_items WHERE team_id = ? AND run_id = ? AND state = 'done'"

_STORED = "SELECT id FROM pull_requests WHERE id IN (SELECT unnest(?))"


def _first_of(failures: ExceptionGroup[Exception]) -> Exception:
    """Return the error that ended a group of tasks."""
    first = failures.exceptions[0]
    return _first_of(first) if isinstance(first, ExceptionGroup) else first
