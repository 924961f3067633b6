"""A process that ingests one team, alone or in parts: whether it leads or helps, URL, home, run, processes.

Prints its CPU seconds, and if it leads how long it took: from the first request until all is stored.
"""

import asyncio
import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from tasks.clock import wall_clock
from tasks.github.api.client import GitHub
from tasks.github.api.settings import GitHubSettings
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.parts.leading import Leader
from tasks.github.ingestion.parts.leases import Standing
from tasks.github.ingestion.parts.taking import Taker
from tasks.github.ingestion.scope import Scope
from warehouse.connection import Warehouse
from warehouse.progress import Run, read_running
from warehouse.settings import WarehouseSettings


@dataclass(frozen=True)
class Process:
    """One of the processes that work on a run."""

    url: str
    home: Path
    run_id: str
    processes: int

    async def lead(self) -> None:
        helping: list[asyncio.subprocess.Process] = []

        async def call(count: int) -> None:
            command = ["-m", "benchmarks.parallel.process", "help", self.url, str(self.home), self.run_id, "0"]
            starts = (asyncio.create_subprocess_exec(sys.executable, *command) for _ in range(count))
            helping.extend(await asyncio.gather(*starts))

        async def overlook(standing: Standing) -> None:
            """Leave it to the last pass to say what was missed."""

        with Warehouse(settings(self.home)) as warehouse:
            run, done = self.read_run(warehouse), frozenset[str]()
            async with self.client() as github:
                began = time.perf_counter()
                if self.processes > 1:
                    with Taker(github, warehouse, run, self.home, ingest) as taker:
                        leader = Leader(taker, self.processes, call, overlook)
                        done = (await leader.lead(is_refetch=False)).repository_ids
                await ingest(github, warehouse, run, scope=Scope(done_in_parts=done))
                seconds = time.perf_counter() - began
        for helper in helping:
            await helper.wait()
        say(seconds=seconds)

    async def help(self) -> None:
        with Warehouse(settings(self.home)) as warehouse:
            run = self.read_run(warehouse)
            async with self.client() as github:
                with Taker(github, warehouse, run, self.home, ingest) as taker:
                    await taker.take_all()
        say(parts=taker.taken)

    def read_run(self, warehouse: Warehouse) -> Run:
        stored = read_running(warehouse, self.run_id)
        if stored is None:
            raise SystemExit("The run has ended.")
        return stored.run

    def client(self) -> GitHub:
        there = GitHubSettings(graphql_url=f"{self.url}/graphql", api_url=self.url)
        return GitHub(there.model_copy(update={"token": SecretStr("demo-token")}), clock=wall_clock)


def settings(home: Path) -> WarehouseSettings:
    return WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")


def say(**figures: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu": used.ru_utime + used.ru_stime, **figures}), flush=True)


if __name__ == "__main__":
    role, url, home, run_id, processes = sys.argv[1:]
    process = Process(url, Path(home), run_id, int(processes))
    asyncio.run(process.lead() if role == "lead" else process.help())
