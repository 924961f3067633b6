"""Lead a sync in parts: divide it, call for helpers, take parts oneself, and wait until all are done.

Nobody is relied upon: if no helper ever comes, the one who leads takes all parts, and it takes over those of helpers
that die. The complete ingestion that follows finds nothing left to do in what the parts have done, and does what they
have not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from tasks.github.ingestion.parts.leases import Standing
from tasks.github.ingestion.parts.plan import plan_parts, read_sizes
from tasks.github.ingestion.parts.taking import Taker, at

POLL_SECONDS = 2.0
CallHelpers = Callable[[int], Awaitable[None]]
OnStanding = Callable[[Standing], Awaitable[None]]


@dataclass(frozen=True)
class Led:
    """What came of it: the repositories that are done, and what the helpers have used."""

    repository_ids: frozenset[str] = frozenset()
    requests: int = 0
    points: int = 0


@dataclass
class Leader:
    """Leads one sync over at most `processes` processes, its own included."""

    taker: Taker
    processes: int
    call_helpers: CallHelpers
    on_standing: OnStanding
    poll_seconds: float = POLL_SECONDS

    async def lead(self, is_refetch: bool) -> Led:
        """Return once all parts are done; at once if the team is too small for parts.

        Whatever ends it, no helper commits anything after that.
        """
        run, leases, warehouse = self.taker.run, self.taker.leases, self.taker.warehouse
        parts = plan_parts(await asyncio.to_thread(read_sizes, warehouse, run.team_id), self.processes)
        if len(parts) < 2:
            parts = []
        now = self._now()
        await self.taker.ask(leases.plan, run.run_id, run.team_id, parts, is_refetch, now.timestamp())
        try:
            if parts:
                await self.call_helpers(min(self.processes, len(parts)) - 1)
            standing = await self._take_until_done()
        finally:
            await self.taker.ask(leases.remove, run.run_id)
        return Led(standing.repository_ids, standing.requests, standing.points)

    async def _take_until_done(self) -> Standing:
        run, leases = self.taker.run, self.taker.leases
        while True:
            await self.taker.take_all()
            standing = await self.taker.ask(leases.read, run.run_id, self._now().timestamp())
            if standing.is_done:
                return standing
            await self.on_standing(standing)
            await asyncio.sleep(self.poll_seconds)

    def _now(self) -> datetime:
        return self.taker.github.clock()


def waits_until(standing: Standing) -> datetime | None:
    """Return when the first of the parts may go on, if all that are held wait for GitHub's limit."""
    return None if standing.waiting_until is None else at(standing.waiting_until)
