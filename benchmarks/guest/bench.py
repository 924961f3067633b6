"""Run prflow on a Prefect server of other people, started by `prefect server start` with its defaults.

No password, leases in memory, `prefect deploy --all` and `prefect worker start` as Prefect's documentation has them.
An onboarding of more than five minutes must stay healthy beside runs of strangers; a server that restarts in mid-run,
or stops for minutes, must end none; and a run whose worker was killed must be marked after three heartbeats.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from rich.console import Console

from benchmarks.document import write_table
from benchmarks.guest.server import PREFECT, Server, wait_until
from benchmarks.options import add_write, make_parser
from benchmarks.tables import Figures, print_figures
from flows.lifecycle.deployments import Deployment
from flows.services.environment import simulated_github, simulated_model
from flows.services.ports import free_port
from flows.services.prefect_yaml import read_facts
from flows.services.processes import descendants
from flows.services.supervisor import Supervisor, read_tail
from tasks.clock import wall_clock
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

TEAM = "northwind"
# Slow enough that 40 repositories take more than five minutes.
LATENCY_SECONDS = 15.0
LONG_SECONDS = 300.0
AWAY_SECONDS = 140.0
STOPPED_SECONDS = 120.0
BEATS_SECONDS = 90.0
# Prefect looks for missing heartbeats every 5 s, and its answer is asked for every second.
SLACK_SECONDS = 15.0
MAX_SECONDS = 1500.0
STRANGERS = ("default-heartbeats", "one-heartbeat")
COLUMNS = ("what", "seconds", "states of the run", "as it should be")


@dataclass(frozen=True)
class Result:
    """A line of the table."""

    what: str
    seconds: float
    states: list[str]
    is_right: bool

    def row(self) -> tuple[str, ...]:
        return (self.what, f"{self.seconds:.0f}", ", ".join(self.states), "yes" if self.is_right else "NO")


class Bench:
    """The server, a worker, the simulators and strangers, as processes of their own."""

    def __init__(self, home: Path, supervisor: Supervisor) -> None:
        self.home = home
        self.supervisor = supervisor
        self.server = Server(home, supervisor)
        self.environment = self._worker_environment()
        self.stranger_runs: dict[str, str] = {}

    def _worker_environment(self) -> dict[str, str]:
        github, model = free_port(), free_port()
        size = ("--repositories", "40", "--pull-requests", "400", "--latency", str(LATENCY_SECONDS))
        self._start_python("github", "-m", "simulators.github", "--port", str(github), "--login", TEAM, *size)
        self._start_python("llm", "-m", "simulators.llm", "--port", str(model))
        return self.server.environment | {
            "PRFLOW_HOME": str(self.home / "prflow"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **simulated_github(f"http://127.0.0.1:{github}"),
            **simulated_model(f"http://127.0.0.1:{model}/v1"),
        }

    def _start_python(self, name: str, *arguments: str) -> None:
        self.supervisor.start(name, [sys.executable, *arguments], dict(os.environ), Path.cwd())
        self.supervisor.wait(name, lambda: "listening on" in read_tail(self.supervisor.children[name].log), 120)

    def set_up(self) -> Iterator[Result]:
        """Set the server up with Prefect's own commands, then add limits and automations."""
        began = time.monotonic()
        self.server.start()
        self.server.run(*PREFECT, "work-pool", "create", "prflow", "--type", "process")
        self.server.run(*PREFECT, "deploy", "--all", "--no-prompt")
        self.server.run(sys.executable, "-m", "flows.services.setup")
        found = {each["name"] for each in self.server.ask("POST", "/deployments/filter", {})}
        automations = {each["name"] for each in self.server.ask("POST", "/automations/filter", {})}
        is_right = found == set(Deployment) and automations == {each.name for each in read_facts().automations}
        yield Result("`prefect deploy --all` and set-up on a new server", time.monotonic() - began, [], is_right)

    def start_worker(self, name: str) -> None:
        """Start a worker as Prefect's documentation does."""
        self.supervisor.start(name, [*PREFECT, "worker", "start", "--pool", "prflow"], self.environment, Path.cwd())

    def start_strangers(self) -> None:
        """Start three flows that are not prflow's, and that take longer than everything here but one."""
        seconds = str(LONG_SECONDS + 60)
        stranger = [sys.executable, "-m", "benchmarks.guest.stranger"]
        rare = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "86400"}
        for name, more in zip(STRANGERS, ({}, rare), strict=True):
            self.supervisor.start(name, [*stranger, name, seconds], self.server.environment | more, Path.cwd())
            wait_until(lambda name=name: bool(self.server.ask("GET", f"/deployments/name/stranger/{name}")), 120)  # type: ignore[misc]
            self.stranger_runs[name] = self.server.queue(f"stranger/{name}")
        command = [*stranger, "no-heartbeats", seconds, "--without-heartbeats"]
        self.supervisor.start("no-heartbeats", command, self.server.environment, Path.cwd())
        wait_until(lambda: self.server.find_run("no-heartbeats") is not None, 120)
        self.stranger_runs["no-heartbeats"] = self.server.find_run("no-heartbeats") or ""
        self.supervisor.children.pop("no-heartbeats")  # it ends by itself

    def states(self, run_id: str) -> list[str]:
        return [name for name, _ in self.server.read_states(run_id)]

    def seconds_running(self, run_id: str) -> float:
        """Return the seconds from the first Running to the last state, or to now."""
        states = self.server.read_states(run_id)
        began = next((at for name, at in states if name == "Running"), wall_clock())
        return ((states[-1][1] if states[-1][0] == "Completed" else wall_clock()) - began).total_seconds()

    def wait_for(self, run_id: str, name: str, seconds: float = MAX_SECONDS) -> bool:
        """Wait until the run is in a state of this name."""
        return wait_until(lambda: self.states(run_id)[-1:] == [name], seconds)

    def onboard(self) -> Iterator[Result]:
        """Onboard slowly, beside the strangers, and leave everything alone."""
        run_id = self.server.queue("onboarding/onboarding", {"team": TEAM})
        self.wait_for(run_id, "Completed")
        seconds, states = self.seconds_running(run_id), self.states(run_id)
        is_right = seconds > LONG_SECONDS and states[-1] == "Completed" and "Crashed" not in states
        yield Result("onboarding, undisturbed", seconds, states, is_right)
        for name, stranger_id in self.stranger_runs.items():
            self.wait_for(stranger_id, "Completed", LONG_SECONDS)
            seconds, states = self.seconds_running(stranger_id), self.states(stranger_id)
            is_right = seconds > LONG_SECONDS and states[-1] == "Completed" and "Crashed" not in states
            yield Result(f"a stranger's run, {name.replace('-', ' ')}", seconds, states, is_right)

    def disturb(self) -> Iterator[Result]:
        """Restart and stop the server while the older pull requests are fetched; then let the run complete."""
        wait_until(lambda: self.server.find_run(f"background/{TEAM}") is not None, 120)
        run_id = self.server.find_run(f"background/{TEAM}") or ""
        self.wait_for(run_id, "Running", 120)
        time.sleep(BEATS_SECONDS / 3)
        with self._measured(
            f"server ended in mid-run, away for {AWAY_SECONDS:.0f} s, started again", run_id
        ) as results:
            self.server.end()
            time.sleep(AWAY_SECONDS)
            self.server.start()
        yield from results
        with self._measured(f"server stopped for {STOPPED_SECONDS:.0f} s, then continued", run_id) as results:
            self.server.send(signal.SIGSTOP)
            time.sleep(STOPPED_SECONDS)
            self.server.send(signal.SIGCONT)
        yield from results
        self.wait_for(run_id, "Completed")
        states = self.states(run_id)
        row = self._read_team()
        is_right = states[-1] == "Completed" and row == ("complete", None)
        yield Result("the same run to its end", self.seconds_running(run_id), states, is_right)

    @contextmanager
    def _measured(self, what: str, run_id: str) -> Iterator[list[Result]]:
        """Yield a list that holds the result after the block: the run must be Running, or done, a minute later."""
        began, results = time.monotonic(), list[Result]()
        yield results
        time.sleep(BEATS_SECONDS)
        wait_until(lambda: bool(self.states(run_id)), 120)
        states = self.states(run_id)
        results.append(Result(what, time.monotonic() - began, states, states[-1] in ("Running", "Completed")))

    def kill_worker(self) -> Iterator[Result]:
        """Kill worker and flow together in mid-run; the automation has to find out."""
        run_id = self.server.queue("onboarding/onboarding", {"team": TEAM})
        self.wait_for(run_id, "Running", 120)
        time.sleep(BEATS_SECONDS / 3)
        worker = self.supervisor.children.pop("worker")
        for pid in (worker.pid, *descendants(worker.pid)):
            os.kill(pid, signal.SIGKILL)
        worker.process.wait()
        killed = wall_clock().astimezone(UTC)
        self.wait_for(run_id, "Crashed", BEATS_SECONDS * 3)
        states = self.server.read_states(run_id)
        seconds = (states[-1][1] - killed).total_seconds()
        is_right = states[-1][0] == "Crashed" and seconds < BEATS_SECONDS + SLACK_SECONDS
        yield Result("worker and run killed: marked after", seconds, [name for name, _ in states], is_right)

    def _read_team(self) -> tuple[str, str | None]:
        settings = WarehouseSettings(home=self.home / "prflow", warehouse_catalog="", warehouse_data="")
        with Warehouse(settings, read_only=True) as warehouse:
            row = warehouse.read_one("SELECT status, error FROM teams WHERE team_id = ?", [TEAM]) or {}
        return str(row.get("status")), row.get("error")


def measure(home: Path, console: Console) -> list[Result]:
    """Run everything on a new server; return the lines of the table."""
    supervisor = Supervisor(home / "logs")
    results: list[Result] = []
    try:
        bench = Bench(home, supervisor)
        results.extend(_shown(console, bench.set_up()))
        bench.start_worker("worker")
        bench.start_strangers()
        results.extend(_shown(console, bench.onboard()))
        results.extend(_shown(console, bench.disturb()))
        results.extend(_shown(console, bench.kill_worker()))
    finally:
        supervisor.end()
    return results


def _shown(console: Console, results: Iterator[Result]) -> Iterator[Result]:
    for result in results:
        console.print("  ".join(result.row()), markup=False, highlight=False, soft_wrap=True)
        yield result


def main() -> None:
    parser = make_parser("guest", "Run prflow on a Prefect server with its defaults, for 20 minutes.")
    add_write(parser)
    parser.add_argument("--keep", type=Path, help="keep everything in this new folder, with the logs")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    with tempfile.TemporaryDirectory() as temporary:
        home = chosen.keep or Path(temporary)
        results = measure(home, Console(stderr=True))
    wrong = sum(not one.is_right for one in results)
    if chosen.write:
        sentence = f"{len(results)} lines, {wrong} not as they should be (`python -m benchmarks.guest --write`)."
        write_table("guest", sentence, COLUMNS, [one.row() for one in results])
    print_figures(Console(), Figures("On a Prefect server of other people", COLUMNS, [one.row() for one in results]))
    sys.exit(1 if wrong else 0)
