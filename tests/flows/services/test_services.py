import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from unittest import mock

import pytest
from rich.console import Console

from flows.services import prefect_api
from flows.services.ports import NoFreePort, choose_dashboard_port, free_port, is_free
from flows.services.processes import find_process
from flows.services.services import Plan, choose_addresses, clear_demo, signals_to, start, watch_over
from flows.services.state import STATE_FILE, AlreadyRunning, Services, end_orphans, read_services, refuse_second
from flows.services.supervisor import Child, Supervisor


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

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Child:
        self.steps.append(name)
        return super().start(name, [sys.executable, "-c", ""], environment, folder)

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
            with pytest.raises(KeyboardInterrupt):
                watch_over(supervisor)
        assert signal.getsignal(number) == signal.SIG_DFL


def test_started_by_nohup_it_outlives_its_terminal(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    with handled(signal.SIGHUP, signal.SIG_IGN), signals_to(supervisor.ask_to_end):
        os.kill(os.getpid(), signal.SIGHUP)
        supervisor.check()
