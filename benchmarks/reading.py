"""What is lost and what is done twice when a run is killed, when two run at once, and when a provider stops.

    python -m benchmarks.reading [--pull-requests 5000] [--only NAME ...] [--json]

A warehouse of made-up pull requests is read by processes of their own, from a simulated model that answers
after 0.05 to 0.3 s and counts what it was asked. `killed`: SIGKILL in mid-run, then another run. `two`: two runs
at once. `revoked`: the key is refused from call 120 on. `quota`: the day's quota ends at a third, then another run.
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
# At such a rate the refusal is there before the next call: what is sent side by side is refused side by side.
REVOKED_AT, REVOKED_RPM = 120, 60


@dataclass(frozen=True)
class Found:
    """Counts of pull requests, and of calls as the server saw them. `said` is how the runs ended."""

    scenario: str
    pull_requests: int
    stored: int
    calls: int
    twice: int
    refused: int
    in_flight: int
    seconds: float
    said: str

    @property
    def left(self) -> int:
        return self.pull_requests - self.stored


@dataclass(frozen=True)
class Stage:
    """A warehouse that holds pull requests, and the model that is asked about them."""

    home: Path
    model: RunningSimulator
    count: int

    def open(self) -> Warehouse:
        return Warehouse(WarehouseSettings(home=self.home, warehouse_catalog="", warehouse_data=""))

    def stored(self) -> int:
        with self.open() as warehouse:
            return int(warehouse.read("SELECT count(*) AS n FROM pr_analysis WHERE status = 'done'").item())

    def found(self, scenario: str, began: float, said: str, in_flight: int = 0) -> Found:
        asked = Counter(title_in(body) for body in self.model.simulator.bodies)
        return Found(
            scenario=scenario,
            pull_requests=self.count,
            stored=self.stored(),
            calls=sum(asked.values()),
            twice=sum(times - 1 for times in asked.values()),
            refused=self.model.simulator.refused,
            in_flight=in_flight,
            seconds=time.monotonic() - began,
            said=said,
        )


def title_in(body: str) -> str:
    return body.split("Make importer ")[1].split(" ")[0]


@contextmanager
def stage(count: int) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory() as home, serve(LlmSimulator(latency=LATENCY, keep_bodies=True)) as model:
        made = Stage(Path(home), model, count)
        with made.open() as warehouse:
            migrations.upgrade(warehouse)
            store(warehouse, count)
        yield made


def store(warehouse: Warehouse, count: int) -> None:
    """Pull requests that only a model can read, as the sync leaves them."""
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
        "id": f"PR_{number}", "team_id": TEAM, "number": number, "author_login": "jane", "author_kind": "User",
        "title": f"Make importer {number} skip empty lines", "additions": 30, "deletions": 5,
        "body": "The importer stopped at the first empty line, which some exports contain. It now skips them.",
        "created_at": T - timedelta(hours=number), "updated_at": T - timedelta(hours=number), "fetched_at": T,
    }  # fmt: skip


# --- a run, in a process of its own ------------------------------------------------------------------


@contextmanager
def reading(made: Stage, run_id: str, rpm: int) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "benchmarks.reading", "--read", run_id, "--home", str(made.home)]
    command += ["--url", made.model.url, "--rpm", str(rpm)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def end_of(process: "subprocess.Popen[str]") -> str:
    """What the run said at its end."""
    return (process.communicate()[0].strip().splitlines() or ["nothing"])[-1]


def read(home: Path, url: str, run_id: str, rpm: int) -> str:
    settings = LlmSettings(
        _env_file=None, api_key=SecretStr("benchmark"), base_url=url, model="simulated", provider="simulated",
        rpm=rpm, guard_seconds=0.0,
    )  # fmt: skip
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
        return describe(tally)


def describe(tally: Tally) -> str:
    state = f"partial: {tally.stopped_because}" if tally.is_partial else "complete"
    return f"{state}, {tally.by_model:,} read, {tally.left:,} left"


# --- scenarios ----------------------------------------------------------------------------------------


def killed(made: Stage, rpm: int) -> Found:
    began = time.monotonic()
    simulator = made.model.simulator
    with reading(made, "run-1", rpm) as first:
        wait_until(lambda: simulator.answered > made.count // 2)
        first.kill()
        first.wait()
    in_flight = len(simulator.bodies) - made.stored()
    crash(made, "run-1")
    with reading(made, "run-2", rpm) as second:
        said = end_of(second)
    return made.found("killed", began, said, in_flight)


def two(made: Stage, rpm: int) -> Found:
    began = time.monotonic()
    with reading(made, "run-1", rpm) as first, reading(made, "run-2", rpm) as second:
        said = f"{end_of(first)}; {end_of(second)}"
    return made.found("two", began, said)


def revoked(made: Stage, rpm: int) -> Found:
    began = time.monotonic()
    made.model.faults.append(Fault(FaultKind.KEY_REVOKED, times=None, after=REVOKED_AT - 1))
    with reading(made, "run-1", min(rpm, REVOKED_RPM)) as first:
        said = end_of(first)
    return made.found("revoked", began, said)


def quota(made: Stage, rpm: int) -> Found:
    began = time.monotonic()
    made.model.faults.append(Fault(FaultKind.DAILY_QUOTA, times=None, after=made.count // 3))
    with reading(made, "run-1", rpm) as first:
        said = end_of(first)
    made.model.faults.clear()
    with reading(made, "run-2", rpm) as second:
        said += f"; {end_of(second)}"
    return made.found("quota", began, said)


SCENARIOS: dict[str, Callable[[Stage, int], Found]] = {
    "killed": killed, "two": two, "revoked": revoked, "quota": quota,
}  # fmt: skip


def crash(made: Stage, run_id: str) -> None:
    """What Prefect and the reconciler do when a process is gone."""
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
            raise SystemExit("it did not come to that in ten minutes")
        time.sleep(0.02)


def draw(found: Sequence[Found]) -> Table:
    table = Table("scenario", "pull requests", "stored", "left", "calls", "twice", "in flight", "refused", "s", "said")
    for one in found:
        numbers = (one.pull_requests, one.stored, one.left, one.calls, one.twice, one.in_flight, one.refused)
        table.add_row(one.scenario, *(f"{number:,}" for number in numbers), f"{one.seconds:.0f}", one.said)
    return table


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pull-requests", type=int, default=5_000, help="in each warehouse")
    options.add_argument("--rpm", type=int, default=12_000, help="rate at which they are read")
    options.add_argument("--only", nargs="+", choices=SCENARIOS, help="scenarios")
    options.add_argument("--json", action="store_true", help="figures as JSON on standard output")
    options.add_argument("--read", help=argparse.SUPPRESS)
    options.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--url", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.read:
        print(read(chosen.home, chosen.url, chosen.read, chosen.rpm))
        return
    found = []
    for name in chosen.only or SCENARIOS:
        with stage(chosen.pull_requests) as made:
            found.append(SCENARIOS[name](made, chosen.rpm))
    if chosen.json:
        print(json.dumps([asdict(one) | {"left": one.left} for one in found], indent=2))
    else:
        Console().print(draw(found))


if __name__ == "__main__":
    main()
