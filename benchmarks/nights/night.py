"""One night of a team, in one process and without Prefect: the steps of the flows `refresh` and `maintenance`."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.nights.people import OWNER
from benchmarks.stage import Stage, begin_refresh, open_warehouse
from tasks.github.deliveries.sync import sync_deliveries
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.scope import Scope
from tasks.github.organisation.discovery import discover_repositories
from tasks.insights import write_insights
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.tally import Tally
from tasks.llm.run.without_model import analyse_by_rules
from warehouse.connection import Warehouse
from warehouse.events.find import find_events
from warehouse.events.outbox import Address, claim_messages, note_events, note_result
from warehouse.measure import measure_team
from warehouse.progress import Run, Status, finish_run, start_run
from warehouse.upkeep import forget_messages, tidy
from warehouse.windows import Phase, plan_windows

CHANNEL = Address("mail", "lead@example.com")
STALE_AFTER = timedelta(hours=26)


@dataclass
class Seconds:
    """CPU seconds by step, without those of the simulated GitHub."""

    of: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measuring(self, step: str) -> Iterator[None]:
        began = _own_seconds()
        yield
        self.of[step] = self.of.get(step, 0.0) + _own_seconds() - began


def _own_seconds() -> float:
    """Return the CPU seconds of this process without those of the thread in which the simulated GitHub runs."""
    served = [each for each in threading.enumerate() if each.name == SERVER_THREAD and each.ident is not None]
    clocks = (time.pthread_getcpuclockid(each.ident) for each in served if each.ident is not None)
    return time.process_time() - sum(time.clock_gettime(clock) for clock in clocks)


SERVER_THREAD = "simulated-github"


def onboard(stage: Stage, warehouse: Warehouse, history_days: int) -> None:
    """Import the team, in two phases."""
    windows = plan_windows(stage.clock(), 30, history_days, is_live=True)
    flows = (("onboarding", Phase.RECENT), ("background", Phase.HISTORY))
    for (flow, phase), window in zip(flows, windows, strict=True):
        run = Run(run_id=flow, team_id=OWNER, flow=flow, phase=phase, as_of=stage.clock(), window=window)
        start_run(warehouse, run, stage.clock())
        asyncio.run(_fetch(stage, warehouse, run, is_thorough=phase is Phase.RECENT))
        _measure(stage, warehouse, run)


def refresh(stage: Stage, warehouse: Warehouse, night: int, *, is_weekly: bool) -> Seconds:
    """Run the refresh of a night: fetch, read by rules, compute, find insights, and tell."""
    seconds = Seconds()
    run = begin_refresh(warehouse, OWNER, f"night-{night}", stage.clock())
    with seconds.measuring("fetch"):
        asyncio.run(_fetch(stage, warehouse, run, is_thorough=is_weekly))
    with seconds.measuring("compute"):
        _measure(stage, warehouse, run)
    with seconds.measuring("tell"):
        _tell(warehouse, stage.clock())
    return seconds


def maintain(home: Path, now: datetime, keep: timedelta) -> Seconds:
    """Run the maintenance of the morning."""
    seconds = Seconds()
    with seconds.measuring("maintenance"), open_warehouse(home) as warehouse:
        forget_messages(warehouse, now)
        tidy(warehouse, now, keep)
    return seconds


async def _fetch(stage: Stage, warehouse: Warehouse, run: Run, *, is_thorough: bool) -> None:
    async with stage.github() as github:
        if is_thorough:
            await discover_repositories(github, warehouse, OWNER)
        scope = Scope(is_refetch=is_thorough and run.phase is Phase.INCREMENTAL)
        await ingest(github, warehouse, run, scope=scope)
        await sync_deliveries(github, warehouse, run, stage.clock())
    await analyse_by_rules(warehouse, run, LlmSettings(), clock=stage.clock.seconds, on_progress=_silent)


async def _silent(tally: Tally) -> None:
    """Show nothing."""


def _measure(stage: Stage, warehouse: Warehouse, run: Run) -> None:
    measure_team(warehouse, run.team_id, stage.clock())
    write_insights(warehouse, run, stage.clock())
    finish_run(warehouse, run, Status.COMPLETE, "completed", stage.clock())


def _tell(warehouse: Warehouse, now: datetime) -> None:
    """Note what happened, and say of every message that its channel took it."""
    note_events(warehouse, find_events(warehouse, now, STALE_AFTER), lambda team: [CHANNEL], now)
    sent = claim_messages(warehouse, [CHANNEL.channel], now)
    note_result(warehouse, [(message, None) for message in sent], now)
