"""Measure what is lost and repeated if an analysis is killed, if two run at once, and if the provider stops.

A warehouse of made-up pull requests is analysed by separate processes with a simulated model that answers after 0.05
to 0.3 s and counts the requests. `killed`: SIGKILL in the middle, then another run. `two`: two runs at once.
`revoked`: the key is refused from request 120 on. `quota`: the daily quota ends after a third, then another run.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from benchmarks.options import add_json, make_parser
from simulators.llm.faults import Fault, FaultKind
from simulators.llm.server import LlmSimulator, RunningSimulator, serve
from tasks.clock import seconds, wall_clock
from tasks.llm.errors import AnalysisFailed
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.analysis import analyse_pending
from tasks.llm.run.tally import Tally
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.progress import Run, fail_run, start_run
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit
from warehouse.windows import Phase, Window

TEAM = "northwind"
T = datetime(2026, 8, 22, 12, tzinfo=UTC)
LATENCY = (0.05, 0.3)
# Slow enough that the refusal arrives before the next request; concurrent requests would be refused together.
REVOKED_AT, REVOKED_RPM = 120, 60


@dataclass(frozen=True)
class AnalysisMeasurement:
    """Counts of pull requests, and of requests as the server saw them. `results` says how the runs ended."""

    scenario: str
    pull_requests: int
    stored: int
    requests: int
    repeated: int
    refused: int
    in_flight: int
    seconds: float
    results: str

    @property
    def left(self) -> int:
        return self.pull_requests - self.stored


@dataclass(frozen=True)
class AnalysisStage:
    """A warehouse with pull requests, and the model that analyses them."""

    home: Path
    model: RunningSimulator
    count: int

    def open(self) -> Warehouse:
        return Warehouse(WarehouseSettings(home=self.home, warehouse_catalog="", warehouse_data=""))

    def stored(self) -> int:
        with self.open() as warehouse:
            return int(warehouse.read("SELECT count(*) AS n FROM pr_analysis WHERE status = 'done'").item())

    def measure(self, scenario: str, began: float, results: str, in_flight: int = 0) -> AnalysisMeasurement:
        requests = Counter(title_in(body) for body in self.model.simulator.bodies)
        return AnalysisMeasurement(
            scenario=scenario,
            pull_requests=self.count,
            stored=self.stored(),
            requests=sum(requests.values()),
            repeated=sum(times - 1 for times in requests.values()),
            refused=self.model.simulator.refused,
            in_flight=in_flight,
            seconds=time.monotonic() - began,
            results=results,
        )


def title_in(body: str) -> str:
    return body.split("Make importer ")[1].split(" ")[0]


@contextmanager
def stage(count: int) -> Iterator[AnalysisStage]:
    with tempfile.TemporaryDirectory() as home, serve(LlmSimulator(latency=LATENCY, keep_bodies=True)) as model:
        made = AnalysisStage(Path(home), model, count)
        with made.open() as warehouse:
            migrations.upgrade(warehouse)
            store(warehouse, count)
        yield made


def store(warehouse: Warehouse, count: int) -> None:
    """Store pull requests that only a model can read, as the sync does."""
    items = [
        {"pull_request_id": f"PR_{n}", "team_id": TEAM, "phase": Phase.RECENT, "state": "done"} for n in range(count)
    ]
    commit(
        warehouse,
        Merge(schema.sync_items, schema.frame(schema.sync_items, items)),
        Merge(schema.pull_requests, schema.frame(schema.pull_requests, [row_of(n) for n in range(count)])),
    )


def row_of(number: int) -> dict[str, Any]:
    return {
        "id": f"PR_{number}",
        "team_id": TEAM,
        "number": number,
        "author_login": "jane",
        "author_kind": "User",
        "title": f"Make importer {number} skip empty lines",
        "additions": 30,
        "deletions": 5,
        "body": "The importer stopped at the first empty line, which some exports contain. It now skips them.",
        "created_at": T - timedelta(hours=number),
        "updated_at": T - timedelta(hours=number),
        "fetched_at": T,
    }


# --- a run, in a process of its own ------------------------------------------------------------------


@contextmanager
def analysing(made: AnalysisStage, run_id: str, rpm: int) -> Iterator["subprocess.Popen[str]"]:
    """Run one analysis in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.reading", "--read", run_id, "--home", str(made.home)]
    command += ["--url", made.model.url, "--rpm", str(rpm)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_result(process: "subprocess.Popen[str]") -> str:
    """Wait for the process to end, and return its result, the last line of its output."""
    return (process.communicate()[0].strip().splitlines() or ["nothing"])[-1]


def analyse(home: Path, url: str, run_id: str, rpm: int) -> str:
    settings = LlmSettings(
        _env_file=None,
        api_key=SecretStr("benchmark"),
        base_url=url,
        model="simulated",
        provider="simulated",
        rpm=rpm,
        guard_seconds=0.0,
    )
    now = wall_clock()
    run = Run(
        run_id=run_id,
        team_id=TEAM,
        flow="onboarding",
        phase=Phase.RECENT,
        as_of=now,
        window=Window(now - timedelta(days=30)),
    )
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as warehouse:
        start_run(warehouse, run, now)
        try:
            tally = asyncio.run(
                analyse_pending(
                    warehouse,
                    run,
                    settings,
                    home,
                    clock=seconds,
                    sleep=asyncio.sleep,
                    on_progress=lambda _: asyncio.sleep(0),
                )
            )
        except AnalysisFailed as error:
            return f"failed: {error}"
        return describe_tally(tally)


def describe_tally(tally: Tally) -> str:
    state = f"partial: {tally.stopped_because}" if tally.is_partial else "complete"
    return f"{state}, {tally.by_model:,} analysed, {tally.left:,} left"


# --- scenarios ----------------------------------------------------------------------------------------


def killed(made: AnalysisStage, rpm: int) -> AnalysisMeasurement:
    began = time.monotonic()
    simulator = made.model.simulator
    with analysing(made, "run-1", rpm) as first:
        wait_until(lambda: simulator.answered > made.count // 2)
        first.kill()
        first.wait()
    in_flight = len(simulator.bodies) - made.stored()
    crash(made, "run-1")
    with analysing(made, "run-2", rpm) as second:
        results = wait_for_result(second)
    return made.measure("killed", began, results, in_flight)


def two(made: AnalysisStage, rpm: int) -> AnalysisMeasurement:
    began = time.monotonic()
    with analysing(made, "run-1", rpm) as first, analysing(made, "run-2", rpm) as second:
        results = f"{wait_for_result(first)}; {wait_for_result(second)}"
    return made.measure("two", began, results)


def revoked(made: AnalysisStage, rpm: int) -> AnalysisMeasurement:
    began = time.monotonic()
    made.model.faults.append(Fault(FaultKind.KEY_REVOKED, times=None, after=REVOKED_AT - 1))
    with analysing(made, "run-1", min(rpm, REVOKED_RPM)) as first:
        results = wait_for_result(first)
    return made.measure("revoked", began, results)


def quota(made: AnalysisStage, rpm: int) -> AnalysisMeasurement:
    began = time.monotonic()
    made.model.faults.append(Fault(FaultKind.DAILY_QUOTA, times=None, after=made.count // 3))
    with analysing(made, "run-1", rpm) as first:
        results = wait_for_result(first)
    made.model.faults.clear()
    with analysing(made, "run-2", rpm) as second:
        results += f"; {wait_for_result(second)}"
    return made.measure("quota", began, results)


SCENARIOS: dict[str, Callable[[AnalysisStage, int], AnalysisMeasurement]] = {
    "killed": killed,
    "two": two,
    "revoked": revoked,
    "quota": quota,
}


def crash(made: AnalysisStage, run_id: str) -> None:
    """Mark the run as crashed, as Prefect and the reconciler do when its process is gone."""
    now = wall_clock()
    with made.open() as warehouse:
        fail_run(
            warehouse,
            Run(run_id=run_id, team_id=TEAM, flow="onboarding", phase=Phase.RECENT, as_of=now, window=Window(now)),
            "killed",
            "Retry.",
            now,
            state="crashed",
        )


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 600
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit("The condition was not met within ten minutes.")
        time.sleep(0.02)


COLUMNS = (
    "scenario",
    "pull requests",
    "stored",
    "left",
    "requests",
    "repeated",
    "in flight",
    "refused",
    "s",
    "results",
)


def draw_table(found: Sequence[AnalysisMeasurement]) -> Table:
    table = Table(*COLUMNS)
    for one in found:
        numbers = (one.pull_requests, one.stored, one.left, one.requests, one.repeated, one.in_flight, one.refused)
        table.add_row(one.scenario, *(f"{number:,}" for number in numbers), f"{one.seconds:.0f}", one.results)
    return table


def main() -> None:
    options = make_parser(
        "reading",
        "Measure what is lost and repeated if an analysis is killed, if two run at once, and if the provider stops.",
    )
    options.add_argument(
        "--pull-requests", type=int, default=5_000, metavar="N", help="pull requests per scenario (default: 5000)"
    )
    options.add_argument(
        "--rpm", type=int, default=12_000, metavar="N", help="requests per minute to the model (default: 12000)"
    )
    options.add_argument(
        "--only", nargs="+", choices=SCENARIOS, metavar="NAME", help=f"run only these scenarios: {', '.join(SCENARIOS)}"
    )
    add_json(options)
    options.add_argument("--read", help=argparse.SUPPRESS)
    options.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--url", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.read:
        print(analyse(chosen.home, chosen.url, chosen.read, chosen.rpm))
        return
    found = []
    for name in chosen.only or SCENARIOS:
        with stage(chosen.pull_requests) as made:
            found.append(SCENARIOS[name](made, chosen.rpm))
    if chosen.json:
        print(json.dumps([asdict(one) | {"left": one.left} for one in found], indent=2))
    else:
        Console().print(draw_table(found))


if __name__ == "__main__":
    main()
