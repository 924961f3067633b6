"""Queueing a run on a server that is still starting."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows.cli.parts.queueing import queue_run
from flows.lifecycle.deployments import Deployment
from flows.services.prefect_api import FlowRun, PrefectRefused, PrefectUnreachable
from flows.services.state import Services
from flows.services.supervisor import Supervisor

ID = "3f0c"


@pytest.fixture
def starting() -> Iterator[str]:
    """Serve what a Prefect server says as it starts: an error, then no deployment, then the deployment."""
    states = iter([500, 404, 404, 200])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond(next(states))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._respond(201)

        def _respond(self, status: int) -> None:
            body = json.dumps({"id": ID, "name": "onboarding/acme"}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


def services(address: str, home: Path, **children: int) -> Services:
    return Services(address, "http://127.0.0.1:8501", False, str(home), pid=1, children=children, started={})


def test_a_server_that_is_busy_as_it_starts_ends_no_wait(starting: str, tmp_path: Path) -> None:
    run = queue_run(services(starting, tmp_path), Deployment.ONBOARDING, "acme", {}, Supervisor(tmp_path))
    assert (run.id, run.name) == (ID, "onboarding/acme")


def test_a_server_that_does_not_respond_in_time_is_asked_for_the_same_run_again(
    starting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    def create(*arguments: Any) -> FlowRun:
        keys.append(arguments[-1])
        if len(keys) < 3:
            raise PrefectUnreachable("No Prefect server responds (ReadTimeout).")
        return FlowRun(ID, "onboarding/acme", "")

    monkeypatch.setattr("flows.services.prefect_api.create_flow_run", create)
    run = queue_run(services(starting, tmp_path), Deployment.ONBOARDING, "acme", {}, Supervisor(tmp_path))
    assert run.id == ID
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_run_that_the_server_refuses_is_an_error_at_once(
    starting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def refuse(*arguments: object) -> FlowRun:
        asked.append(arguments)
        raise PrefectRefused("Prefect refused the request (HTTP 422).")

    monkeypatch.setattr("flows.services.prefect_api.create_flow_run", refuse)
    with pytest.raises(PrefectRefused, match="HTTP 422"):
        queue_run(services(starting, tmp_path), Deployment.ONBOARDING, "acme", {}, Supervisor(tmp_path))
    assert len(asked) == 1


def test_a_server_that_runs_is_not_waited_for(starting: str, tmp_path: Path) -> None:
    with pytest.raises(PrefectUnreachable, match="HTTP 500"):
        queue_run(services(starting, tmp_path), Deployment.ONBOARDING, "acme", {})


def test_a_server_of_ones_own_that_is_not_set_up_yet_is_waited_for_from_another_shell(
    starting: str, tmp_path: Path
) -> None:
    pauses: list[float] = []
    own = services(starting, tmp_path, server=1)
    with pytest.raises(PrefectUnreachable, match="HTTP 500"):
        queue_run(own, Deployment.ONBOARDING, "acme", {}, sleep=pauses.append)
    assert queue_run(own, Deployment.ONBOARDING, "acme", {}, sleep=pauses.append).id == ID
    assert len(pauses) == 2, "it had no deployment when it was first asked, nor the second time"


def test_a_server_of_other_people_that_lacks_the_deployment_is_an_error_at_once(starting: str, tmp_path: Path) -> None:
    other = services(starting, tmp_path)
    with pytest.raises(PrefectUnreachable, match="HTTP 500"):
        queue_run(other, Deployment.ONBOARDING, "acme", {})
    with pytest.raises(PrefectUnreachable, match="has no deployment onboarding/onboarding"):
        queue_run(other, Deployment.ONBOARDING, "acme", {})
