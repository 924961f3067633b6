"""prflow's own Prefect server, attacked as a page of another origin and another account of the machine would."""

import asyncio
import json
import socket
from base64 import b64encode
from urllib.parse import SplitResult, urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.flows.conftest import PASSWORD

pytestmark = pytest.mark.slow

SOCKETS = ["/events/in", "/events/out", "/logs/out", "/task_runs/subscriptions/scheduled"]
CALLS = [
    ("POST", "/deployments/filter"),
    ("POST", "/flow_runs/filter"),
    ("POST", "/block_documents/filter"),
    ("POST", "/variables/"),
    ("GET", "/admin/settings"),
    ("GET", "/flow_runs/00000000-0000-0000-0000-000000000000/health"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_the_password_nothing_is_told_and_nothing_done(prefect_server: str, method: str, path: str) -> None:
    for auth in (None, httpx.BasicAuth("prflow", "wrong"), httpx.BasicAuth("admin", "")):
        with httpx.Client(auth=auth) as client:
            assert client.request(method, prefect_server + path, json={}).status_code == 401


def test_no_run_is_started_without_the_password(prefect_server: str) -> None:
    user, _, password = PASSWORD.partition(":")
    found = httpx.get(f"{prefect_server}/deployments/name/onboarding/onboarding", auth=(user, password))
    assert found.status_code == 200
    path = f"{prefect_server}/deployments/{found.json()['id']}/create_flow_run"
    body = {"job_variables": {"command": "id"}, "state": {"type": "SCHEDULED"}}
    assert httpx.post(path, json=body).status_code == 401
    assert httpx.post(path, content="{}", headers={"Content-Type": "text/plain"}).status_code == 401


@pytest.mark.parametrize("origin", ["http://attacker.example:8862", "null", "http://127.0.0.1:1"])
def test_a_browser_is_told_that_another_page_may_not_ask(prefect_server: str, origin: str) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    preflight = httpx.options(f"{prefect_server}/flow_runs/filter", headers=asked)
    assert preflight.headers.get("access-control-allow-origin") is None
    user, _, password = PASSWORD.partition(":")
    known = httpx.get(f"{prefect_server}/health", headers={"Origin": origin}, auth=(user, password))
    assert known.headers.get("access-control-allow-origin") is None


def test_its_own_pages_may_ask(prefect_server: str) -> None:
    own = prefect_server.removesuffix("/api")
    user, _, password = PASSWORD.partition(":")
    found = httpx.get(f"{prefect_server}/health", headers={"Origin": own}, auth=(user, password))
    assert found.status_code == 200
    assert found.headers["access-control-allow-origin"] == own


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:4200", "127.0.0.1.attacker.example"])
def test_a_name_that_was_pointed_at_this_machine_is_refused(prefect_server: str, host: str) -> None:
    user, _, password = PASSWORD.partition(":")
    for path in ("/api/health", "/", "/api/ui-settings"):
        address = prefect_server.removesuffix("/api") + path
        assert httpx.get(address, headers={"Host": host}, auth=(user, password)).status_code == 400


async def _greet(address: str, token: str) -> str:
    """Return what becomes of a socket that is opened as Prefect's clients do it, with this password."""
    try:
        async with connect(address, subprotocols=[Subprotocol("prefect")]) as opened:
            await opened.send(json.dumps({"type": "auth", "token": token}))
            said = await asyncio.wait_for(opened.recv(), timeout=60)
            return str(json.loads(said)["type"])
    except InvalidStatus as error:
        return str(error.response.status_code)
    except ConnectionClosed:
        return "closed"


@pytest.mark.parametrize("path", SOCKETS)
def test_a_socket_without_the_password_is_closed(prefect_server: str, path: str) -> None:
    address = prefect_server.replace("http://", "ws://") + path
    for token in ("", "prflow:wrong", "wrong"):
        assert asyncio.run(_greet(address, token)) in ("closed", "403")


@pytest.mark.parametrize("path", ["/events/out", "/logs/out"])
def test_a_socket_with_the_password_opens(prefect_server: str, path: str) -> None:
    address = prefect_server.replace("http://", "ws://") + path
    assert asyncio.run(_greet(address, PASSWORD)) == "auth_success"


@pytest.mark.parametrize("path", SOCKETS)
def test_a_socket_by_another_name_is_refused(prefect_server: str, path: str) -> None:
    status, _ = _upgrade(urlsplit(prefect_server), path, "attacker.example")
    assert status in (400, 403)


def _upgrade(address: SplitResult, path: str, host: str) -> tuple[int, bytes]:
    lines = [
        f"GET {address.path}{path} HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {b64encode(b'0123456789abcdef').decode()}",
    ]
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=60) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        said = connection.recv(2048)
        return int(said.split()[1]), said
