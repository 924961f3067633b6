"""Waiting for a Prefect server that is slow or busy: each wait has its own limit, whatever one response does."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from dashboard.reading import patience, runs
from flows.services import prefect_api
from warehouse.windows import Phase

Step = int | Exception


@dataclass
class Script:
    """Responds as its steps say, the last one for ever; notes the seconds that each request was given."""

    steps: list[Step]
    given: list[float] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)

    def request(self, seconds: float) -> httpx.Response:
        self.given.append(seconds)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return httpx.Response(step)

    def send(self, seconds: float = 60.0) -> int:
        return patience.send(self.request, seconds, self.paused.append).status_code


def test_one_request_may_take_all_of_the_wait() -> None:
    script = Script([200])
    assert script.send(60.0) == 200
    assert script.given[0] > 59.9


@pytest.mark.parametrize(
    "first",
    [429, 502, 503, 504, httpx.ReadTimeout("slow"), httpx.ReadError("reset"), httpx.RemoteProtocolError("gone")],
)
def test_a_server_that_is_busy_or_loses_a_response_is_asked_again(first: Step) -> None:
    script = Script([first, first, 200])
    assert script.send() == 200
    assert len(script.given) == 3


@pytest.mark.parametrize("status", [200, 401, 404, 409, 500])
def test_any_other_response_is_one(status: int) -> None:
    script = Script([status])
    assert script.send() == status
    assert len(script.given) == 1


def test_once_the_wait_is_over_the_last_response_or_error_stands() -> None:
    assert Script([503]).send(0.0) == 503
    with pytest.raises(httpx.ReadTimeout):
        Script([httpx.ReadTimeout("slow")]).send(0.0)


def test_a_server_that_refuses_connections_gets_a_part_of_the_wait() -> None:
    with pytest.raises(httpx.ConnectError):
        Script([httpx.ConnectError("refused")]).send(1.0)
    assert Script([httpx.ConnectError("refused"), 200]).send(60.0) == 200


@dataclass
class Prefect:
    """A server with one deployment. Each request waits until it is released, then gets the next of `statuses`."""

    url: str
    release: threading.Event = field(default_factory=threading.Event)
    statuses: list[int] = field(default_factory=list)
    queued: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Prefect]:
    found = Prefect("")
    found.release.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond({"id": "d1"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            run = found.queued.setdefault(body["idempotency_key"], f"run {len(found.queued) + 1}")
            self.respond({"id": run, "name": body["name"], "state_type": "SCHEDULED", "state_name": "Scheduled"})

        def respond(self, body: dict[str, str]) -> None:
            found.release.wait(60)
            status = found.statuses.pop(0) if found.statuses else 200
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        threading.Thread(target=http.serve_forever, daemon=True).start()
        found.url = f"http://127.0.0.1:{http.server_port}/api"
        monkeypatch.setenv("PREFECT_API_URL", found.url)
        yield found
        found.release.set()
        http.shutdown()


def by_command(server: Prefect) -> str:
    found = prefect_api.find_deployment(server.url, "onboarding/onboarding")
    return prefect_api.create_flow_run(server.url, str(found), "onboarding/acme", {}, "team:acme").id


def by_retry(_: Prefect) -> str:
    return runs.retry("acme", Phase.RECENT).run_id


@pytest.mark.parametrize("queue", [by_command, by_retry])
def test_command_line_and_retry_queue_one_run_on_a_server_that_is_busy_all_the_time(
    queue: Callable[[Prefect], str], server: Prefect
) -> None:
    server.statuses = [503, 503, 200, 503, 502, 200]
    assert queue(server) == "run 1"
    assert len(server.queued) == 1, "the same run, however often it was asked for"


@pytest.mark.parametrize("queue", [by_command, by_retry])
def test_a_response_that_takes_longer_than_a_page_waits_ends_neither_command_nor_retry(
    queue: Callable[[Prefect], str], server: Prefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.prefect, "__defaults__", (0.01,))  # how long a page waits
    server.release.clear()
    with pytest.raises(runs.PrefectUnavailable):
        runs.recent_runs("acme")
    threading.Timer(0.5, server.release.set).start()
    assert queue(server).startswith("run")
