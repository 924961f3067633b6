"""A team with PostgreSQL, S3 and two workers at hand, while one thing after another goes away in mid-run.

Each import ends complete with nobody at the keyboard, and the rows that it brought are those of an undisturbed one.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_HOME, temporary_settings

from benchmarks.deaths.bench import OF_RUNS
from benchmarks.same_tables import OF_A_RUN, OF_TIMES
from flows.lifecycle.deployments import Deployment
from flows.services import prefect_api
from flows.services.environment import real_environment
from flows.services.ports import free_port
from flows.services.prefect_yaml import read_facts
from flows.services.setup import load_flows, set_up
from flows.services.state import Addresses
from flows.services.supervisor import Supervisor
from simulators.github.serving.server import serve as serve_github
from simulators.github.story.organisation import make_organisation
from simulators.llm.server import serve as serve_model
from simulators.s3.server import Store, serving
from tests.flows.conftest import PASSWORD, queue, start_worker, variables_of, variables_of_worker, wait_until
from tests.warehouse.postgres_cluster import PASSWORD as PASSWORD_OF_LAKE
from tests.warehouse.postgres_cluster import Cluster, cluster
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(2400)]
AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)
TEAM = "acme"
SECONDS = 900.0
AWAY_SECONDS = 25.0
WORKERS = ("worker", "other-worker")
Rows = dict[str, list[dict[str, object]]]


@dataclass
class Office:
    """A Prefect server, two workers, a catalog in PostgreSQL, data files on S3: all that a company has."""

    supervisor: Supervisor
    server: tuple[list[str], dict[str, str], Path]
    database: Cluster
    store: Store
    warehouse: Warehouse
    api: str

    def start_server(self) -> None:
        command, environment, home = self.server
        self.supervisor.start("server", command, environment, home)
        self.supervisor.wait("server", lambda: prefect_api.is_healthy(self.api), 120)

    def kill(self, name: str) -> None:
        """Kill a process outright, with all that it started."""
        process = self.supervisor.children[name].process
        os.killpg(os.getpgid(process.pid), signal.SIGKILL)
        process.wait()

    def state(self) -> tuple[str, ...]:
        """Return the states of the team's runs, oldest first; of none while the warehouse is away."""
        try:
            return tuple(self.warehouse.read("SELECT state FROM pipeline_runs ORDER BY started_at")["state"])
        except Exception:  # noqa: BLE001  whatever is away says so in its own words
            return ()

    def count(self) -> int:
        row = self.warehouse.read_one("SELECT count(*) AS n FROM pull_requests")
        return int(row["n"]) if row else 0


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        organisation = make_organisation(7, AS_OF, repositories=8, pull_requests=400, days=29)
        github = stack.enter_context(serve_github(organisation, latency=0.5))
        model = stack.enter_context(serve_model())
        database, store = stack.enter_context(cluster()), stack.enter_context(serving())
        port = free_port()
        api = f"http://127.0.0.1:{port}/api"
        given = variables_of(folder / "home", github, model) | variables_of_worker(api, folder)
        given |= {
            "PRFLOW_WAREHOUSE_CATALOG": f"postgres:{database.lake}",
            "PGPASSWORD": PASSWORD_OF_LAKE,
            "PRFLOW_WAREHOUSE_DATA": "s3://lake/prflow",
            "PRFLOW_S3_ENDPOINT": f"http://127.0.0.1:{store.port}",
            "PRFLOW_S3_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "minio",
            "AWS_SECRET_ACCESS_KEY": "minio-secret",
        }
        for name, value in given.items():
            patch.setenv(name, value)
        stack.enter_context(
            temporary_settings(
                {PREFECT_API_URL: api, PREFECT_API_AUTH_STRING: PASSWORD, PREFECT_HOME: folder / "client"}
            )
        )
        supervisor = Supervisor(folder / "logs")
        stack.callback(supervisor.end)
        home = folder / "server"
        home.mkdir()
        addresses = Addresses(api, port, 0, prefect_password=PASSWORD)
        server = [sys.executable, "-m", "flows.services.prefect_server", str(port)]
        warehouse = stack.enter_context(Warehouse(WarehouseSettings()))
        migrations.upgrade(warehouse)
        made = Office(
            supervisor, (server, real_environment(home, addresses, os.environ), home), database, store, warehouse, api
        )
        made.start_server()
        facts = read_facts()
        set_up(facts, load_flows(facts))
        for name in WORKERS:
            start_worker(supervisor, name)
        yield made


def read_all(warehouse: Warehouse) -> Rows:
    """Return every row of every table, without what says when or by which run."""
    found = {}
    for name, table in schema.metadata.tables.items():
        columns = [column.name for column in table.columns if column.name not in OF_A_RUN | OF_TIMES.get(name, set())]
        if name not in OF_RUNS and columns:
            found[name] = warehouse.read(f"SELECT {', '.join(columns)} FROM {name} ORDER BY ALL").to_dicts()
    return found


def import_team(office: Office, disturb: Callable[[Office], None]) -> tuple[tuple[str, ...], Rows, float]:
    """Import the team, disturbed once the first pull requests are stored; return the states of runs and all rows."""
    queue(Deployment.ONBOARDING, team=TEAM, as_of=AS_OF.isoformat())
    wait_until(lambda: office.count() > 0, SECONDS)
    began = time.monotonic()
    disturb(office)

    def is_over() -> bool:
        states = office.state()
        return len(states) >= 2 and states[-1] in {"completed", "partial"} and "running" not in states

    try:
        wait_until(is_over, SECONDS)
    except AssertionError:
        raise AssertionError(office.state()) from None
    return office.state(), read_all(office.warehouse), time.monotonic() - began


def take_prefect_away(office: Office) -> None:
    office.kill("server")
    time.sleep(AWAY_SECONDS)
    office.start_server()


def take_postgres_away(office: Office) -> None:
    with office.database.lake_taken_away():
        time.sleep(AWAY_SECONDS)


def take_s3_away(office: Office) -> None:
    office.store.is_away = True
    time.sleep(AWAY_SECONDS)
    office.store.is_away = False


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    with office(tmp_path_factory.mktemp("undisturbed")) as made:
        states, rows, seconds = import_team(made, lambda _: None)
    print("undisturbed", states, f"{seconds:.0f} s")
    assert states == ("completed", "completed")
    return rows


@pytest.mark.parametrize("disturb", [take_prefect_away, take_postgres_away, take_s3_away])
def test_an_import_ends_complete_by_itself_whatever_went_away(
    undisturbed: Rows, disturb: Callable[[Office], None], tmp_path: Path
) -> None:
    with office(tmp_path) as made:
        states, rows, seconds = import_team(made, disturb)
    print(disturb.__name__, states, f"{seconds:.0f} s")
    assert states == ("completed", "completed")
    assert {name: len(found) for name, found in rows.items()} == {
        name: len(found) for name, found in undisturbed.items()
    }
    assert [name for name in rows if rows[name] != undisturbed[name]] == []
