"""The few requests that the command line sends to a Prefect server, over plain HTTP.

Importing Prefect takes seconds, so `prflow` itself never does.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import SecretStr

from dashboard.reading import patience
from flows.lifecycle.deployments import Deployment
from warehouse.errors import PrflowError

# One look at whether the server responds. Whoever waits looks again.
HEALTH_SECONDS = 30.0
PAUSE_SECONDS = 0.1
# Rows of a page, the most that a server gives at once by default.
PAGE = 200


class PrefectUnreachable(PrflowError):
    """The Prefect server does not respond, or refuses the request; the message names its address."""

    hint = "Check PREFECT_API_URL, or start prflow's own server with `prflow up`."


class PrefectRefused(PrefectUnreachable):
    """The Prefect server responds, and refuses the request: asking again would not help."""


@dataclass(frozen=True)
class FlowRun:
    """A flow run that Prefect accepted; `url` is its page in Prefect."""

    id: str
    name: str
    url: str


def ui_url(api_url: str) -> str:
    """Return where Prefect's pages are: PREFECT_UI_URL, else beside the API."""
    if given := os.environ.get("PREFECT_UI_URL", ""):
        return given.removesuffix("/")
    return api_url.removesuffix("/").removesuffix("/api")


def run_url(api_url: str, run_id: str) -> str:
    """Return the page of a run."""
    return f"{ui_url(api_url)}/runs/flow-run/{run_id}"


def is_healthy(api_url: str, seconds: float = HEALTH_SECONDS) -> bool:
    """Return whether the server responds within `seconds`; False at once if it refuses the connection."""
    try:
        with _client(api_url) as client:
            return client.get("/health", timeout=max(seconds, PAUSE_SECONDS)).status_code == 200
    except httpx.HTTPError:
        return False


def wait_until_healthy(api_url: str, seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait until the server responds; PrefectUnreachable after `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_healthy(api_url, deadline - time.monotonic()):
        if time.monotonic() > deadline:
            raise PrefectUnreachable(f"No Prefect server responds at {api_url}.")
        sleep(PAUSE_SECONDS)


def find_deployment(api_url: str, name: str, seconds: float = patience.PATIENCE_SECONDS) -> str | None:
    """Return the id of deployment `flow/name`; None while it is not set up. Waits for a busy server."""
    response = _send(api_url, "GET", f"/deployments/name/{quote(name)}", seconds=seconds)
    return None if response.status_code == httpx.codes.NOT_FOUND else str(_json(api_url, response)["id"])


def create_flow_run(
    api_url: str, deployment_id: str, name: str, parameters: dict[str, Any], tag: str, key: str = ""
) -> FlowRun:
    """Queue one run of a deployment, however often a busy server is asked; a worker takes it within a second or two.

    Asked again with the same `key`, it returns the run that was queued.
    """
    body = {
        "name": name,
        "parameters": parameters,
        "tags": [tag],
        "idempotency_key": key or str(uuid4()),
        "state": {"type": "SCHEDULED"},
    }
    response = _send(api_url, "POST", f"/deployments/{deployment_id}/create_flow_run", body)
    row = _json(api_url, response)
    return FlowRun(row["id"], row["name"], run_url(api_url, row["id"]))


def has_secret(api_url: str, name: str) -> bool:
    """Return whether a Secret block of this name exists; its value is not read."""
    return _find_secret(api_url, name) is not None


def read_secret(api_url: str, name: str) -> SecretStr | None:
    """Return the value of the Secret block of this name; None if there is none, or if it is empty."""
    path = f"{_secret_path(name)}?include_secrets=true"
    response = _send(api_url, "GET", path)
    if response.status_code == httpx.codes.NOT_FOUND:
        return None
    return SecretStr(str(_json(api_url, response)["data"].get("value") or "").strip()) or None


def save_secret(api_url: str, name: str, value: SecretStr) -> None:
    """Save a Secret block, which the server encrypts, in place of an earlier one of that name."""
    data = {"value": value.get_secret_value()}
    schema = _secret_schema(api_url)
    if known := _find_secret(api_url, name):
        body = {"data": data, "block_schema_id": schema["id"], "merge_existing_data": False}
        response = _send(api_url, "PATCH", f"/block_documents/{known}", body)
    else:
        ids = {"block_schema_id": schema["id"], "block_type_id": schema["block_type_id"]}
        response = _send(api_url, "POST", "/block_documents/", {"name": name, "data": data, **ids})
    if response.is_error:
        raise PrefectUnreachable(f"Prefect at {api_url} did not keep the secret {name} (HTTP {response.status_code}).")


def _secret_schema(api_url: str) -> dict[str, Any]:
    """Return the newest schema of Secret blocks, which the server has from its own start."""
    found = _json(api_url, _send(api_url, "GET", "/block_types/slug/secret"))
    body = {"block_schemas": {"block_type_id": {"any_": [found["id"]]}}, "limit": 1}
    schemas: list[dict[str, Any]] = _json(api_url, _send(api_url, "POST", "/block_schemas/filter", body))
    if not schemas:
        raise PrefectUnreachable(f"Prefect at {api_url} knows no Secret blocks yet.", "Try again in a minute.")
    return schemas[0]


def delete_secret(api_url: str, name: str) -> bool:
    """Delete the Secret block of this name; False if there was none."""
    found = _find_secret(api_url, name)
    if found is None:
        return False
    response = _send(api_url, "DELETE", f"/block_documents/{found}")
    # Not found: an earlier try has deleted it, and its response was lost.
    return not response.is_error or response.status_code == httpx.codes.NOT_FOUND


def delete_runs(api_url: str, tag: str) -> int:
    """Delete prflow's runs with this tag, queued ones too, and their artifacts; return how many runs.

    Other people's flows on the server may have the same tag: `team:acme` is nobody's own.
    """
    runs = {"flow_runs": {"tags": {"all_": [tag]}}, "flows": {"name": {"any_": [one.value for one in Deployment]}}}
    for artifact in _list_all(api_url, "/artifacts/filter", runs):
        _send(api_url, "DELETE", f"/artifacts/{artifact['id']}")
    found = _list_all(api_url, "/flow_runs/filter", runs)
    for run in found:
        _send(api_url, "DELETE", f"/flow_runs/{run['id']}")
    return len(found)


def _list_all(api_url: str, path: str, filters: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of all pages."""
    rows: list[dict[str, Any]] = []
    while True:
        page = _json(api_url, _send(api_url, "POST", path, filters | {"limit": PAGE, "offset": len(rows)}))
        rows += page
        if len(page) < PAGE:
            return rows


def _secret_path(name: str) -> str:
    return f"/block_types/slug/secret/block_documents/name/{quote(name)}"


def _find_secret(api_url: str, name: str) -> str | None:
    response = _send(api_url, "GET", _secret_path(name))
    return None if response.status_code == httpx.codes.NOT_FOUND else str(_json(api_url, response)["id"])


def _client(api_url: str) -> httpx.Client:
    """Open a client. Certificates are loaded only for https: that takes longer than a request to our own server."""
    credentials = os.environ.get("PREFECT_API_AUTH_STRING", "")
    key = os.environ.get("PREFECT_API_KEY", "")
    auth = credentials.split(":", 1) if ":" in credentials else None
    headers = {"Authorization": f"Bearer {key}"} if key and not auth else {}
    return httpx.Client(
        base_url=api_url,
        auth=httpx.BasicAuth(*auth) if auth else None,
        headers=headers,
        verify=api_url.startswith("https"),
    )


def _send(
    api_url: str,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    seconds: float = patience.PATIENCE_SECONDS,
) -> httpx.Response:
    try:
        with _client(api_url) as client:
            return patience.send(lambda left: client.request(method, path, json=body, timeout=left), seconds)
    except httpx.HTTPError as error:
        raise PrefectUnreachable(f"No Prefect server responds at {api_url} ({type(error).__name__}).") from None


def _json(api_url: str, response: httpx.Response) -> Any:
    if response.is_error:
        raise PrefectRefused(f"Prefect at {api_url} refused the request (HTTP {response.status_code}).")
    return response.json()
