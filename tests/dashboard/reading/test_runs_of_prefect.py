"""Runs and retries against a real Prefect server, which responds as the fake one does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashboard.reading import runs
from flows.services.ports import free_port
from warehouse.windows import Phase

pytestmark = pytest.mark.slow
START_SECONDS = 120
BUSY_TRIES = 50


@pytest.fixture(scope="module")
def api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a Prefect server of its own, with the deployment `onboarding/onboarding` and no worker."""
    home = tmp_path_factory.mktemp("prefect")
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")} | {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.services.prefect_server", str(port)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=Path(__file__).parents[3],
        )
    url = f"http://127.0.0.1:{port}/api"
    try:
        _wait_for(url, process, log)
        flow = _post(f"{url}/flows/", {"name": "onboarding"})
        _post(f"{url}/deployments/", {"name": "onboarding", "flow_id": flow["id"]})
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)


def _post(url: str, body: dict[str, object]) -> dict[str, str]:
    """Post, and retry while the server is busy: as it starts it writes, and its database takes one writer."""
    response = httpx.post(url, json=body)
    for _ in range(BUSY_TRIES):
        if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(0.3)
        response = httpx.post(url, json=body)
    found: dict[str, str] = response.raise_for_status().json()
    return found


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.3)
    raise AssertionError(f"Prefect's server did not start:\n{log.read_text()[-2000:]}")


def test_a_run_is_started_found_cancelled_and_started_again(api_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", api_url)
    first = runs.retry("acme", Phase.RECENT)
    assert (first.name, first.state) == ("onboarding/acme", "SCHEDULED")
    assert [run.run_id for run in runs.recent_runs("acme")] == [first.run_id]
    assert runs.recent_runs("other") == ()
    assert runs.retry("acme", Phase.RECENT).run_id == first.run_id

    _set_state(api_url, first.run_id, "PENDING")
    _set_state(api_url, first.run_id, "RUNNING")
    state = runs.read_run_state(first.run_id)
    assert state is not None
    assert (state.state, state.is_over) == ("RUNNING", False)

    second = runs.retry("acme", Phase.RECENT, first.run_id)
    assert second.run_id != first.run_id
    cancelled = runs.read_run_state(first.run_id)
    assert cancelled is not None
    assert cancelled.state == "CANCELLING"
    assert runs.prefect().read_parameters(second.run_id) == {"team": "acme"}
    assert {run.run_id for run in runs.recent_runs("acme")} == {first.run_id, second.run_id}


def test_a_run_that_the_server_does_not_know_has_no_state(api_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", api_url)
    assert runs.read_run_state("00000000-0000-0000-0000-000000000000") is None
    with pytest.raises(runs.DeploymentMissing, match="background/background"):
        runs.retry("acme", Phase.HISTORY)


def _set_state(api_url: str, run_id: str, kind: str) -> None:
    body = {"state": {"type": kind, "name": kind.capitalize()}, "force": True}
    httpx.post(f"{api_url}/flow_runs/{run_id}/set_state", json=body).raise_for_status()
