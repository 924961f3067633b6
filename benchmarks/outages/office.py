"""What a company has for prflow: PostgreSQL, S3, a plain Prefect server on it, and plain workers."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from benchmarks.guest.server import PREFECT, Server
from benchmarks.outages.github import AS_OF, TOKENS
from benchmarks.postgres import PASSWORD, Cluster, cluster
from flows.services.environment import simulated_github, simulated_model
from flows.services.ports import free_port
from flows.services.processes import descendants, end_processes
from flows.services.supervisor import Supervisor, read_tail
from simulators.s3.server import Store, serving
from tasks.clock import wall_clock
from tasks.github.access.credentials import block_name
from warehouse import migrations
from warehouse.connection import Warehouse, WarehouseError
from warehouse.export import export
from warehouse.progress import Progress, Status, read_progress
from warehouse.settings import WarehouseSettings

TICK_SECONDS = 3.0
ROOT = Path(__file__).resolve().parents[2]
MODEL_KEY = "gsk_9OutagesCanary7Zq4Lw2Vb8Nx6Km3Pj5Rd1Fs0Ht"
S3_SECRET = "s3-9OutagesCanary7Zq4Lw2Vb8Nx6"  # noqa: S105  made up, and looked for
SECRETS = {
    "PGPASSWORD": PASSWORD,
    "AWS_ACCESS_KEY_ID": "minio",
    "AWS_SECRET_ACCESS_KEY": S3_SECRET,
    "GROQ_API_KEY": MODEL_KEY,
}
CANARIES = (*TOKENS.values(), MODEL_KEY, S3_SECRET, PASSWORD, "c'anary", "7Zq4 @Lw2")


@dataclass
class Lake:
    """A warehouse of its own, and the workers that use it. Nobody looks into it while what it needs is away."""

    name: str
    settings: WarehouseSettings
    environment: dict[str, str]
    workers: dict[str, int] = field(default_factory=dict)

    def progress(self, team: str) -> Progress | None:
        """Return the progress of the team; None if there is none yet, or if the warehouse is away."""
        try:
            with Warehouse(self.settings, read_only=True) as warehouse:
                found = read_progress(warehouse, team, lambda _: None, wall_clock())
        except (WarehouseError, duckdb.Error):
            return None
        return None if found.moved_at is None else found

    def is_complete(self, team: str) -> bool:
        """Return whether both phases of the team are complete."""
        progress = self.progress(team)
        return progress is not None and progress.status is Status.COMPLETE

    def read_runs(self) -> list[tuple[str, str]]:
        """Return flow and end of each run, the oldest first."""
        with Warehouse(self.settings, read_only=True) as warehouse:
            rows = warehouse.read("SELECT flow, state FROM pipeline_runs ORDER BY started_at")
        return [(str(flow), str(state)) for flow, state in rows.iter_rows()]

    def export(self, team: str, folder: Path) -> Path:
        file = folder / f"{self.name}-{team}.duckdb"
        with Warehouse(self.settings, read_only=True) as warehouse:
            export(warehouse, file, "duckdb", lambda _table, _rows: None, team_id=team)
        return file


class Office:
    """The processes of the company. `folder` holds all that they leave behind."""

    def __init__(self, folder: Path, database: Cluster, store: Store, supervisor: Supervisor) -> None:
        self.folder, self.database, self.store, self.supervisor = folder, database, store, supervisor
        database.run("CREATE DATABASE prefect")
        prefect = f"postgresql+asyncpg://prflow@127.0.0.1:{database.port}/prefect"
        self.server = Server(folder, supervisor, {"PREFECT_SERVER_DATABASE_CONNECTION_URL": prefect})
        self.outside: dict[str, str] = {}

    def open(self, repositories: int, pull_requests: int, latency: float) -> None:
        """Start GitHub, the model and Prefect's server, which Prefect's own commands set up, and prflow's."""
        github = ("-m", "benchmarks.outages.github", str(repositories), str(pull_requests), str(latency))
        self.outside = simulated_github(self._start_python("github", *github)) | {"GITHUB_TOKEN": ""}
        self.outside |= {"PRFLOW_GITHUB_SIMULATED": "false"}  # the demo's simulator has one token for all teams
        model = self._start_python("llm", "-m", "simulators.llm", "--port", str(free_port()))
        self.outside |= simulated_model(f"{model.removesuffix('/v1')}/v1")
        self.server.start()
        self.server.run(*PREFECT, "work-pool", "create", "prflow", "--type", "process")
        self.server.run(*PREFECT, "deploy", "--all", "--no-prompt")
        self.server.run(sys.executable, "-m", "flows.services.setup")
        for team, token in TOKENS.items():
            Secret(value=token).save(block_name(team), overwrite=True)

    def _start_python(self, name: str, *arguments: str) -> str:
        """Start a simulator, and return its address."""
        child = self.supervisor.start(name, [sys.executable, "-u", *arguments], dict(os.environ), ROOT)
        self.supervisor.wait(name, lambda: "listening on" in read_tail(child.log), 180)
        return next(line for line in read_tail(child.log).splitlines() if "listening on" in line).split()[-1]

    @contextmanager
    def lake(self, name: str, *, is_remote: bool = True, **settings: str) -> Iterator[Lake]:
        """Make a warehouse, in PostgreSQL and S3 or in a folder; end its workers afterwards."""
        home = self.folder / "homes" / name
        home.mkdir(parents=True)
        given = {"PRFLOW_HOME": str(home), "PRFLOW_LLM_RPM": "60000", **settings}
        if is_remote:
            database = f"lake_of_{name}"  # of a story called postgres, too
            self.database.run(f'CREATE DATABASE "{database}" OWNER lake')
            address = f"host=127.0.0.1 port={self.database.port} user=lake dbname={database}"
            given |= {
                "PRFLOW_WAREHOUSE_CATALOG": f"postgres:{address}",
                "PRFLOW_WAREHOUSE_DATA": f"s3://lake/{name}",
                "PRFLOW_S3_ENDPOINT": f"http://127.0.0.1:{self.store.port}",
                "PRFLOW_S3_REGION": "eu-central-1",
            }
        made = WarehouseSettings(
            home=home,
            warehouse_catalog=given.get("PRFLOW_WAREHOUSE_CATALOG", ""),
            warehouse_data=given.get("PRFLOW_WAREHOUSE_DATA", ""),
            s3_endpoint=given.get("PRFLOW_S3_ENDPOINT", ""),
            s3_region=given.get("PRFLOW_S3_REGION", ""),
        )
        with Warehouse(made) as warehouse:
            migrations.upgrade(warehouse)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        lake = Lake(name, made, self.server.environment | self.outside | SECRETS | given | {"PATH": path})
        try:
            yield lake
        finally:
            for worker in list(lake.workers):
                self.end_worker(lake, worker)

    def start_workers(self, lake: Lake, count: int) -> None:
        """Start workers as Prefect's documentation does, each for one run at once, so that they share the work."""
        for place in range(1, count + 1):
            name = f"{lake.name}-worker-{place}"
            command = [*PREFECT, "worker", "start", "--pool", "prflow", "--name", name, "--limit", "1"]
            lake.workers[name] = self.supervisor.start(name, command, lake.environment, ROOT).pid

    def end_worker(self, lake: Lake, worker: str) -> None:
        """End a worker and its runs when the story is over."""
        pid = lake.workers.pop(worker)
        self.supervisor.children.pop(worker)
        end_processes([pid, *descendants(pid)], 20)

    def kill_worker(self, lake: Lake, worker: str) -> None:
        """Kill a worker and the runs that it has started, as a machine that loses its power does."""
        pid = lake.workers.pop(worker)
        process = self.supervisor.children.pop(worker).process
        for each in (pid, *descendants(pid)):
            os.kill(each, signal.SIGKILL)
        process.wait()

    def find_worker(self, lake: Lake, run_id: str) -> str:
        """Return which worker has the process of a run; empty if none has."""
        wanted = f"PREFECT__FLOW_RUN_ID={run_id}".encode()
        for worker, pid in lake.workers.items():
            for each in descendants(pid):
                try:
                    if wanted in Path(f"/proc/{each}/environ").read_bytes().split(b"\0"):
                        return worker
                except OSError:
                    continue  # it has just ended
        return ""

    def queue(self, team: str) -> str:
        """Queue a team's onboarding, as a person does; return the run."""
        return self.server.queue("onboarding/onboarding", {"team": team, "as_of": AS_OF.isoformat()})


@contextmanager
def office(folder: Path, repositories: int, pull_requests: int, latency: float) -> Iterator[Office]:
    """Open the office, and close it with all that it has started."""
    supervisor = Supervisor(folder / "logs")
    with ExitStack() as stack:
        os.environ.update(SECRETS)  # what this process reads of a warehouse needs them as well
        database, store = stack.enter_context(cluster()), stack.enter_context(serving())
        stack.callback(supervisor.end)
        made = Office(folder, database, store, supervisor)
        stack.enter_context(temporary_settings({PREFECT_API_URL: made.server.api_url, PREFECT_HOME: folder / "client"}))
        made.open(repositories, pull_requests, latency)
        yield made


def wait(is_true: Callable[[], object], seconds: float, words: str) -> float:
    """Wait, and return for how many seconds; TimeoutError that says what did not come."""
    began = time.monotonic()
    while not is_true():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds:.0f} s: {words}")
        time.sleep(TICK_SECONDS)
    return time.monotonic() - began
