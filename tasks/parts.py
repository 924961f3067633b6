"""Lead a sync in parts at the Prefect edge. Helpers are runs of their own, which `take_parts` of sync.py is for."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import httpx
from prefect import get_client
from prefect.deployments import arun_deployment
from prefect.exceptions import PrefectException
from prefect.states import Cancelled

from tasks.clock import wall_clock
from tasks.github.ingestion.parts.leading import Leader, Led, waits_until
from tasks.github.ingestion.parts.leases import Standing
from tasks.github.ingestion.parts.taking import Taker, drop_parts
from tasks.github.ingestion.scope import OnProgress
from tasks.report import Logger
from warehouse.connection import Warehouse
from warehouse.progress import Run, note_moved, note_spent, note_waiting, read_running
from warehouse.sources import GITHUB

# The deployment that helpers are runs of: an entry of prefect.yaml.
HELPER = "part/part"
LOOKED_AFTER = timedelta(seconds=10)
UNREACHABLE = (PrefectException, httpx.HTTPError, ValueError, RuntimeError)


async def sync_in_parts(taker: Taker, is_refetch: bool, logger: Logger, on_progress: OnProgress) -> frozenset[str]:
    """Have the repositories of the team ingested in parts; return those that are done."""
    github, warehouse, run = taker.github, taker.warehouse, taker.run
    overview, helpers = _Overview(warehouse, run, on_progress), _Helpers(run, logger)
    taker.on_renew = overview.look
    with taker:
        leader = Leader(taker, github.settings.sync_parts, helpers.call, overview.show)
        try:
            led: Led = await leader.lead(is_refetch)
        finally:
            await overview.end()
            await helpers.dismiss()
    logger.info("%s: %d parts taken here, the others by helpers", run.team_id, taker.taken)
    await asyncio.to_thread(note_spent, warehouse, run, led.requests, led.points, wall_clock())
    return led.repository_ids


async def sync_alone(warehouse: Warehouse, run: Run) -> frozenset[str]:
    """Let helpers of an earlier run of the team commit nothing from now on; no repository is done."""
    await asyncio.to_thread(drop_parts, warehouse, run.team_id, wall_clock())
    return frozenset()


async def stop_if_ended(taker: Taker) -> None:
    """Remove the parts of a run that has ended without doing so, since it was cancelled or killed: all helpers stop."""
    if await asyncio.to_thread(read_running, taker.warehouse, taker.run.run_id) is None:
        await taker.ask(taker.leases.remove, taker.run.run_id)


class _Overview:
    """What a person sees of all parts: pull requests done, and the wait for GitHub's limit that all are in."""

    def __init__(self, warehouse: Warehouse, run: Run, on_progress: OnProgress) -> None:
        self._warehouse, self._run, self._on_progress = warehouse, run, on_progress
        self._looked_at: datetime | None = None
        self._counts: tuple[int, int] | None = None
        self._waiting_until: datetime | None = None

    async def look(self) -> None:
        """Show how much is done, every few seconds; that the run moved is noted only if it did."""
        now = wall_clock()
        if self._looked_at is not None and now - self._looked_at < LOOKED_AFTER:
            return
        self._looked_at = now
        row = await asyncio.to_thread(self._warehouse.read_one, _COUNTS, [self._run.team_id, self._run.phase])
        counts = (row["done"], row["total"]) if row else (0, 0)
        if counts != self._counts:
            self._counts = counts
            await asyncio.to_thread(note_moved, self._warehouse, self._run, now)
            await self._on_progress(*counts)

    async def show(self, standing: Standing) -> None:
        """Show the same while the last parts are with helpers, and whether all of those wait."""
        await self.look()
        await self._note_wait(waits_until(standing))

    async def end(self) -> None:
        """Take back that the run waits."""
        await self._note_wait(None)

    async def _note_wait(self, until: datetime | None) -> None:
        if until != self._waiting_until:
            self._waiting_until = until
            what = GITHUB if until else None
            await asyncio.to_thread(note_waiting, self._warehouse, self._run, until, what, wall_clock())


class _Helpers:
    """The runs that were asked to help. None of them is needed: see tasks/github/ingestion/parts/leading.py."""

    def __init__(self, run: Run, logger: Logger) -> None:
        self._run, self._logger = run, logger
        self._ids: list[UUID] = []

    async def call(self, count: int) -> None:
        """Queue `count` helpers, for whichever workers have room."""
        parameters = {"team": self._run.team_id, "run_id": self._run.run_id}
        try:
            for _ in range(count):
                name = f"part/{self._run.team_id}"
                made = await arun_deployment(
                    HELPER, parameters=parameters, flow_run_name=name, timeout=0, as_subflow=False
                )
                self._ids.append(made.id)
        except UNREACHABLE as error:
            self._logger.warning("No more helpers could be queued (%s): the run goes on.", type(error).__name__)

    async def dismiss(self) -> None:
        """Cancel the helpers that no worker had room for."""
        with suppress(*UNREACHABLE):
            async with get_client() as client:
                for run_id in self._ids:
                    state = (await client.read_flow_run(run_id)).state
                    if state is not None and state.is_scheduled():
                        await client.set_flow_run_state(run_id, Cancelled(message="All parts are done."), force=True)


_COUNTS = """
SELECT count(*) FILTER (state = 'done') AS done, count(*) AS total FROM sync_items WHERE team_id = ? AND phase = ?
"""
