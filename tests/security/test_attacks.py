"""What `prflow up` and `prflow demo` start, attacked as it runs: by a page in Chromium, curl, foreign names, sockets.

Each attack is refused, and the same calls with the password work.
"""

import asyncio
import json
import socket
from base64 import b64encode
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from dashboard.reading import runs
from tests.security.conftest import Installation, port_of
from warehouse.windows import Phase

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHROMIUM = Path("/usr/bin/chromium")
SOCKETS = ("/events/in", "/events/out", "/logs/out", "/task_runs/subscriptions/scheduled")
NAMES = ("attacker.example", "127.0.0.1.attacker.example", "localhost.attacker.example", "0.0.0.0", "[::1]")  # noqa: S104
CALLS = (
    ("POST", "/deployments/filter"),
    ("POST", "/flow_runs/filter"),
    ("POST", "/block_documents/filter"),
    ("POST", "/variables/"),
    ("POST", "/automations/filter"),
    ("POST", "/events/filter"),
    ("POST", "/logs/filter"),
    ("POST", "/work_pools/filter"),
    ("GET", "/admin/settings"),
    ("GET", "/flow_runs/00000000-0000-0000-0000-000000000000/health"),
)


# A run of a command, as an attacker would start one.
ORDER = json.dumps({"name": "attack", "job_variables": {"command": "id"}, "state": {"type": "SCHEDULED"}})
# A run that no worker starts during the tests.
LATER = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": "2999-01-01T00:00:00Z"}}}


def read_attacks(prflow: Installation) -> object:
    """Return the runs that an attack has started."""
    return prflow.ask("POST", "/flow_runs/filter", {"flow_runs": {"name": {"any_": ["attack"]}}}).json()


def read_deployment(prflow: Installation, name: str) -> str:
    return str(prflow.ask("GET", f"/deployments/name/{name}/{name}").json()["id"])


# --- another program, without the password ------------------------------------------------------------


def test_without_the_password_nothing_is_told_or_done(prflow: Installation) -> None:
    target = f"/deployments/{read_deployment(prflow, 'maintenance')}"
    attacks = [
        *CALLS,
        ("POST", f"{target}/create_flow_run"),
        ("PATCH", target),
        ("PATCH", "/work_pools/prflow"),
        ("DELETE", target),
    ]
    body = json.loads(ORDER) | {"include_secrets": True}
    for auth in (None, httpx.BasicAuth("prflow", ""), httpx.BasicAuth("prflow", "wrong"), httpx.BasicAuth("", "")):
        for method, path in attacks:
            asked = httpx.request(method, prflow.prefect + path, json=body, auth=auth, timeout=60)
            assert asked.status_code == 401, (method, path)
    assert read_attacks(prflow) == []


def test_with_the_password_the_same_calls_work(prflow: Installation) -> None:
    answers = {path: prflow.ask(method, path, {}).status_code for method, path in CALLS if "variables" not in path}
    # Events want a filter (422), and a run that nobody knows has no health (404): both were let in.
    assert set(answers.values()) <= {200, 404, 422}, answers
    assert prflow.ask("POST", "/events/filter", {"filter": {}}).status_code == 200
    path = f"/deployments/{read_deployment(prflow, 'maintenance')}/create_flow_run"
    # A server with much to do says 503, which is no refusal.
    tries = (prflow.ask("POST", path, LATER).status_code for _ in range(30))
    assert next((status for status in tries if status != 503), 503) == 201
    assert httpx.get(prflow.prefect.removesuffix("/api"), auth=prflow.auth, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_no_server_answers_to_a_foreign_name(prflow: Installation, name: str) -> None:
    """A name that its owner points at this machine after the page has loaded (DNS rebinding) is such a name, too."""
    for url, path in ((prflow.prefect, "/health"), (prflow.prefect, "/admin/settings"), (prflow.dashboard, "/")):
        for host in (name, f"{name}:{port_of(url)}"):
            answer = httpx.get(url + path, headers={"Host": host}, auth=prflow.auth, timeout=60)
            assert answer.status_code == 400, (url, path, host)
    for url in prflow.simulators:
        if name != "[::1]":
            named = {"Host": f"{name}:{port_of(url)}"}
            assert httpx.get(f"{url}/_simulator/stats", headers=named, timeout=60).status_code == 403


def test_a_page_of_another_origin_is_told_nothing(prflow: Installation) -> None:
    own = prflow.prefect.removesuffix("/api")
    for origin in ("http://attacker.example:8862", "null", prflow.dashboard, "https://localhost"):
        assert httpx.get(f"{prflow.dashboard}/", headers={"Origin": origin}).status_code in (200, 403)
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = httpx.options(f"{prflow.prefect}/flow_runs/filter", headers=asked, timeout=60)
        assert "access-control-allow-origin" not in preflight.headers, origin
        assert "access-control-allow-origin" not in prflow.ask("GET", "/health", Origin=origin).headers
    assert prflow.ask("GET", "/health", Origin=own).headers["access-control-allow-origin"] == own


def test_the_simulators_take_orders_from_programs_and_from_no_form(prflow: Installation) -> None:
    for url in prflow.simulators:
        before = httpx.get(f"{url}/_simulator/stats", timeout=60).json()
        for path in ("/_simulator/faults", "/_simulator/tokens"):
            for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
                headers = {"Content-Type": kind, "Origin": "http://attacker.example"}
                answer = httpx.post(url + path, content=b'{"known": []}', headers=headers, timeout=60)
                assert answer.status_code in (404, 415), (url, path, kind)
        assert httpx.get(f"{url}/_simulator/stats", timeout=60).json().keys() == before.keys()


# --- sockets ------------------------------------------------------------------------------------------


def test_no_socket_opens_without_the_password_or_for_a_foreign_page(prflow: Installation) -> None:
    for path in SOCKETS:
        for token in ("", "prflow:wrong"):
            assert _run(_greet(prflow, path, token)) in ("closed", "403"), path
        assert _upgrade(prflow.prefect + path, Host="attacker.example") in (400, 403), path
    stream = f"{prflow.dashboard}/_stcore/stream"
    for origin in ("http://attacker.example:8862", "null", "http://127.0.0.1:1", prflow.prefect.removesuffix("/api")):
        assert _upgrade(stream, Origin=origin) == 403, origin
    assert _upgrade(stream, Host="attacker.example", Origin="http://attacker.example") in (400, 403)
    assert _upgrade(stream, Origin=prflow.dashboard) == 101


def test_the_sockets_of_prefects_pages_open_with_the_password(prflow: Installation) -> None:
    for path in ("/events/out", "/logs/out"):
        assert _run(_greet(prflow, path, prflow.password)) == "auth_success"


def _run(greeting: Coroutine[Any, Any, str]) -> str:
    """Run in a thread of its own: while the browser is open, its event loop is this thread's running one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, greeting).result()


async def _greet(prflow: Installation, path: str, token: str) -> str:
    """Return what becomes of a socket that is opened as Prefect's clients do it."""
    try:
        address = prflow.prefect.replace("http://", "ws://") + path
        async with connect(address, subprotocols=[Subprotocol("prefect")]) as opened:
            await opened.send(json.dumps({"type": "auth", "token": token}))
            return str(json.loads(await asyncio.wait_for(opened.recv(), timeout=60))["type"])
    except InvalidStatus as error:
        return str(error.response.status_code)
    except ConnectionClosed:
        return "closed"


def _upgrade(url: str, **headers: str) -> int:
    """Ask for a socket with exactly these headers; return the status."""
    parts = urlsplit(url)
    sent = {"Host": parts.netloc, **headers, "Connection": "Upgrade", "Upgrade": "websocket"}
    sent |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": b64encode(b"0123456789abcdef").decode()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=60) as connection:
        connection.sendall(f"GET {parts.path} HTTP/1.1\r\n{lines}\r\n".encode())
        return int(connection.recv(2048).split()[1])


# --- a page in a browser ------------------------------------------------------------------------------

# Each attempt resolves to what the page could read of it, or to "blocked".
ATTEMPTS = """
async ({urls, sockets, timeout}) => {
    const late = new Promise(resolve => setTimeout(() => resolve("blocked"), timeout));
    const ask = async ([method, url, type, body]) => {
        const headers = type ? {"Content-Type": type} : {};
        const options = {method, headers, body: body || undefined, credentials: "include"};
        try { return `${url}: ${(await Promise.race([fetch(url, options), late])).status || "blocked"}`; }
        catch { return "blocked"; }
    };
    const open = url => Promise.race([late, new Promise(resolve => {
        const socket = new WebSocket(url, url.includes("/api/") ? ["prefect"] : undefined);
        socket.onmessage = event => resolve(`${url}: ${event.data}`);
        const greet = () => socket.send('{"type":"auth","token":""}');
        socket.onopen = () => url.includes("/api/") ? greet() : resolve(`${url}: open`);
        socket.onerror = socket.onclose = () => resolve("blocked");
    })]);
    return await Promise.all([...urls.map(ask), ...sockets.map(open)]);
}
"""


@pytest.fixture(scope="module")
def attacker() -> Iterator[Any]:
    """Open a page of http://attacker.example, a name that points at this machine."""
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium on this machine: apt-get install chromium fonts-liberation")
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP *.example 127.0.0.1"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        page = browser.new_page()
        blank = {"status": 200, "content_type": "text/html", "body": "<h1>Attacker</h1>"}
        page.route("http://attacker.example:8862/**", lambda route: route.fulfill(**blank))
        yield page
        browser.close()


def test_a_page_of_another_origin_reads_nothing_and_starts_nothing(prflow: Installation, attacker: Any) -> None:
    deployment = read_deployment(prflow, "maintenance")
    create = f"{prflow.prefect}/deployments/{deployment}/create_flow_run"
    urls = [
        *(["POST", create, kind, ORDER] for kind in ("application/json", "text/plain", "")),
        ["GET", f"{prflow.prefect}/health", "", ""],
        ["GET", f"{prflow.prefect}/admin/settings", "", ""],
        ["POST", f"{prflow.prefect}/block_documents/filter", "application/json", '{"include_secrets": true}'],
        *(
            ["GET", prflow.dashboard + path, "", ""]
            for path in ("/", "/healthz", "/_stcore/health", "/_stcore/host-config")
        ),
        *(["POST", f"{url}/_simulator/faults", "application/json", "{}"] for url in prflow.simulators),
        *(["POST", f"{url}/_simulator/tokens", "text/plain", '{"known": []}'] for url in prflow.simulators),
        *(["GET", f"{url}/_simulator/stats", "", ""] for url in prflow.simulators),
    ]
    sockets = [prflow.prefect.replace("http://", "ws://") + path for path in SOCKETS]
    sockets.append(prflow.dashboard.replace("http://", "ws://") + "/_stcore/stream")
    attacker.goto("http://attacker.example:8862/")
    found = attacker.evaluate(ATTEMPTS, {"urls": urls, "sockets": sockets, "timeout": 60_000})
    assert found == ["blocked"] * (len(urls) + len(sockets))
    assert read_attacks(prflow) == []


def test_a_page_whose_name_is_pointed_at_a_server_gets_nothing_of_it(prflow: Installation, attacker: Any) -> None:
    """DNS rebinding: the page has the server's own port, and its name leads to this machine."""
    for url in (prflow.prefect, prflow.dashboard):
        answer = attacker.goto(f"http://attacker.example:{port_of(url)}/")
        assert answer.status == 400
        assert "Invalid host" in attacker.content()


def test_prefects_pages_ask_for_the_password_once_and_then_show_runs(prflow: Installation, attacker: Any) -> None:
    page = attacker.context.browser.new_page()
    page.goto(prflow.prefect.removesuffix("/api"))
    page.fill('input[type="password"]', prflow.password, timeout=60_000)
    page.keyboard.press("Enter")
    page.wait_for_function("document.body.innerText.includes('Flow Runs')", timeout=60_000)
    page.close()


# --- the person's own shells --------------------------------------------------------------------------


def test_a_second_shell_and_retry_find_the_password(prflow: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = json.loads(prflow.run("ui", "--json").stdout)
    assert shown == {"url": prflow.prefect.removesuffix("/api"), "password": prflow.password}
    said = prflow.run("doctor").stdout
    assert f"Running at {prflow.prefect}" in said
    if prflow.team == "acme":
        queued = prflow.run("onboard", "acme")
        assert "Queued onboarding/acme" in queued.stdout, queued.stderr
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PRFLOW_HOME", str(prflow.home))
    retried = runs.retry(prflow.team, Phase.INCREMENTAL)
    assert runs.prefect().read_run(retried.run_id) is not None
    assert retried.run_id in {run.run_id for run in runs.recent_runs(prflow.team)}
