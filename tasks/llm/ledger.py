"""What a run writes: rows, the claims that they end and the run's progress, in one commit a second at most."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tasks.llm.leases import RENEWED_AFTER, Leases
from tasks.llm.limiter import Clock
from tasks.llm.record import Row, merges
from warehouse.connection import Warehouse
from warehouse.progress import Run, moved
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
        self.failures: list[Row] = []

    def add_answer(self, row: Row) -> None:
        """An answer proves that the provider works: failures before it were those pull requests' own."""
        self._rows += [*self.failures, row]
        self.failures = []

    async def write(self, rows: Sequence[Row], **columns: Any) -> None:
        """Rows of the rules and the run's progress, at once."""
        await self._commit([*merges(rows), moved(self._run, self._now(), **columns)])

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
        await asyncio.shield(self._commit([*merges(self._rows), *end]))

    async def _flush(self) -> None:
        rows, self._rows = self._rows, []
        said = self._progress()
        if rows or said["waiting_until"] != self._said.get("waiting_until"):
            given_back = [self._leases.given_back([row["pull_request_id"] for row in rows])] if rows else []
            try:
                await self._commit([*merges(rows), *given_back, moved(self._run, self._now(), **said)])
            except BaseException:
                self._rows = rows + self._rows  # `close` tries them once more
                raise
            self._said = said
        if self._clock() - self._renewed_at > RENEWED_AFTER.total_seconds():
            self._renewed_at = self._clock()
            await asyncio.to_thread(self._leases.renew, self._now())

    async def _commit(self, writes: Sequence[Write]) -> None:
        await asyncio.to_thread(commit, self._warehouse, *writes)
