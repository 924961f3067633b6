"""`prflow onboard` looks the owner up before it starts or queues anything."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from flows.services.state import Addresses, write_state
from flows.services.supervisor import Supervisor
from simulators.github.serving.server import Running
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.windows import Phase, Window

from .conftest import T

ID = "3f0c3f0c-0000-4000-8000-000000000001"


@contextmanager
def prefect_of(warehouse: Warehouse, state: str, message: str = "") -> Iterator[list[str]]:
    """Serve a Prefect that is set up at the second look, and services that run on it; yield what was queued."""
    queued: list[str] = []
    looks = iter([404])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_deployment = self.path.startswith("/api/deployments/name/")
            has_no_blocks = self.path.startswith(("/api/block_types/", "/api/health"))
            self._respond(404 if has_no_blocks else next(looks, 200) if is_deployment else 200)

        def do_POST(self) -> None:
            queued.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._respond(201)

        def _respond(self, status: int) -> None:
            run_state = {"type": state, "message": message}
            body = json.dumps({"id": ID, "name": "onboarding/acme", "state": run_state, "state_type": state}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = warehouse.settings.home
    write_state(home, False, Addresses(f"http://127.0.0.1:{server.server_port}/api", 0, 0), Supervisor(home / "logs"))
    yield queued
    server.shutdown()
    server.server_close()


def test_a_misspelt_owner_starts_nothing_and_makes_no_team(
    github: Running, run: Any, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "k")
    code, said, error = run("onboard", "acmee")
    assert (code, said) == (1, "")
    assert "acmee: no such organisation or user" in error
    assert "Check the spelling" in error
    assert warehouse.read("SELECT * FROM teams").is_empty()
    assert not (warehouse.settings.home / "services.json").exists()


def test_running_services_are_not_asked_to_fetch_a_misspelt_owner(
    github: Running, run: Any, warehouse: Warehouse
) -> None:
    with prefect_of(warehouse, "SCHEDULED") as queued:
        code, _, error = run("onboard", "acmee")
    assert (code, queued) == (1, [])
    assert "no such organisation or user" in error


def test_the_access_of_running_services_counts_and_their_deployments_are_waited_for(
    github: Running, run: Any, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    begun = Run(run_id=ID, team_id="acme", flow="onboarding", phase=Phase.RECENT, as_of=T, window=Window(T))
    start_run(warehouse, begun, T)
    with prefect_of(warehouse, "RUNNING") as queued:
        code, said, _ = run("onboard", "acme")
    assert code == 0
    assert "Queued onboarding/acme" in said
    assert json.loads(queued[0])["parameters"]["team"] == "acme"


def test_what_only_the_services_can_find_out_is_said_here_too(
    github: Running, run: Any, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    with prefect_of(warehouse, "FAILED", "NotFound: acmee: no such organisation or user"):
        code, _, error = run("onboard", "acmee")
    assert code == 1
    assert "acmee: no such organisation or user" in " ".join(error.split())
    assert os.environ.get("GITHUB_TOKEN") is None
