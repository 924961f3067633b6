"""Who may ask the dashboard: its own page, by its own name; tried on a dashboard that runs."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from dashboard.shell.hosts import SameOrigin, allowed_hosts

pytestmark = pytest.mark.slow
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(scope="module")
def ask(start_dashboard: Callable[[Path], Any], seeded_home: Callable[..., Path]) -> Callable[..., int]:
    """Send one request with exactly these headers and return the status of the response."""
    port = int(start_dashboard(seeded_home("complete", attacks=True)).url.rpartition(":")[2])

    def send(path: str, method: str = "GET", **headers: str) -> int:
        named = {"Host": f"127.0.0.1:{port}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        text = "".join(f"{name}: {value.format(port=port)}\r\n" for name, value in named.items())
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{text}Content-Length: 0\r\n\r\n".encode())
            return int(connection.recv(64).split()[1])

    return send


FOREIGN = ["http://attacker.example:8862", "http://127.0.0.1:1", "http://localhost:9999", "null", "http://[", "file://"]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_origin_gets_no_socket_and_no_page(ask: Callable[..., int], origin: str) -> None:
    assert ask("/_stcore/stream", Origin=origin, **UPGRADE) == 403
    assert ask("/", Origin=origin) == 403
    assert ask("/healthz", "POST", Origin=origin) == 403


def test_no_address_service_was_asked_meanwhile(
    start_dashboard: Callable[[Path], Any], seeded_home: Callable[..., Path]
) -> None:
    """Streamlit asks one for its own address before it refuses an origin by itself."""
    assert "external IP" not in start_dashboard(seeded_home("complete", attacks=True)).log.read_text()


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:{port}", "127.0.0.1.attacker.example:{port}"])
def test_a_name_that_was_pointed_at_this_machine_is_refused(ask: Callable[..., int], host: str) -> None:
    assert ask("/", Host=host) == 400
    assert ask("/_stcore/stream", Host=host, Origin=f"http://{host}", **UPGRADE) in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}"])
def test_the_dashboards_own_page_is_served(ask: Callable[..., int], host: str) -> None:
    assert ask("/", Host=host) == 200
    assert ask("/healthz", Host=host) == 200
    assert ask("/_stcore/stream", Host=host, Origin=f"http://{host}", **UPGRADE) == 101


async def _status(origin: str, host: str) -> int:
    sent: list[Any] = []

    async def passed(scope: Scope, receive: Receive, send: Send) -> None:
        sent.append({"status": 200})

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", host.encode()), (b"origin", origin.encode())]
    guard = SameOrigin(passed, allowed_hosts(["metrics.example.org"]))
    await guard({"type": "http", "method": "GET", "path": "/", "headers": headers}, None, send)  # type: ignore[arg-type]
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("https://metrics.example.org", "127.0.0.1:8501", 200),
        ("https://metrics.example.org", "metrics.example.org", 200),
        ("https://metrics.example.org.evil.example", "metrics.example.org", 403),
        ("https://other.example.org", "metrics.example.org", 403),
    ],
)
def test_a_name_that_a_proxy_answers_to_is_allowed_when_it_is_set(origin: str, host: str, status: int) -> None:
    assert asyncio.run(_status(origin, host)) == status
