"""Prefect's run states, retries and recent runs, and the progress of a team that follows from them.

This module calls Prefect's REST API with httpx: `import prefect` takes seconds, an HTTP call milliseconds.
It does not import Streamlit, so that the command line can ask the same questions.

RunsError
└── PrefectUnavailable   Prefect does not respond, or refuses
    └── DeploymentMissing   the flow to start is not deployed
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from dashboard.reading import clock, patience
from dashboard.reading.settings import PREFECT_PASSWORD_FILE, DashboardSettings
from warehouse.connection import Reads, Warehouse
from warehouse.errors import PrflowError
from warehouse.progress import Progress, RunState, read_progress
from warehouse.settings import WarehouseSettings
from warehouse.windows import Phase

# The flow of each phase; each is deployed under its own name.
FLOWS = {Phase.RECENT: "onboarding", Phase.HISTORY: "background", Phase.INCREMENTAL: "refresh"}
# Analyses what is pending, without fetching; it can hold the place of a phase.
ANALYSIS = "analysis"
# The other flows whose runs carry a team's tag.
OTHER_FLOWS = (ANALYSIS, "sync", "part")
# A page that shows something waits this long for Prefect; a button that does something, as long as the command line.
TIMEOUT_SECONDS = 3.0
# After this many runs in a row that ended before they began, something else is wrong.
MAX_DEAD_RETRIES = 5
# A run in one of these states has a process, or is about to: it is cancelled before another takes its place.
ALIVE = frozenset({"RUNNING", "PENDING", "PAUSED"})

Json: TypeAlias = Mapping[str, Any]


class RunsError(PrflowError):
    """Prefect could not be asked. The message is for a person."""


class PrefectUnavailable(RunsError):
    """Prefect does not respond, or refuses."""

    hint = "Start it with `prflow up`, or check PREFECT_API_URL."


class DeploymentMissing(PrefectUnavailable):
    """The flow to start is not deployed."""


@dataclass(frozen=True)
class FlowRun(RunState):
    """One flow run as Prefect knows it; times are in UTC, None if it has not begun or ended."""

    state_name: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


class Prefect:
    """A client of a Prefect server's REST API. `auth` is `user:password`, `key` one of Prefect Cloud.

    Each request gets `seconds` until the server responds, busy or slow as it may be.
    """

    def __init__(
        self, api_url: str, ui_url: str = "", auth: str = "", key: str = "", seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self.seconds = seconds
        self.api_url = api_url.rstrip("/")
        self.ui_url = (ui_url or self.api_url.removesuffix("/api")).rstrip("/")
        user, _, password = auth.partition(":")
        self._auth = httpx.BasicAuth(user, password) if auth else None
        self._headers = {"Authorization": f"Bearer {key}"} if key and not auth else {}

    def read_run(self, run_id: str) -> FlowRun | None:
        """Read a run; None if Prefect does not know it."""
        response = self._send("GET", f"/flow_runs/{run_id}")
        return None if response.status_code == httpx.codes.NOT_FOUND else self._flow_run(response.json())

    def read_runs(self, tag: str, limit: int) -> tuple[FlowRun, ...]:
        """Read the newest runs of prflow's flows that carry `tag`, which others on the server may use as well."""
        body = {
            "flow_runs": {"tags": {"all_": [tag]}},
            "flows": {"name": {"any_": [*FLOWS.values(), *OTHER_FLOWS]}},
            "sort": "EXPECTED_START_TIME_DESC",
            "limit": limit,
        }
        return tuple(self._flow_run(run) for run in self._send("POST", "/flow_runs/filter", body).json())

    def read_parameters(self, run_id: str) -> Json | None:
        """Read the parameters that a run was started with; None if Prefect does not know the run."""
        response = self._send("GET", f"/flow_runs/{run_id}")
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        parameters: Json = response.json().get("parameters") or {}
        return parameters

    def cancel(self, run_id: str) -> None:
        """Ask the worker to end the run; a run that is over stays as it is."""
        self._send("POST", f"/flow_runs/{run_id}/set_state", {"state": {"type": "CANCELLING"}, "force": False})

    def start(self, flow: str, team_id: str, parameters: Json, idempotency_key: str) -> FlowRun:
        """Queue a run of a flow's deployment. The same key returns the same run, however often it is asked for."""
        found = self._send("GET", f"/deployments/name/{flow}/{flow}")
        if found.status_code == httpx.codes.NOT_FOUND:
            raise DeploymentMissing(
                f"Prefect has no deployment {flow}/{flow}.", "Stop `prflow up`, then start it again."
            )
        body = {
            "name": f"{flow}/{team_id}",
            "parameters": dict(parameters),
            "tags": [f"team:{team_id}"],
            "idempotency_key": idempotency_key,
            "state": {"type": "SCHEDULED"},
        }
        return self._flow_run(self._send("POST", f"/deployments/{found.json()['id']}/create_flow_run", body).json())

    def _send(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        try:
            response = patience.send(lambda left: self._request(method, path, body, left), self.seconds)
        except httpx.HTTPError as error:
            raise PrefectUnavailable(f"Prefect is not responding at {self.api_url} ({type(error).__name__}).") from None
        if response.is_error and response.status_code != httpx.codes.NOT_FOUND:
            raise PrefectUnavailable(f"Prefect responded with {response.status_code} at {self.api_url}{path}.")
        return response

    def _request(self, method: str, path: str, body: Json | None, seconds: float) -> httpx.Response:
        url = self.api_url + path
        return _client().request(method, url, json=body, auth=self._auth, headers=self._headers, timeout=seconds)

    def _flow_run(self, run: Json) -> FlowRun:
        state = RunState.from_prefect(run, f"{self.ui_url}/runs/flow-run/{run['id']}")
        return FlowRun(
            **vars(state),
            state_name=run.get("state_name") or (run.get("state") or {}).get("name") or "",
            started_at=_time(run.get("start_time")),
            ended_at=_time(run.get("end_time")),
        )


def prefect(seconds: float = TIMEOUT_SECONDS) -> Prefect:
    """Return the server of `PREFECT_API_URL`, else that of `prflow up`; raise `PrefectUnavailable` if neither is.

    Each request gets `seconds` for its response.
    """
    settings = DashboardSettings.read()
    api_url = settings.prefect_api_url or _own_server(WarehouseSettings.read().home)
    if not api_url:
        raise PrefectUnavailable("There is no Prefect server.", "Start one with `prflow up`, or set PREFECT_API_URL.")
    auth = settings.prefect_auth.get_secret_value() or _own_password(WarehouseSettings.read().home)
    return Prefect(api_url, settings.prefect_ui_url, auth, settings.prefect_key.get_secret_value(), seconds)


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """Return the client of the process: a new one costs 30 ms, and leaves a connection behind."""
    return httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)


def _own_server(home: Path) -> str:
    """Return the address in `services.json`; empty if prflow runs no server."""
    try:
        services = json.loads((home / "services.json").read_text())
    except (OSError, ValueError):
        return ""
    return str(services.get("prefect_api_url") or services.get("api_url") or "")


def _own_password(home: Path) -> str:
    """Return the password of the server that prflow started; empty if it started none."""
    try:
        return (home / PREFECT_PASSWORD_FILE).read_text().strip()
    except OSError:
        return ""


def read_run_state(run_id: str) -> RunState | None:
    """Read what Prefect says of a run; None if it does not respond or does not know the run."""
    try:
        return prefect().read_run(run_id)
    except PrefectUnavailable:
        return None


def recent_runs(team_id: str, limit: int = 20) -> tuple[FlowRun, ...]:
    """Read the newest runs of a team; raise `PrefectUnavailable`."""
    return prefect().read_runs(f"team:{team_id}", limit)


def has_run_ahead(team_id: str, phase: Phase) -> bool:
    """Return whether a run of this phase of the team waits or runs; raise `PrefectUnavailable`."""
    newest = recent_runs(team_id, limit=50)
    return any(run.state in ALIVE | {"SCHEDULED"} and run.name.startswith(f"{FLOWS[phase]}/") for run in newest)


def team_progress(team_id: str, warehouse: Reads | None = None) -> Progress:
    """Read how far a team is: the one source for the first run, banner, sidebar and `prflow status`."""
    if warehouse is not None:
        return read_progress(warehouse, team_id, read_run_state, clock.now())
    with Warehouse(read_only=True) as opened:
        return read_progress(opened, team_id, read_run_state, clock.now())


def retry(team_id: str, phase: Phase, run_id: str | None = None) -> FlowRun:
    """Start a phase again with the parameters of `run_id`; raise `PrefectUnavailable`.

    Asked twice, it starts one run. Finished work is not repeated. A run that is still queued keeps its place and
    is returned; one that has stalled is cancelled first, because only one run works on a team. Waits for a busy
    server as long as the command line does.
    """
    server = prefect(patience.PATIENCE_SECONDS)
    stuck = server.read_run(run_id) if run_id else None
    if stuck and stuck.state == "SCHEDULED":
        return stuck
    if stuck and stuck.state in ALIVE:
        server.cancel(stuck.run_id)
    flow = ANALYSIS if stuck and stuck.name.startswith(f"{ANALYSIS}/") else FLOWS[phase]
    is_same_flow = stuck is not None and stuck.name.startswith(f"{flow}/")
    parameters = (server.read_parameters(stuck.run_id) if stuck and is_same_flow else None) or {"team": team_id}
    return _start_alive(server, flow, team_id, parameters, f"retry:{team_id}:{phase}:{run_id or 'first'}")


def _start_alive(server: Prefect, flow: str, team_id: str, parameters: Json, key: str) -> FlowRun:
    """Return a run of this key that is not over: one that ended before it began is followed by another."""
    started = server.start(flow, team_id, parameters, key)
    for _ in range(MAX_DEAD_RETRIES):
        if started.state in ALIVE | {"SCHEDULED"}:
            return started
        started = server.start(flow, team_id, parameters, f"{key}:{started.run_id}")
    return started


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
