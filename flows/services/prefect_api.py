"""The few requests that the command line sends to a Prefect server, over plain HTTP.

Importing Prefect takes seconds, so `prflow` itself never does.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from warehouse.errors import PrflowError

# A server on SQLite on a busy machine takes its time.
TIMEOUT_SECONDS = 30.0
PAUSE_SECONDS = 0.1
BUSY_TRIES = 20
BUSY_SECONDS = 0.25


class PrefectUnreachable(PrflowError):
    """The Prefect server does not respond, or refuses the request; the message names its address."""

    hint = "Check PREFECT_API_URL, or start prflow's own server with `prflow up`."


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


def is_healthy(api_url: str) -> bool:
    try:
        return _client(api_url, 2.0).get("/health").status_code == 200
    except httpx.HTTPError:
        return False


def wait_until_healthy(api_url: str, seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait until the server responds; PrefectUnreachable after `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_healthy(api_url):
        if time.monotonic() > deadline:
            raise PrefectUnreachable(f"No Prefect server responds at {api_url}.")
        sleep(PAUSE_SECONDS)


def find_deployment(api_url: str, name: str) -> str | None:
    """Return the id of deployment `flow/name`; None while it is not set up."""
    response = _send(api_url, "GET", f"/deployments/name/{quote(name)}")
    return None if response.status_code == httpx.codes.NOT_FOUND else str(_json(api_url, response)["id"])


def create_flow_run(api_url: str, deployment_id: str, name: str, parameters: dict[str, Any], tag: str) -> FlowRun:
    """Queue a run of a deployment; a worker takes it within a second or two."""
    response = _send(
        api_url,
        "POST",
        f"/deployments/{deployment_id}/create_flow_run",
        {"name": name, "parameters": parameters, "tags": [tag], "state": {"type": "SCHEDULED"}},
    )
    row = _json(api_url, response)
    return FlowRun(row["id"], row["name"], run_url(api_url, row["id"]))


def has_secret(api_url: str, name: str) -> bool:
    """Return whether a Secret block of this name exists; its value is not read."""
    return _find_secret(api_url, name) is not None


def delete_secret(api_url: str, name: str) -> bool:
    """Delete the Secret block of this name; False if there was none."""
    found = _find_secret(api_url, name)
    return found is not None and not _send(api_url, "DELETE", f"/block_documents/{found}").is_error


def _find_secret(api_url: str, name: str) -> str | None:
    response = _send(api_url, "GET", f"/block_types/slug/secret/block_documents/name/{quote(name)}")
    return None if response.status_code == httpx.codes.NOT_FOUND else str(_json(api_url, response)["id"])


def _client(api_url: str, timeout: float = TIMEOUT_SECONDS) -> httpx.Client:
    """Open a client. Certificates are loaded only for https: that takes longer than a request to our own server."""
    credentials = os.environ.get("PREFECT_API_AUTH_STRING", "")
    key = os.environ.get("PREFECT_API_KEY", "")
    auth = credentials.split(":", 1) if ":" in credentials else None
    headers = {"Authorization": f"Bearer {key}"} if key and not auth else {}
    return httpx.Client(
        base_url=api_url,
        timeout=timeout,
        auth=httpx.BasicAuth(*auth) if auth else None,
        headers=headers,
        verify=api_url.startswith("https"),
    )


def _send(api_url: str, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    """Send a request, and again while the server is busy: on SQLite it returns 503 while its database is locked."""
    try:
        with _client(api_url) as client:
            for _ in range(BUSY_TRIES - 1):
                response = client.request(method, path, json=body)
                if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return response
                time.sleep(BUSY_SECONDS)
            return client.request(method, path, json=body)
    except httpx.HTTPError as error:
        raise PrefectUnreachable(f"No Prefect server responds at {api_url} ({type(error).__name__}).") from None


def _json(api_url: str, response: httpx.Response) -> Any:
    if response.is_error:
        raise PrefectUnreachable(f"Prefect at {api_url} refused the request (HTTP {response.status_code}).")
    return response.json()
