"""The worker and the dashboard of deploy/compose.yaml as plain commands, on PostgreSQL, S3 and a Prefect server."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prefect import flow, get_client
from prefect.states import Completed

from flows.lifecycle.runs.history import KEPT_FOR, trim_history
from flows.services.ports import free_port, responds
from flows.services.supervisor import Supervisor, has_said
from simulators.s3.server import serving
from tests.flows.conftest import PASSWORD as PREFECT_PASSWORD
from tests.warehouse.postgres_cluster import PASSWORD, cluster

pytestmark = pytest.mark.slow
DEPLOY = Path(__file__).parents[3] / "deploy"
SERVICES: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


@flow
def somebodys() -> None:
    """Belong to another program on the same server."""


class Deployed:
    """Runs services of the compose file on this machine: their commands and variables, with other addresses."""

    def __init__(self, folder: Path, addresses: dict[str, str]) -> None:
        self.folder = folder
        self.addresses = addresses
        self.supervisor = Supervisor(folder / "logs")
        secrets = folder / "secrets"
        secrets.mkdir()
        values = {"postgres_password": PASSWORD, "minio_password": "secret", "prefect_auth": PREFECT_PASSWORD}
        for name, value in (values | dict.fromkeys(("github_token", "groq_api_key", "metrics_token"), "t0ken")).items():
            (secrets / name).write_text(f"{value}\n")

    def start(self, name: str, without: str = "-", **more: str) -> None:
        """Start a service; variables that begin with `without` are left out."""
        own = {key: self.moved(str(value)) for key, value in SERVICES[name]["environment"].items()}
        own = {key: value for key, value in own.items() if not key.startswith(without)}
        command = [sys.executable if part == "python" else part for part in SERVICES[name]["command"]]
        (self.folder / name).mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PRFLOW_HOME": str(self.folder / name),
            "PREFECT_HOME": str(self.folder / name / "prefect"),
        }
        run = ["sh", str(DEPLOY / "entrypoint.sh"), *command]
        self.supervisor.start(name, run, environment | own | more, self.folder / name)

    def moved(self, value: str) -> str:
        for there, here in self.addresses.items():
            value = value.replace(there, here)
        return value


@pytest.fixture
def deployed(prefect_server: str, tmp_path: Path) -> Iterator[Deployed]:
    with cluster() as postgres, serving() as store:
        store.keys.add("prflow")
        made = Deployed(
            tmp_path,
            {
                "host=postgres user=prflow": f"host=127.0.0.1 port={postgres.port} user=lake",
                "http://minio:9000": f"http://127.0.0.1:{store.port}",
                "http://prefect:4200/api": prefect_server,
                "/run/secrets/": f"{tmp_path}/secrets/",
            },
        )
        try:
            yield made
        finally:
            made.supervisor.end()


@pytest.mark.long
def test_the_steps_of_the_compose_file_end_in_a_dashboard_over_the_warehouse(deployed: Deployed) -> None:
    supervisor, port = deployed.supervisor, free_port()
    address = "http://127.0.0.1:8501"
    deployed.start("worker", PRFLOW_DASHBOARD_URL=address)
    supervisor.wait("worker", lambda: has_said(supervisor.children["worker"], "started!"), 240)
    on_this_machine = {"PRFLOW_DASHBOARD_ADDRESS": "127.0.0.1", "PRFLOW_DASHBOARD_PORT": str(port)}
    hosts = {"PRFLOW_DASHBOARD_URL": address, "PRFLOW_DASHBOARD_HOSTS": ""}
    deployed.start("dashboard", without="PRFLOW_LOGIN_", **on_this_machine, **hosts)
    url = f"http://127.0.0.1:{port}"
    supervisor.wait("dashboard", lambda: responds(f"{url}/healthz"), 240)
    token = {"Authorization": "Bearer t0ken"}
    told = httpx.get(f"{url}/healthz", headers=token, timeout=120, trust_env=False).json()
    assert told == {"status": "ok", "is_warehouse_readable": True, "teams": []}, "the worker has made the warehouse"
    assert httpx.get(f"{url}/metrics", timeout=120, trust_env=False).status_code == 401
    said = httpx.get(f"{url}/metrics", headers=token, timeout=120, trust_env=False).text
    assert "prflow_warehouse_up 1.0" in said
    logs = "".join(child.log.read_text() for child in supervisor.children.values())
    assert "7Zq4" not in logs
    assert "t0ken" not in logs


def test_only_old_runs_of_prflow_are_deleted_from_a_shared_server(
    prefect_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRFLOW_OWN_PREFECT_SERVER", raising=False)
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("refresh/refresh")
        ended, running = (client.create_flow_run_from_deployment(deployment.id, parameters={"team": "x"}) for _ in "ab")
        other = client.create_flow_run(somebodys, tags=["prflow"])
        for run in (ended, other):
            client.set_flow_run_state(run.id, Completed(), force=True)
        later = datetime.now(UTC) + KEPT_FOR + timedelta(minutes=1)
        assert trim_history(later - timedelta(days=1)) == 0, "it ended less than 90 days ago"
        monkeypatch.setenv("PRFLOW_OWN_PREFECT_SERVER", "true")
        assert trim_history(later) == 0, "a server of its own does it by itself"
        monkeypatch.delenv("PRFLOW_OWN_PREFECT_SERVER")
        assert trim_history(later) >= 1
        left = {run.id for run in client.read_flow_runs()}
        assert ended.id not in left
        assert {running.id, other.id} <= left, "one that has not ended, and one of somebody else"
        for run in (running, other):
            client.delete_flow_run(run.id)
