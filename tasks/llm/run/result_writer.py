"""Writer of a run's results: rows, the leases that they end and the run's progress, in one commit a second at most."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from tasks.llm.provider.rate_limiter import Clock
from tasks.llm.run.analysis_rows import make_merges
from tasks.llm.run.candidates import Row
from tasks.llm.run.leases import RENEWED_AFTER, Leases
from warehouse.connection import Warehouse
from warehouse.progress import Run, moved
from warehouse.schema import llm_replies
from warehouse.store import Write, commit

COMMIT_EVERY_SECONDS = 0.7


class ResultWriter:
    """Rows that wait for the next commit, and `failures` of which it is not yet known who is at fault.

    `progress` gives the columns of `pipeline_runs` about the run's requests.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        run: Run,
        leases: Leases,
        *,
        clock: Clock,
        now: Callable[[], datetime],
        progress: Callable[[], Row],
    ) -> None:
        self._warehouse = warehouse
        self._run = run
        self._leases = leases
        self._clock = clock
        self._now = now
        self._progress = progress
        self._rows: list[Row] = []
        self._written_progress: Row = {}
        self._commits: asyncio.Task[None] | None = None
        self._committed_at = self._renewed_at = clock()
        self._replies: list[Row] = []
        self.failures: list[Row] = []

    def add_answer(self, row: Row) -> None:
        """Add an answer; it proves that the provider works, so earlier failures were the pull requests' own."""
        self._rows += [*self.failures, row]
        self.failures = []

    def add_reply(self, row: Row) -> None:
        """Add a raw response, whether it holds an answer or not."""
        self._replies.append(row)

    async def write(self, rows: Sequence[Row]) -> None:
        """Write rows of the rules and the run's progress immediately."""
        await self._commit([*make_merges(rows), moved(self._run, self._now(), **self._progress())])

    def commit_if_due(self) -> bool:
        """Start a commit if one is due and none is under way, and return whether it did.

        Raises what the previous commit raised.
        """
        if self._commits is not None and not self._commits.done():
            return False
        if self._commits is not None:
            self._commits.result()
        if self._clock() - self._committed_at < COMMIT_EVERY_SECONDS:
            return False
        self._committed_at = self._clock()
        self._commits = asyncio.create_task(self._flush())
        return True

    async def close(self) -> None:
        """Commit all that is left, even if the waiting task is cancelled."""
        if self._commits is not None:
            await asyncio.gather(self._commits, return_exceptions=True)
        self._rows += self.failures
        self.failures = []
        end: list[Write] = [self._leases.release_all(), moved(self._run, self._now(), **self._progress())]
        await asyncio.shield(self._commit([*make_merges(self._rows), *make_merges(self._replies, llm_replies), *end]))

    async def _flush(self) -> None:
        rows, replies = self._rows, self._replies
        self._rows, self._replies = [], []
        progress = self._progress()
        if rows or replies or progress["waiting_until"] != self._written_progress.get("waiting_until"):
            released = [self._leases.release([row["pull_request_id"] for row in rows])] if rows else []
            writes: list[Write] = [*make_merges(rows), *make_merges(replies, llm_replies), *released]
            try:
                await self._commit([*writes, moved(self._run, self._now(), **progress)])
            except BaseException:
                self._rows, self._replies = rows + self._rows, replies + self._replies  # `close` tries again
                raise
            self._written_progress = progress
        if self._clock() - self._renewed_at > RENEWED_AFTER.total_seconds():
            self._renewed_at = self._clock()
            await asyncio.to_thread(self._leases.renew, self._now())

    async def _commit(self, writes: Sequence[Write]) -> None:
        await asyncio.to_thread(commit, self._warehouse, *writes)
