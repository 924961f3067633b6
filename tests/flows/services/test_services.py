import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from rich.console import Console

from flows.services import prefect_api
from flows.services.ports import (
    NoFreePort,
    choose_dashboard_port,
    free_port,
    is_free,
    listen_on_free_port,
    responds,
)
from flows.services.processes import find_process
from flows.services.services import (
    Launcher,
    Plan,
    choose_addresses,
    clear_demo,
    signals_to,
    start,
    start_dashboard,
    start_simulators,
    wait_for_dashboard,
    watch_over,
)
from flows.services.state import STATE_FILE, AlreadyRunning, Services, end_orphans, locked, read_services, refuse_second
from flows.services.supervisor import Child, Stopped, Supervisor


def write_services(home: Path, pid: int, started: str, children: dict[str, tuple[int, str]] | None = None) -> None:
    children = children or {}
    services = Services(
        prefect_api_url="http://127.0.0.1:4200/api",
        dashboard_url="http://127.0.0.1:8501",
        is_demo=False,
        home=str(home),
        pid=pid,
        children={name: pid for name, (pid, _) in children.items()},
        started={"prflow": started} | {name: began for name, (_, began) in children.items()},
    )
    (home / STATE_FILE).write_text(json.dumps(asdict(services)))


def started(pid: int) -> str:
    process = find_process(pid)
    assert process
    return process.started


def test_a_port_with_a_listener_is_not_free() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not is_free(taken.getsockname()[1])
    assert is_free(free_port())


def test_the_dashboard_takes_the_next_port_if_8501_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr("flows.services.ports.FIRST_DASHBOARD_PORT", port)
        assert choose_dashboard_port(None) > port


def test_a_requested_port_that_is_in_use_is_an_error_and_is_not_replaced() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(NoFreePort, match="PRFLOW_DASHBOARD_PORT"):
            choose_dashboard_port(taken.getsockname()[1])


def test_if_a_prefect_server_is_given_none_is_started(tmp_path: Path) -> None:
    addresses = choose_addresses(Plan(tmp_path, prefect_api_url="https://prefect.example/api"))
    assert addresses.own_prefect_port is None
    assert addresses.prefect_api_url == "https://prefect.example/api"


def test_only_the_demo_has_ports_for_simulators(tmp_path: Path) -> None:
    assert choose_addresses(Plan(tmp_path)).github_port is None
    assert choose_addresses(Plan(tmp_path, is_demo=True)).github_port


def test_a_second_prflow_on_the_same_home_is_refused_with_the_address_of_the_first(tmp_path: Path) -> None:
    write_services(tmp_path, os.getpid(), started(os.getpid()))
    with pytest.raises(AlreadyRunning, match=r"its dashboard is http://127\.0\.0\.1:8501"):
        refuse_second(tmp_path)


HOLD = """
import sys, time
from pathlib import Path
from flows.services.state import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_second_prflow_in_the_same_moment_is_refused_with_the_process_that_holds_the_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True) as first:
        try:
            assert first.stdout
            assert first.stdout.readline() == "held\n"
            words = rf"already running on {home} \(process {first.pid}, since \d{{4}}-.* UTC\)"
            with pytest.raises(AlreadyRunning, match=words), locked(home):
                pytest.fail("two prflows hold the home")
        finally:
            first.kill()
    with locked(home):  # however the first one ended, the kernel has unlocked it
        pass


def test_a_child_that_outlives_a_killed_prflow_does_not_hold_its_home(tmp_path: Path) -> None:
    with locked(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with locked(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


def test_the_port_of_prefects_server_is_taken_before_the_server_starts_and_nobody_else_can_take_it() -> None:
    with listen_on_free_port() as listener:
        assert not is_free(listener.getsockname()[1])


class Squatter:
    """Takes the port of a dashboard right before it starts, as another prflow does in the same second."""

    def __init__(self) -> None:
        self.taken: list[socket.socket] = []

    def take(self, port: int) -> None:
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", port))
        one.listen()
        self.taken.append(one)


# As the dashboard does: serve on the port and name the process, or fail if another program has the port.
DASHBOARD = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("x-process", str(os.getpid()))
        self.end_headers()
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_dashboard_whose_port_is_taken_in_the_same_second_moves_to_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.services.ports.FIRST_DASHBOARD_PORT", free_port())
    monkeypatch.setattr("flows.services.services.dashboard_command", lambda port, _: ["", "-c", DASHBOARD, str(port)])
    squatter, supervisor = Squatter(), Supervisor(tmp_path / "logs")
    launcher = Launcher(Plan(tmp_path), supervisor, choose_addresses(Plan(tmp_path)))
    first = launcher.addresses.dashboard_port
    squatter.take(first)
    start_dashboard(launcher)
    wait_for_dashboard(launcher)
    found = launcher.addresses.dashboard_port
    assert found != first
    assert responds(f"http://127.0.0.1:{found}/healthz", supervisor.children["dashboard"].pid)
    assert json.loads((tmp_path / STATE_FILE).read_text())["dashboard_url"].endswith(str(found))
    supervisor.end()
    squatter.taken[0].close()


def test_a_dashboard_that_a_person_wants_on_a_port_that_was_taken_meanwhile_is_an_error(tmp_path: Path) -> None:
    port, squatter = free_port(), Squatter()
    supervisor = Supervisor(tmp_path / "logs")
    plan = Plan(tmp_path, dashboard_port=port)
    launcher = Launcher(plan, supervisor, choose_addresses(plan))
    squatter.take(port)
    supervisor.start("dashboard", [sys.executable, "-c", "import sys; sys.exit(1)"], os.environ, tmp_path)
    with pytest.raises(NoFreePort, match=f"Port {port} of PRFLOW_DASHBOARD_PORT is in use"):
        wait_for_dashboard(launcher)
    supervisor.end()
    squatter.taken[0].close()


def test_a_server_of_another_prflow_on_the_same_port_is_not_taken_for_ones_own() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("x-process", "1")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{other.server_port}/healthz"
        assert responds(url)
        assert responds(url, pid=1)
        assert not responds(url, pid=2)
        other.shutdown()


def test_a_file_left_by_a_prflow_that_is_gone_stands_in_nobodys_way(tmp_path: Path) -> None:
    write_services(tmp_path, os.getpid(), "another start: the number belongs to another process now")
    refuse_second(tmp_path)
    assert read_services(tmp_path) is None


def test_a_broken_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_text("{")
    assert read_services(tmp_path) is None


def test_processes_of_a_prflow_that_was_killed_outright_are_ended_by_the_next(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        write_services(
            tmp_path,
            pid=2**22 + 1,
            started="gone",
            children={"server": (left.pid, started(left.pid)), "worker": (stranger.pid, "of another process")},
        )
        end_orphans(tmp_path)
        assert find_process(left.pid) is None
        assert find_process(stranger.pid)
        assert not (tmp_path / STATE_FILE).exists()
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()


def test_each_demo_begins_with_an_empty_home_but_for_its_cache(tmp_path: Path) -> None:
    for name in ("warehouse", "prefect", "logs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "window.sqlite").touch()
    (tmp_path / "cache").mkdir()
    clear_demo(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["cache"]


class Recorder(Supervisor):
    """Starts children that do nothing, and notes what is started and waited for, in order."""

    def __init__(self, logs: Path) -> None:
        super().__init__(logs)
        self.steps: list[str] = []
        self.commands: dict[str, Sequence[str]] = {}

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path, **options: Any
    ) -> Child:
        self.steps.append(name)
        self.commands[name] = command
        return super().start(name, [sys.executable, "-c", ""], environment, folder, **options)

    def wait(self, name: str, is_ready: Callable[[], bool], seconds: float) -> None:
        self.steps.append(f"{name} is ready")


def test_the_dashboard_starts_before_prefect_and_the_worker_once_the_first_page_is_served(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    with mock.patch.dict(os.environ, {"PREFECT_API_KEY": "pnu_of_another", "PREFECT_UI_URL": "https://other.example"}):
        start(Plan(tmp_path, is_demo=True), recorder, Console(quiet=True))
        assert "PREFECT_API_KEY" not in os.environ, "a key for another server is not sent to this one"
        assert prefect_api.ui_url("http://127.0.0.1:4200/api") == "http://127.0.0.1:4200"
    recorder.end()
    assert recorder.steps[:6] == ["github", "llm", "dashboard", "server", "dashboard is ready", "worker"]


def test_a_demo_as_of_a_moment_has_the_github_of_that_moment(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    plan = Plan(tmp_path, is_demo=True, as_of=datetime(2026, 8, 22, 12, tzinfo=UTC))
    start_simulators(Launcher(plan, recorder, choose_addresses(plan)))
    recorder.end()
    github = list(recorder.commands["github"])
    assert github[github.index("--as-of") + 1] == "2026-08-22T12:00:00+00:00"


@contextmanager
def handled(number: signal.Signals, handler: signal.Handlers) -> Iterator[None]:
    """Set the handler that the tests need, whatever they were started by, nohup for one."""
    before = signal.signal(number, handler)
    yield
    signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_signal_ends_it_in_the_same_way(number: signal.Signals, tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    with handled(number, signal.SIG_DFL):
        with signals_to(supervisor.ask_to_end):
            os.kill(os.getpid(), number)
            with pytest.raises(Stopped) as caught:
                watch_over(supervisor)
            assert caught.value.number == number
        assert signal.getsignal(number) == signal.SIG_DFL


def test_started_by_nohup_it_outlives_its_terminal(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    with handled(signal.SIGHUP, signal.SIG_IGN), signals_to(supervisor.ask_to_end):
        os.kill(os.getpid(), signal.SIGHUP)
        supervisor.check()
