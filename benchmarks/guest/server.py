"""A Prefect server as `prefect server start` starts it, and what is asked of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from flows.services.ports import free_port
from flows.services.prefect_api import is_healthy
from flows.services.supervisor import Supervisor

PREFECT = (sys.executable, "-m", "prefect")
HEALTHY_SECONDS = 300.0
POLL_SECONDS = 1.0


class Server:
    """A plain server on this machine: no password, and leases in memory. `environment` is that of its clients.

    `settings` are variables for the server alone.
    """

    def __init__(self, home: Path, supervisor: Supervisor, settings: Mapping[str, str] | None = None) -> None:
        port = free_port()
        self.api_url = f"http://127.0.0.1:{port}/api"
        self._supervisor = supervisor
        self._home = home
        self._command = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        self._starts = 0
        base = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "PRFLOW_"))}
        self._base = base | {"PREFECT_HOME": str(home / "prefect"), "DO_NOT_TRACK": "1", "NO_PROXY": "127.0.0.1"}
        self._own = self._base | dict(settings or {})
        self.environment = self._base | {"PREFECT_API_URL": self.api_url}

    def start(self) -> None:
        """Start the server, again if it was there before, and wait until it responds."""
        self._starts += 1
        self._name = f"server-{self._starts}"
        self._supervisor.start(self._name, self._command, self._own, self._home)
        self._supervisor.wait(self._name, lambda: is_healthy(self.api_url), HEALTHY_SECONDS)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the server and to the process that it runs in."""
        os.killpg(self._supervisor.children[self._name].pid, number)

    def end(self) -> None:
        """End the server as a person who restarts it does, with SIGTERM."""
        child = self._supervisor.children.pop(self._name)
        os.killpg(child.pid, signal.SIGTERM)
        child.process.wait()

    def run(self, *command: str, environment: Mapping[str, str] | None = None) -> None:
        """Run a command as a client of the server; SystemExit with what it said if it fails."""
        environment = dict(environment or self.environment)
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")

    def queue(self, deployment: str, parameters: Mapping[str, Any] | None = None) -> str:
        """Queue a run of `flow/deployment`; return its id."""
        found = self.ask("GET", f"/deployments/name/{deployment}")
        body = {"parameters": dict(parameters or {}), "state": {"type": "SCHEDULED"}}
        return str(self.ask("POST", f"/deployments/{found['id']}/create_flow_run", body)["id"])

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        response = httpx.request(method, self.api_url + path, json=body, timeout=60.0, trust_env=False)
        return response.raise_for_status().json()

    def read_states(self, run_id: str) -> list[tuple[str, datetime]]:
        """Return names and times of the states of a run, the oldest first."""
        found = self.ask("GET", f"/flow_run_states/?flow_run_id={run_id}")
        return sorted(((one["name"], _time(one["timestamp"])) for one in found), key=lambda one: one[1])

    def find_run(self, name: str) -> str | None:
        """Return the id of the newest run of this name."""
        body = {"flow_runs": {"name": {"any_": [name]}}, "sort": "EXPECTED_START_TIME_DESC", "limit": 1}
        found = self.ask("POST", "/flow_runs/filter", body)
        return str(found[0]["id"]) if found else None


def wait_until(is_true: Callable[[], bool], seconds: float) -> bool:
    """Ask once a second; return whether it was true within `seconds`. A server that is away is asked again."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if is_true():
                return True
        except httpx.HTTPError:
            pass
        time.sleep(POLL_SECONDS)
    return False


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
