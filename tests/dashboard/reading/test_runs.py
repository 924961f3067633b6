"""Runs and retries against a small server that responds as Prefect's API does."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dashboard.reading import runs
from dashboard.reading.runs import DeploymentMissing, PrefectUnavailable
from warehouse.windows import Phase


@dataclass
class FakePrefect:
    """Runs and deployments by id and name; every request is kept."""

    url: str = ""
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    deployments: set[str] = field(default_factory=lambda: {"onboarding", "background", "refresh"})
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    status: int = 200
    authorization: str | None = None

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self.asked.append((method, path, body))
        if self.status != 200:
            return self.status, {"detail": "no"}
        parts = path.strip("/").split("/")[1:]
        match (method, *parts):
            case ("GET", "flow_runs", run_id):
                return (200, self.runs[run_id]) if run_id in self.runs else (404, {})
            case ("POST", "flow_runs", "filter"):
                tag = body["flow_runs"]["tags"]["all_"][0]
                return 200, [run for run in self.runs.values() if tag in run["tags"]]
            case ("POST", "flow_runs", run_id, "set_state"):
                self.runs[run_id]["state_type"] = body["state"]["type"]
                return 201, {"status": "ACCEPT"}
            case ("GET", "deployments", "name", flow, _):
                return (200, {"id": f"deployment-of-{flow}"}) if flow in self.deployments else (404, {})
            case ("POST", "deployments", deployment, "create_flow_run"):
                run = make_run(f"new-{body['idempotency_key']}", "SCHEDULED", body["parameters"], body["name"])
                return 201, self.runs.setdefault(run["id"], run | {"deployment": deployment, "tags": body["tags"]})
        raise AssertionError(f"not an endpoint that is asked for: {method} {path}")


def make_run(run_id: str, state: str, parameters: Any = None, name: str = "onboarding/acme") -> dict[str, Any]:
    return {
        "id": run_id,
        "name": name,
        "state_type": state,
        "state_name": state.capitalize(),
        "state": {"type": state, "message": "why"},
        "parameters": parameters or {},
        "tags": ["team:acme"],
        "start_time": "2026-11-20T18:00:00.000000+00:00",
        "end_time": None,
    }


@pytest.fixture
def prefect(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePrefect]:
    fake = FakePrefect()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, found = fake.answer(method, self.path, body)
            if fake.authorization and self.headers["Authorization"] != fake.authorization:
                status, found = 401, {"detail": "no key"}
            data = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("PREFECT_API_URL", f"{fake.url}/api")
    yield fake
    server.shutdown()
    server.server_close()


def started(prefect: FakePrefect) -> list[Any]:
    return [body for _, path, body in prefect.asked if path.endswith("create_flow_run")]


def test_a_run_state_carries_its_name_and_the_way_to_it(prefect: FakePrefect) -> None:
    prefect.runs["r1"] = make_run("r1", "CRASHED")
    state = runs.read_run_state("r1")
    assert state is not None
    assert (state.name, state.state, state.message, state.is_over) == ("onboarding/acme", "CRASHED", "why", True)
    assert state.url == f"{prefect.url}/runs/flow-run/r1"


def test_a_run_that_prefect_does_not_know_has_no_state(prefect: FakePrefect) -> None:
    assert runs.read_run_state("gone") is None


def test_a_prefect_that_does_not_answer_is_no_state_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert runs.read_run_state("r1") is None
    with pytest.raises(PrefectUnavailable, match="not responding"):
        runs.recent_runs("acme")


def test_a_prefect_that_refuses_is_no_state(prefect: FakePrefect) -> None:
    prefect.status = 401
    assert runs.read_run_state("r1") is None
    with pytest.raises(PrefectUnavailable, match="401"):
        runs.recent_runs("acme")


def test_a_server_that_wants_a_key_gets_it(prefect: FakePrefect, monkeypatch: pytest.MonkeyPatch) -> None:
    prefect.runs["r1"] = make_run("r1", "RUNNING")
    prefect.authorization = "Bearer pnu_key"
    assert runs.read_run_state("r1") is None
    monkeypatch.delenv("PREFECT_API_AUTH_STRING", raising=False)
    monkeypatch.setenv("PREFECT_API_KEY", "pnu_key")
    monkeypatch.setenv("PREFECT_UI_URL", "https://prefect.example/workspace")
    state = runs.read_run_state("r1")
    assert state is not None
    assert state.url == "https://prefect.example/workspace/runs/flow-run/r1"


def test_the_own_server_is_found_in_services_json(
    prefect: FakePrefect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prefect.runs["r1"] = make_run("r1", "RUNNING")
    (tmp_path / "services.json").write_text(json.dumps({"prefect_api_url": f"{prefect.url}/api"}))
    monkeypatch.delenv("PREFECT_API_URL")
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path))
    assert runs.read_run_state("r1") is not None


def test_without_any_server_the_page_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path))
    with pytest.raises(PrefectUnavailable) as raised:
        runs.prefect()
    assert "PREFECT_API_URL" in raised.value.hint


def test_recent_runs_are_the_teams_own(prefect: FakePrefect) -> None:
    prefect.runs = {"r1": make_run("r1", "COMPLETED"), "r2": make_run("r2", "RUNNING") | {"tags": ["team:other"]}}
    assert [run.run_id for run in runs.recent_runs("acme")] == ["r1"]


@pytest.mark.parametrize(
    ("phase", "flow"), [(Phase.RECENT, "onboarding"), (Phase.HISTORY, "background"), (Phase.INCREMENTAL, "refresh")]
)
def test_retry_starts_the_flow_of_the_phase(prefect: FakePrefect, phase: Phase, flow: str) -> None:
    run = runs.retry("acme", phase)
    assert run.name == f"{flow}/acme"
    assert prefect.runs[run.run_id]["deployment"] == f"deployment-of-{flow}"
    assert started(prefect)[0]["parameters"] == {"team": "acme"}
    assert started(prefect)[0]["tags"] == ["team:acme"]


def test_retry_takes_over_the_parameters_of_the_run_that_failed(prefect: FakePrefect) -> None:
    parameters = {"team": "Acme", "repositories": ["acme/api"], "as_of": "2026-08-22T12:00:00Z"}
    prefect.runs["r1"] = make_run("r1", "FAILED", parameters)
    runs.retry("acme", Phase.RECENT, "r1")
    assert started(prefect)[0]["parameters"] == parameters


def test_retry_pressed_twice_starts_one_run(prefect: FakePrefect) -> None:
    prefect.runs["r1"] = make_run("r1", "FAILED")
    assert runs.retry("acme", Phase.RECENT, "r1").run_id == runs.retry("acme", Phase.RECENT, "r1").run_id
    assert len(prefect.runs) == 2


def test_retry_ends_a_run_that_stands_still_before_it_starts_another(prefect: FakePrefect) -> None:
    prefect.runs["r1"] = make_run("r1", "RUNNING")
    runs.retry("acme", Phase.RECENT, "r1")
    assert prefect.runs["r1"]["state_type"] == "CANCELLING"
    assert len(started(prefect)) == 1


def test_retry_leaves_a_queued_run_in_its_place(prefect: FakePrefect) -> None:
    prefect.runs["r1"] = make_run("r1", "SCHEDULED")
    assert runs.retry("acme", Phase.RECENT, "r1").run_id == "r1"
    assert started(prefect) == []


def test_retry_without_the_deployment_says_what_to_do(prefect: FakePrefect) -> None:
    prefect.deployments.clear()
    with pytest.raises(DeploymentMissing) as raised:
        runs.retry("acme", Phase.RECENT)
    assert "prflow up" in raised.value.hint
