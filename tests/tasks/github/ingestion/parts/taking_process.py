"""A process that takes parts: URL, home, run, when its clock began, and at which batch it kills itself, 0 for never."""

import asyncio
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tasks.github.api.client import GitHub
from tasks.github.api.settings import GitHubSettings
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.parts.taking import Taker, Timing
from tasks.github.ingestion.scope import Work
from warehouse.connection import Warehouse
from warehouse.progress.runs import read_running
from warehouse.settings import WarehouseSettings

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)


class Live:
    """A clock that runs, from AS_OF on: the same in every process of a test that passes on `started_at`."""

    def __init__(self, started_at: float | None = None) -> None:
        self.started_at = time.time() if started_at is None else started_at

    def __call__(self) -> datetime:
        return AS_OF + timedelta(seconds=time.time() - self.started_at)


async def take(url: str, home: Path, run_id: str, started_at: float, dies_at: int) -> None:
    settings = GitHubSettings(token="demo-token", graphql_url=url, page_size=5)
    batches = [0]

    async def fetch(label: str, work: Work) -> None:
        batches[0] += 1
        if batches[0] == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        await work()

    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as warehouse:
        stored = read_running(warehouse, run_id)
        assert stored is not None
        async with GitHub(settings, clock=Live(started_at)) as github:
            timing = Timing(lease_seconds=3.0, renewed_after=timedelta(seconds=0.3))
            with Taker(github, warehouse, stored.run, home, ingest, run_batch=fetch, timing=timing) as taker:
                await taker.take_all()


if __name__ == "__main__":
    address, folder, run, began, count = sys.argv[1:]
    asyncio.run(take(address, Path(folder), run, float(began), int(count)))
