"""One night of the team in a process of its own, so that its memory and its processor time are the night's."""

import asyncio
import resource
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import SecretStr

from benchmarks.dashboard.large_team import TEAM
from benchmarks.scale.team import BUSY
from benchmarks.stage import begin_refresh
from tasks.github.api.client import GitHub
from tasks.github.api.settings import GitHubSettings
from tasks.github.ingestion.ingest import ingest
from tasks.insights import write_insights
from warehouse.connection import Warehouse
from warehouse.measure import measure_team
from warehouse.progress import Run, Status, finish_run
from warehouse.settings import WarehouseSettings
from warehouse.upkeep import count_files, tidy

KEEP = timedelta(days=30)


def run_night(settings: WarehouseSettings, github_url: str, at: datetime) -> dict[str, object]:
    """Run the night and return what each step took: CPU seconds, then peak memory and live files."""
    seconds: dict[str, float] = {}

    def measure(step: str, work: Callable[[], object]) -> None:
        began = time.process_time()
        work()
        seconds[step] = time.process_time() - began

    with Warehouse(settings) as warehouse:
        run = begin_refresh(warehouse, TEAM, f"night-{at:%d}", at)
        measure("fetch", lambda: asyncio.run(_fetch(warehouse, run, github_url, at)))
        measure("compute", lambda: measure_team(warehouse, TEAM, at))
        measure("insights", lambda: write_insights(warehouse, run, at))
        finish_run(warehouse, run, Status.COMPLETE, "completed", at)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        files = count_files(warehouse)
    return {"seconds": seconds, "peak_mb": peak, "live_files": files}


def run_maintenance(settings: WarehouseSettings) -> dict[str, object]:
    """Tidy the warehouse after both nights."""
    began = time.process_time()
    with Warehouse(settings) as warehouse:
        done = tidy(warehouse, BUSY, KEEP)
    taken = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": {"maintenance": taken}, "peak_mb": peak, "live_files": done.files_after}


async def _fetch(warehouse: Warehouse, run: Run, url: str, at: datetime) -> None:
    values = {"token": SecretStr("benchmark-token"), "api_url": url, "graphql_url": f"{url}/graphql"}
    settings = GitHubSettings.model_validate(values | {"reserve_points": 0})
    async with GitHub(settings, clock=lambda: at, sleep=asyncio.sleep) as github:
        await ingest(github, warehouse, run)
