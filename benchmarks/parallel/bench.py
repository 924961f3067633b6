"""One team ingested by one process and by two, at half a second a response; and the cost of runs that wait.

The processes have one token, a warehouse on SQLite and a simulator of GitHub in a process of its own. The second one is
started by the first, and its start counts. The rows must be equal.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.document import PARALLEL, write_table
from benchmarks.options import add_write, make_parser
from benchmarks.parallel.process import Process, settings
from benchmarks.parallel.waiting import measure
from benchmarks.same_tables import HERE, OF_A_RUN, OWNER, simulator
from tasks.clock import wall_clock
from tasks.github.organisation.discovery import discover_repositories
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.windows import Phase, Window

TABLES = (
    "pull_requests", "reviews", "review_threads", "review_comments", "comments", "commits", "files",
    "timeline_events", "people", "accounts", "repositories", "sync_items",
)  # fmt: skip
RUN = "run"


@dataclass(frozen=True)
class Measured:
    """One ingestion: seconds from its first request to its last commit, and CPU seconds of all its processes."""

    processes: int
    seconds: float
    cpu: float
    pull_requests: int
    rows: dict[str, tuple[int, int]]


def main() -> None:
    parser = make_parser("parallel", "Ingest one team with one process and with several; what waiting runs cost.")
    parser.add_argument("--pull-requests", type=int, default=3000, metavar="N", help="pull requests of the team")
    parser.add_argument("--repositories", type=int, default=24, metavar="N", help="repositories of the team")
    parser.add_argument("--latency", type=float, default=0.5, metavar="SECONDS", help="seconds a response")
    parser.add_argument("--waiting", type=int, default=100, metavar="N", help="runs that wait; 0 to leave that out")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="seconds for which the server is watched")
    add_write(parser, "docs/parallel.md")
    options = parser.parse_args()
    arguments = ["--login", OWNER, "--repositories", str(options.repositories), "--latency", str(options.latency)]
    with simulator("github", *arguments, "--pull-requests", str(options.pull_requests)) as url:
        at = wall_clock()
        found = [ingest_with(url, processes, at) for processes in (1, 2)]
    one, two = found
    rows = [
        (str(each.processes), f"{each.seconds:.0f} s", f"{one.seconds / each.seconds:.2f}", f"{each.cpu:.0f} s")
        for each in found
    ]
    for row in rows:
        print(*row, sep="\t")
    differing = [name for name in TABLES if one.rows[name] != two.rows[name]]
    equal = "all rows equal" if not differing else f"rows of {', '.join(differing)} differ"
    sentence = (
        f"{one.pull_requests:,} pull requests of {options.repositories} repositories at {options.latency:g} s a "
        f"response, one token, SQLite; {equal} (`python -m benchmarks.parallel --write`, on {os.cpu_count()} "
        f"processors with a load of {os.getloadavg()[1]:.0f}: the ratio counts, not the seconds)."
    )
    print(sentence)
    if options.write:
        write_table("parts", sentence, ("processes", "seconds", "speed-up", "CPU seconds of all"), rows, PARALLEL)
    if options.waiting:
        report_waiting(options.waiting, options.seconds, is_written=options.write)
    sys.exit(1 if differing else 0)


def report_waiting(waiting: int, seconds: int, *, is_written: bool) -> None:
    idle, busy = measure(waiting, seconds)
    rows = [("0", f"{idle:.1f} s"), (str(waiting), f"{busy:.1f} s")]
    for row in rows:
        print(*row, sep="\t")
    if is_written:
        sentence = f"CPU seconds of Prefect's server on SQLite while a worker has no room, over {seconds} s."
        write_table("waiting", sentence, ("runs that wait", "CPU seconds a minute"), rows, PARALLEL)


def ingest_with(url: str, processes: int, at: datetime) -> Measured:
    """Ingest the 90 days before `at` into an empty warehouse."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with Warehouse(settings(home)) as warehouse:
            migrations.upgrade(warehouse)
            asyncio.run(discover(url, home, warehouse))
            window = Window(at - timedelta(days=90))
            run = Run(run_id=RUN, team_id=OWNER, flow="onboarding", phase=Phase.RECENT, as_of=at, window=window)
            start_run(warehouse, run, at)
        command = [sys.executable, "-m", "benchmarks.parallel.process", "lead", url, folder, RUN, str(processes)]
        done = subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.PIPE, text=True)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        with Warehouse(settings(home), read_only=True) as warehouse:
            rows = {name: summarise(warehouse, name) for name in TABLES}
    seconds = next(each["seconds"] for each in said if "seconds" in each)
    return Measured(processes, seconds, sum(each["cpu"] for each in said), rows["pull_requests"][0], rows)


async def discover(url: str, home: Path, warehouse: Warehouse) -> None:
    async with Process(url, home, RUN, 1).client() as github:
        await discover_repositories(github, warehouse, OWNER, None)


def summarise(warehouse: Warehouse, table: str) -> tuple[int, int]:
    """Return the number of rows and a sum of their hashes, without what differs from run to run."""
    names = [column.name for column in schema.metadata.tables[table].columns if column.name not in OF_A_RUN]
    found = warehouse.read_one(f"SELECT count(*) AS n, bit_xor(hash({', '.join(names)})) AS hash FROM {table}")
    return (int(found["n"]), int(found["hash"] or 0)) if found else (0, 0)
