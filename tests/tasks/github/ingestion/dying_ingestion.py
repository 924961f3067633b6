"""An ingestion in a process of its own that kills itself: URL, home, team, phase, and at which look at the clock."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tasks.github.api.client import GitHub
from tasks.github.api.settings import GitHubSettings
from tasks.github.ingestion.ingest import ingest
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.settings import WarehouseSettings
from warehouse.windows import Phase, Window

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)


class DeadlyClock:
    """Kills its own process when it is looked at for the n-th time."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def __call__(self) -> datetime:
        self.looks -= 1
        if self.looks <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return AS_OF


async def run(url: str, home: str, team: str, looks: int) -> None:
    clock = DeadlyClock(looks)
    settings = GitHubSettings(token="demo-token", graphql_url=url, page_size=5)
    asked = Run(
        run_id="run-1",
        team_id=team,
        flow="onboarding",
        phase=Phase.RECENT,
        as_of=AS_OF,
        window=Window(AS_OF - timedelta(days=30), AS_OF),
    )
    with Warehouse(WarehouseSettings(home=Path(home), warehouse_catalog="", warehouse_data="")) as warehouse:
        async with GitHub(settings, clock=clock) as github:
            await ingest(github, warehouse, asked)


if __name__ == "__main__":
    address, folder, login, count = sys.argv[1:]
    asyncio.run(run(address, folder, login, int(count)))
