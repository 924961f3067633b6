"""One Prefect server for the session, and for each test a simulated GitHub and model around a warehouse."""

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import httpx
import pytest
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    temporary_settings,
)

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.next import AHEAD
from flows.services import prefect_api
from flows.services.environment import real_environment
from flows.services.ports import free_port
from flows.services.prefect_yaml import read_facts
from flows.services.setup import load_flows, set_up
from flows.services.state import Addresses
from flows.services.supervisor import Supervisor
from simulators.github.serving.server import Running as GitHub
from simulators.github.serving.server import serve as serve_github
from simulators.github.story.organisation import make_organisation
from simulators.llm.server import RunningSimulator as Model
from simulators.llm.server import serve as serve_model
from tests.conftest import ROOT
from tests.tasks.messages.post_office import MailBox, Workspace, serving_mail, serving_slack
from warehouse.connection import Warehouse

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
SERVER_SECONDS = 120
PASSWORD = "prflow:of-the-tests"
MAIL_PASSWORD, SLACK_TOKEN = "smtp-9Canary7Zq4Lw2", "xoxb-9Canary7Zq4Lw2"
# Flows that take seconds need no heartbeats.
SETTINGS = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
# Prefect's client leaves its sockets to the garbage collector.
IGNORED = ("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no run wait minutes for a warehouse that a test took away."""
    monkeypatch.setattr("flows.lifecycle.patience.PAUSES", ())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "prefect_server" in getattr(item, "fixturenames", ()):
            for warning in IGNORED:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(autouse=True)
def _environment_as_before() -> Iterator[None]:
    """Take back what services and commands set in the environment of this process: it is that of other tests, too."""
    with mock.patch.dict(os.environ):
        yield


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real server, set up as prefect.yaml says, and return its address. Without a worker runs stay queued."""
    home = tmp_path_factory.mktemp("prefect")
    port = free_port()
    address = f"http://127.0.0.1:{port}/api"
    supervisor = Supervisor(home / "logs")
    environment = real_environment(home, Addresses(address, port, 0, prefect_password=PASSWORD), os.environ)
    supervisor.start("server", [sys.executable, "-m", "flows.services.prefect_server", str(port)], environment, home)
    client = SETTINGS | {PREFECT_API_URL: address, PREFECT_API_AUTH_STRING: PASSWORD, PREFECT_HOME: home / "client"}
    try:
        with pytest.MonkeyPatch.context() as patch, temporary_settings(client):
            patch.setenv("PREFECT_API_AUTH_STRING", PASSWORD)
            supervisor.wait("server", lambda: prefect_api.is_healthy(address), SERVER_SECONDS)
            facts = read_facts()
            set_up(facts, load_flows(facts))
            yield address
            APILogWorker.drain_all(timeout=5)  # before their server ends
    finally:
        supervisor.end()


def post_to_prefect(address: str, path: str, body: Mapping[str, object]) -> httpx.Response:
    """Ask a server that has the tests' password; an error status raises."""
    user, _, password = PASSWORD.partition(":")
    return httpx.post(address + path, json=body, auth=(user, password), timeout=30).raise_for_status()


def emit_heartbeat(client: SyncPrefectClient, run_id: UUID, deployment_id: UUID, at: datetime) -> None:
    """Send what the process of a run sends, as of `at`."""
    event: dict[str, Any] = {
        "id": str(uuid4()),
        "occurred": at.isoformat(),
        "event": "prefect.flow-run.heartbeat",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{run_id}"},
        "related": [
            {"prefect.resource.id": f"prefect.deployment.{deployment_id}", "prefect.resource.role": "deployment"}
        ],
        "payload": {},
    }
    client.request("POST", "/events", json=[event])


def emit_of_team(client: SyncPrefectClient, name: str) -> None:
    """Send an event of the team acme, as of now."""
    resource = {"prefect.resource.id": "prflow.team.acme"}
    event = {"id": str(uuid4()), "occurred": datetime.now(UTC).isoformat(), "event": name, "resource": resource}
    client.request("POST", "/events", json=[event | {"related": [], "payload": {}}])


def wait_until(is_true: Callable[[], bool], seconds: float = 90.0) -> None:
    """Ask twice a second; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.5)


@dataclass(frozen=True)
class World:
    """What the flows meet: as_of T, organisation `acme`."""

    github: GitHub
    model: Model
    warehouse: Warehouse
    prefect_api_url: str

    def read_team(self) -> dict[str, object]:
        return self.warehouse.read_one("SELECT * FROM teams WHERE team_id = 'acme'") or {}


def variables_of(home: Path, github: GitHub, model: Model) -> dict[str, str]:
    """Return the environment by which flows know their home and the simulated GitHub and model."""
    return {
        "PRFLOW_HOME": str(home),
        "GITHUB_TOKEN": "demo-token",
        "GITHUB_API_URL": github.url,
        "GITHUB_GRAPHQL_URL": github.graphql_url,
        "GROQ_API_KEY": "simulated",
        "PRFLOW_LLM_BASE_URL": model.url,
        "PRFLOW_LLM_PROVIDER": "simulated",
        "PRFLOW_LLM_RPM": "60000",
    }


def variables_of_worker(api_url: str, folder: Path) -> dict[str, str]:
    """Return the environment in which a worker finds the server of the tests and the commands that it starts."""
    return {
        "PREFECT_API_URL": api_url,
        "PREFECT_API_AUTH_STRING": PASSWORD,
        "PREFECT_HOME": str(folder / "prefect"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def forget_runs() -> None:
    """Delete the runs of other tests that wait on the shared server or crashed: a worker would take them up."""
    left = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[*AHEAD, StateType.CRASHED])),
        # Schedules make those that follow.
        expected_start_time=FlowRunFilterExpectedStartTime(before_=datetime.now(UTC)),
    )
    with get_client(sync_client=True) as client:
        while runs := client.read_flow_runs(flow_run_filter=left):
            for run in runs:
                client.delete_flow_run(run.id)


def start_worker(supervisor: Supervisor, name: str = "worker") -> None:
    """Start a worker in the environment of this process."""
    supervisor.start(name, [sys.executable, "-m", "flows.services.worker"], dict(os.environ), ROOT)


def queue(deployment: Deployment, **parameters: object) -> None:
    """Queue a run of a deployment, as Prefect's pages do."""
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name(deployment.path)
        client.create_flow_run_from_deployment(known.id, parameters=parameters)


@pytest.fixture
def world(
    prefect_server: str, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[World]:
    """Serve a small organisation and a model that responds at once; flows know them by the environment alone."""
    with ExitStack() as stack:
        organisation = make_organisation(7, T, repositories=2, pull_requests=60, days=100)
        github = stack.enter_context(serve_github(organisation))
        model = stack.enter_context(serve_model())
        monkeypatch.chdir(tmp_path)  # where there is no `.env`
        for name, value in variables_of(warehouse.settings.home, github, model).items():
            monkeypatch.setenv(name, value)
        yield World(github, model, warehouse, prefect_server)
    gc.collect()  # sockets that Prefect left: here their warnings are ignored, in a later test they would be errors


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[MailBox, Workspace]]:
    """Serve mail by STARTTLS with a login, and a Slack workspace with a bot; messages go there."""
    with (
        serving_mail(MailBox("prflow", MAIL_PASSWORD), tmp_path) as box,
        serving_slack(Workspace(SLACK_TOKEN)) as slack,
    ):
        given = {"HOST": "localhost", "PORT": str(box.port), "USER": "prflow", "PASSWORD": MAIL_PASSWORD}
        for name, value in (given | {"FROM": "prflow@example.com", "TO": "lead@example.com"}).items():
            monkeypatch.setenv(f"PRFLOW_SMTP_{name}", value)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        monkeypatch.setenv("ENABLE_SLACK_INTEGRATION", "true")
        for name, value in {"BOT_TOKEN": SLACK_TOKEN, "CHANNEL": "#dev", "API_URL": f"{slack.url}/api/"}.items():
            monkeypatch.setenv(f"PRFLOW_SLACK_{name}", value)
        yield box, slack
