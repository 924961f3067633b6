"""Measure the speed of ingestion relative to a client that only fetches and decodes.

For each size a simulated GitHub runs in a process of its own. Two clients read it, each in a process of its own, one
after the other: `bare` sends the product's queries and discards what it decodes; `full` is the product's ingestion
into an empty warehouse, from the first query to the last commit. Their ratio is the figure to quote: without latency
it is the cost of storing, with GitHub's latency the part of it that matters in practice.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from benchmarks.document import write_table
from benchmarks.options import add_json, add_write, make_parser
from tasks.clock import wall_clock
from tasks.github.api.batch_size import plan_batch_size
from tasks.github.api.client import GitHub
from tasks.github.api.queries.document import PAGE
from tasks.github.api.queries.pull_requests import PULL_REQUESTS, THREAD_COMMENTS
from tasks.github.api.settings import GitHubSettings
from tasks.github.ingestion.ingest import MAX_QUERIES_PER_BATCH, MIN_STEPS, ingest
from tasks.github.organisation.discovery import discover_repositories
from tasks.github.organisation.repositories import fetch_repositories
from tasks.github.pull_requests.scan import scan_repository
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.settings import WarehouseSettings
from warehouse.windows import Phase, Window

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)
EVERYTHING = Window(datetime(2008, 1, 1, tzinfo=UTC))
NO_LIMIT = "1000000000"
# Larger sizes are read without latency only, since they would take an hour with it.
MAX_SIZE_WITH_LATENCY = 10_000


@dataclass(frozen=True)
class IngestMeasurement:
    """One client over one organisation whose responses take `latency` seconds.

    `peak_mb` is the maximum resident size of its process. `cpu_seconds` is its processor time, which is steadier than
    `seconds` on a shared machine.
    """

    client: str
    latency: float
    pull_requests: int
    seconds: float
    cpu_seconds: float
    points: int
    requests: int
    peak_mb: float

    @property
    def per_second(self) -> float:
        return self.pull_requests / self.seconds


def clock() -> datetime:
    return wall_clock()


def github_at(url: str) -> GitHub:
    settings = GitHubSettings(token=SecretStr("benchmark-token"), api_url=url, graphql_url=f"{url}/graphql")
    return GitHub(settings, clock=clock, sleep=asyncio.sleep)


Read = tuple[int, int, int]
"""Pull requests, points, requests."""


async def read_bare(url: str) -> Read:
    """Send the product's queries at its own concurrency, and discard the decoded pages."""
    async with github_at(url) as github:
        repositories = [found async for page in fetch_repositories(github, "northwind") for found in page]
        scans = await asyncio.gather(*(scan_repository(github, r.id, r.full_name, EVERYTHING) for r in repositories))
        ids = [found.id for scan in scans for found in scan.pull_requests]
        size = plan_batch_size(github.settings.page_size)
        steps = min(MAX_QUERIES_PER_BATCH, max(1, len(ids) // (size * MIN_STEPS)))
        batches = iter(list(batched(ids, size * steps)))

        async def work() -> None:
            for batch in batches:
                threads: list[str] = []
                for some in batched(batch, size):
                    answer = await github.execute(PULL_REQUESTS, {"ids": some, "first": PAGE})
                    threads += [each["id"] for node in answer.data["nodes"] for each in node["reviewThreads"]["nodes"]]
                for some in batched(threads, PAGE):
                    await github.execute(THREAD_COMMENTS, {"ids": some, "first": PAGE})

        await asyncio.gather(*(work() for _ in range(github.workers)))
        return len(ids), github.points_spent, github.requests


async def read_full(url: str, warehouse: Warehouse) -> Read:
    """Run the product's ingestion into an empty warehouse."""
    run = Run(
        run_id="benchmark",
        team_id="northwind",
        flow="onboarding",
        phase=Phase.RECENT,
        as_of=AS_OF,
        window=Window(EVERYTHING.start),
    )
    start_run(warehouse, run, AS_OF)
    async with github_at(url) as github:
        await discover_repositories(github, warehouse, "northwind")
        summary = await ingest(github, warehouse, run)
    stored = int(warehouse.read("SELECT count(*) AS n FROM pull_requests").item())
    if stored != summary.prs_total:
        raise SystemExit(f"{stored} of {summary.prs_total} pull requests are in the warehouse")
    return stored, summary.points, summary.requests


def batched(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(ids[start : start + size]) for start in range(0, len(ids), size))


CLIENTS = ("bare", "full")


def measure(client: str, url: str, latency: float) -> IngestMeasurement:
    """Run one client in this process."""
    if client == "bare":
        return _measured(client, latency, lambda: read_bare(url))
    with tempfile.TemporaryDirectory() as home:
        settings = WarehouseSettings(home=Path(home), warehouse_catalog="", warehouse_data="")
        with Warehouse(settings) as warehouse:
            migrations.upgrade(warehouse)
            return _measured(client, latency, lambda: read_full(url, warehouse))


def _measured(client: str, latency: float, read: Callable[[], Coroutine[Any, Any, Read]]) -> IngestMeasurement:
    began, cpu_began = time.perf_counter(), time.process_time()
    pull_requests, points, requests = asyncio.run(read())
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return IngestMeasurement(client, latency, pull_requests, seconds, cpu_seconds, points, requests, peak)


@contextmanager
def simulated_github(pull_requests: int, latency: float = 0.0) -> Iterator[str]:
    """Run a simulated GitHub with an organisation of that size, and yield its URL."""
    with simulator("--pull-requests", str(pull_requests), "--latency", str(latency)) as url:
        yield url


@contextmanager
def simulator(*options: str) -> Iterator[str]:
    """Run a simulated GitHub without limits in a process of its own, and yield its URL."""
    command = [sys.executable, "-m", "simulators.github", "--port", "0", "--as-of", AS_OF.isoformat()]
    limits = ["--hourly-points", NO_LIMIT, "--minute-points", NO_LIMIT]
    with subprocess.Popen([*command, *limits, *options], stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            if not line.startswith("listening on "):
                raise SystemExit("the simulated GitHub did not start")
            yield line.removeprefix("listening on ").strip()
        finally:
            server.terminate()


def _measure_apart(client: str, url: str, latency: float) -> IngestMeasurement:
    """Run one client in a process of its own, so that its memory can be measured."""
    command = [sys.executable, "-m", "benchmarks.ingest", "--measure", client, "--url", url]
    command += ["--latencies", str(latency)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return IngestMeasurement(**json.loads(answer.stdout))


def run(sizes: Sequence[int], latencies: Sequence[float]) -> list[IngestMeasurement]:
    """Run both clients over each size; `bare` runs once before to warm the simulator's cache."""
    found = []
    for latency in latencies:
        for size in sizes:
            if latency and size > MAX_SIZE_WITH_LATENCY:
                continue
            with simulated_github(size, latency) as url:
                _measure_apart("bare", url, latency)
                found += [_measure_apart(client, url, latency) for client in CLIENTS]
    return found


COLUMNS = (
    "client",
    "latency, s",
    "pull requests",
    "PRs/s",
    "CPU s",
    "points per 1,000",
    "requests",
    "peak MB",
    "ratio to bare",
)


def rows(found: Sequence[IngestMeasurement]) -> list[tuple[str, ...]]:
    table: list[tuple[str, ...]] = []
    for one in found:
        alike = [other for other in found if (other.latency, other.pull_requests) == (one.latency, one.pull_requests)]
        bare = next(other for other in alike if other.client == "bare")
        cells = (
            one.client,
            f"{one.latency:g}",
            f"{one.pull_requests:,}",
            f"{one.per_second:,.0f}",
            f"{one.cpu_seconds:,.1f}",
            f"{1000 * one.points / one.pull_requests:,.0f}",
            f"{one.requests:,}",
            f"{one.peak_mb:,.0f}",
            f"{one.per_second / bare.per_second:.2f}",
        )
        table.append(cells)
    return table


def draw_table(found: Sequence[IngestMeasurement]) -> Table:
    table = Table(*COLUMNS)
    for row in rows(found):
        table.add_row(*row)
    return table


def main() -> None:
    options = make_parser(
        "ingest", "Measure the speed of ingestion relative to a client that only fetches and decodes pull requests."
    )
    options.add_argument(
        "--sizes", type=int, nargs="+", default=[1_000, 10_000], metavar="N", help="numbers of pull requests"
    )
    options.add_argument(
        "--latencies", type=float, nargs="+", default=[0.0, 0.5], metavar="SECONDS", help="latencies of GitHub"
    )
    add_json(options)
    add_write(options)
    options.add_argument("--measure", choices=CLIENTS, help=argparse.SUPPRESS)
    options.add_argument("--url", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.measure:
        print(json.dumps(asdict(measure(chosen.measure, chosen.url, chosen.latencies[0]))))
        return
    found = run(chosen.sizes, chosen.latencies)
    if chosen.write:
        write_table("ingest", f"On {os.cpu_count()} shared processors.", COLUMNS, rows(found))
    if chosen.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        Console().print(draw_table(found))


if __name__ == "__main__":
    main()
