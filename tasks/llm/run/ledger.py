"""What a run writes: rows, the claims that they end and the run's progress, in one commit a second at most."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tasks.llm.provider.limiter import Clock
from tasks.llm.run.leases import RENEWED_AFTER, Leases
from tasks.llm.run.record import Row, merges
from warehouse.connection import Warehouse
from warehouse.progress import Run, moved
from warehouse.schema import llm_replies
from warehouse.store import Write, commit

COMMIT_EVERY_SECONDS = 0.7


class Ledger:
    """Rows that wait for the next commit, and failures of which it is not yet sure whose they are.

    `progress` gives the columns of `pipeline_runs` that speak of the run's calls.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        run: Run,
        leases: Leases,
        *,
        clock: Clock,
        now: Callable[[], datetime],
        progress: Callable[[], dict[str, Any]],
    ) -> None:
        self._warehouse = warehouse
        self._run = run
        self._leases = leases
        self._clock = clock
        self._now = now
        self._progress = progress
        self._rows: list[Row] = []
        self._said: dict[str, Any] = {}
        self._commits: asyncio.Task[None] | None = None
        self._committed_at = self._renewed_at = clock()
        self._replies: list[Row] = []
        self.failures: list[Row] = []

    def add_answer(self, row: Row) -> None:
        """An answer proves that the provider works: failures before it were those pull requests' own."""
        self._rows += [*self.failures, row]
        self.failures = []

    def add_reply(self, row: Row) -> None:
        """What came, whether it is an answer or not."""
        self._replies.append(row)

    async def write(self, rows: Sequence[Row]) -> None:
        """Rows of the rules and the run's progress, at once."""
        await self._commit([*merges(rows), moved(self._run, self._now(), **self._progress())])

    def keep_up(self) -> bool:
        """Start a commit where one is due and none is under way; True where it did. Raises what the last one raised."""
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
        """Commit all that is left, whatever becomes of the task that waits for it."""
        if self._commits is not None:
            await asyncio.gather(self._commits, return_exceptions=True)
        self._rows += self.failures
        self.failures = []
        end: list[Write] = [self._leases.all_given_back(), moved(self._run, self._now(), **self._progress())]
        await asyncio.shield(self._commit([*merges(self._rows), *merges(self._replies, llm_replies), *end]))

    async def _flush(self) -> None:
        rows, replies = self._rows, self._replies
        self._rows, self._replies = [], []
        said = self._progress()
        if rows or replies or said["waiting_until"] != self._said.get("waiting_until"):
            given_back = [self._leases.given_back([row["pull_request_id"] for row in rows])] if rows else []
            writes: list[Write] = [*merges(rows), *merges(replies, llm_replies), *given_back]
            try:
                await self._commit([*writes, moved(self._run, self._now(), **said)])
            except BaseException:
                self._rows, self._replies = rows + self._rows, replies + self._replies  # `close` tries once more
                raise
            self._said = said
        if self._clock() - self._renewed_at > RENEWED_AFTER.total_seconds():
            self._renewed_at = self._clock()
            await asyncio.to_thread(self._leases.renew, self._now())

    async def _commit(self, writes: Sequence[Write]) -> None:
        await asyncio.to_thread(commit, self._warehouse, *writes)
