"""With real, harmless children: Python processes that sleep."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.services.ports import free_port, responds
from flows.services.processes import descendants, end_processes, find_process
from flows.services.supervisor import STARTED_AGAIN, Ending, NotReady, Restarts, ServiceDied, Stopped, Supervisor

SLEEP = "import time; time.sleep(300)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(300)"
)
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); time.sleep(300)"


def note_end(path: Path) -> str:
    """Return the code of a child that writes its name when it is asked to end, so that the order can be read."""
    return (
        "import signal, sys, time\n"
        f"def end(*_):\n    open({str(path)!r}, 'a').write(sys.argv[1] + ' ')\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\nprint('ready', flush=True)\ntime.sleep(300)"
    )


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "logs")
    yield made
    made.end()


def start(supervisor: Supervisor, name: str, code: str, *arguments: str) -> int:
    return supervisor.start(name, [sys.executable, "-c", code, *arguments], os.environ, supervisor.logs.parent).pid


def wait_for_log(supervisor: Supervisor, name: str, word: str) -> None:
    supervisor.wait(name, lambda: word in supervisor.children[name].log.read_text(), 60)


def wait_until(is_true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def watched_until(supervisor: Supervisor, is_true: Callable[[], bool]) -> None:
    """Let the supervisor look after its children until something is true."""

    def check() -> bool:
        supervisor.check()
        return is_true()

    wait_until(check)


def test_a_child_leads_a_session_of_its_own_so_that_ctrl_c_reaches_prflow_alone(supervisor: Supervisor) -> None:
    pid = start(supervisor, "child", SLEEP)
    assert os.getsid(pid) == pid != os.getsid(0)


def test_after_the_end_no_child_and_no_grandchild_is_left(supervisor: Supervisor) -> None:
    pid = start(supervisor, "parent", PARENT)
    wait_until(lambda: descendants(pid))
    pids = [pid, *descendants(pid)]
    supervisor.end()
    assert len(pids) == 2
    assert [one for one in pids if find_process(one)] == []


def test_children_end_in_the_order_that_was_given_and_the_others_last(tmp_path: Path) -> None:
    order = tmp_path / "order"
    supervisor = Supervisor(tmp_path / "logs", [Ending("c", 60), Ending("a", 60), Ending("absent", 60)])
    for name in ("a", "b", "c"):
        start(supervisor, name, note_end(order), name)
        wait_for_log(supervisor, name, "ready")
    supervisor.end()
    assert order.read_text().split() == ["c", "a", "b"]


def test_what_a_child_started_can_end_before_it(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "logs", [Ending("parent", 60, only_what_it_started=True)])
    pid = start(supervisor, "parent", PARENT)
    wait_until(lambda: descendants(pid))
    [grandchild] = descendants(pid)
    end_processes([grandchild], 5)
    wait_until(lambda: find_process(grandchild) is None)
    assert find_process(pid)
    supervisor.end()
    assert find_process(pid) is None


def test_a_child_that_does_not_listen_is_killed_within_its_bound(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "logs", [Ending("deaf", 0.3)])
    pid = start(supervisor, "deaf", STUBBORN)
    wait_for_log(supervisor, "deaf", "deaf")
    began = time.monotonic()
    supervisor.end()
    assert find_process(pid) is None
    assert time.monotonic() - began < 60


def test_a_child_that_dies_is_named_with_the_tail_of_its_log(supervisor: Supervisor) -> None:
    start(supervisor, "server", "import sys; print('port is taken'); sys.exit(3)")
    with pytest.raises(ServiceDied, match=r"Prefect's server ended unexpectedly \(exit code 3\)") as caught:
        supervisor.wait("server", lambda: False, 60)
    assert caught.value.tail == "port is taken"
    assert "server.log" in caught.value.hint


def test_a_child_that_never_responds_is_named_with_its_log(supervisor: Supervisor) -> None:
    start(supervisor, "server", SLEEP)
    with pytest.raises(NotReady, match="Prefect's server did not respond within 0 s") as caught:
        supervisor.wait("server", lambda: False, seconds=0.0)
    assert "server.log" in caught.value.hint


def test_ending_twice_is_no_error(supervisor: Supervisor) -> None:
    start(supervisor, "child", SLEEP)
    supervisor.end()
    supervisor.end()


def test_a_zombie_counts_as_over() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    wait_until(lambda: find_process(process.pid) is None)
    assert process.wait() == 0


def test_this_very_process_is_found_with_its_parent() -> None:
    found = find_process(os.getpid())
    assert found
    assert found.parent == os.getppid()


# Says which start it is; `ready` is its only output but for what the death of the one before told it.
LASTING = f"import os, time; print('ready', os.environ.get({STARTED_AGAIN!r}, 'first'), flush=True); time.sleep(300)"
BRIEF = "import sys; print('cannot go on', flush=True); sys.exit(4)"


class Watched(Supervisor):
    """A supervisor that starts children again without pauses, and notes what it says and how `away` changes."""

    def __init__(self, logs: Path, tries: int = 3) -> None:
        self.said: list[str] = []
        self.away_names: list[list[str]] = []
        super().__init__(logs, restarts=Restarts(self.said.append, pauses=(0.0,) * tries))
        self.changed = lambda: self.away_names.append(sorted(self.away()))

    def launch(self, name: str, code: str = LASTING) -> int:
        command = [sys.executable, "-c", code]
        is_ready = lambda: b"ready" in self.children[name].log.read_bytes().rpartition(b"---")[2]  # noqa: E731
        pid = self.start(name, command, os.environ, self.logs.parent, is_ready=is_ready).pid
        if code == LASTING:
            self.wait(name, is_ready, 60)
        return pid

    def kill(self, name: str) -> int:
        """Kill a child and return the process that takes its place, once it is ready."""
        pid = self.children[name].pid
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: (self.check(), self.children[name].pid != pid and not self.away())[1])
        return self.children[name].pid


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path / "logs")
    yield made
    made.end()


def test_a_child_that_is_killed_is_started_again_and_the_others_never_notice(watched: Watched) -> None:
    server, worker = watched.launch("server"), watched.launch("worker")
    again = watched.kill("server")
    assert again != server
    assert find_process(worker)
    assert find_process(again)
    log = watched.logs / "server.log"
    assert watched.said == [
        f"Prefect's server ended unexpectedly (killed by SIGKILL). Starting it again (1 of 3); its log is {log}."
    ]
    assert watched.away_names == [["server"], ["server"], []]
    first, second = log.read_text().split("--- started again ---\n")
    assert first == "ready first\n", "the log of the one that died is kept"
    assert second.startswith("ready 20"), "its successor knows when it died"


def test_what_a_killed_child_had_started_is_ended_before_its_successor_starts(watched: Watched) -> None:
    watched.launch("worker", f"print('ready', flush=True)\n{PARENT}")
    pid = watched.children["worker"].pid
    wait_until(lambda: descendants(pid))
    [grandchild] = descendants(pid)
    watched.kill("worker")
    wait_until(lambda: find_process(grandchild) is None)


def test_after_the_last_try_the_child_is_named_with_its_log_and_how_often_it_died(watched: Watched) -> None:
    watched.launch("worker")
    for _ in range(3):
        watched.kill("worker")
    os.kill(watched.children["worker"].pid, signal.SIGKILL)
    with pytest.raises(
        ServiceDied, match=r"The worker ended unexpectedly for the 4th time \(killed by SIGKILL\)"
    ) as caught:
        watched.wait("worker", lambda: False, 60)
    assert str(watched.logs / "worker.log") in caught.value.hint
    assert len(watched.said) == 3


def test_a_program_that_cannot_even_start_is_an_error_at_once(watched: Watched) -> None:
    watched.launch("worker", BRIEF)
    with pytest.raises(ServiceDied, match=r"The worker ended unexpectedly \(exit code 4\)") as caught:
        watched.wait("worker", lambda: False, 60)
    assert caught.value.tail == "cannot go on"
    assert watched.said == []


def test_a_program_that_is_killed_as_it_starts_is_started_again(watched: Watched) -> None:
    watched.launch("worker", SLEEP)
    pid = watched.children["worker"].pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: (watched.check(), watched.children["worker"].pid != pid)[1])
    assert len(watched.said) == 1


def test_deaths_of_long_ago_do_not_count(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "logs", tries=1)
    watched._restarts = Restarts(watched.said.append, pauses=(0.0,), window_seconds=0.0)
    watched.launch("worker")
    for _ in range(3):
        watched.kill("worker")
    watched.end()
    assert len(watched.said) == 3


def test_a_question_that_takes_long_keeps_neither_a_death_nor_a_signal_from_being_noticed(
    supervisor: Supervisor,
) -> None:
    never = threading.Event()
    start(supervisor, "server", "import sys; sys.exit(3)")
    with pytest.raises(ServiceDied):
        supervisor.wait("server", never.wait, 60)
    supervisor.ask_to_end(signal.SIGTERM)
    with pytest.raises(Stopped) as caught:
        supervisor.wait("server", never.wait, 60)
    never.set()
    assert caught.value.number == signal.SIGTERM


def test_a_question_that_fails_outright_ends_the_wait_with_its_own_error(supervisor: Supervisor) -> None:
    def fail() -> bool:
        raise LookupError("no such thing")

    start(supervisor, "server", SLEEP)
    with pytest.raises(LookupError, match="no such thing"):
        supervisor.wait("server", fail, 60)


HANGABLE = """
import http.server, sys
class Ok(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ok).serve_forever()
"""


@pytest.mark.slow
def test_a_child_that_hangs_is_ended_and_started_again_and_one_that_is_slow_is_not(watched: Watched) -> None:
    port = free_port()
    command = [sys.executable, "-c", HANGABLE, str(port)]
    url = f"http://127.0.0.1:{port}"
    child = watched.start(
        "server", command, os.environ, watched.logs.parent, is_ready=lambda: responds(url), hang_seconds=8.0
    )
    watched.wait("server", lambda: responds(url), 120)
    os.kill(child.pid, signal.SIGSTOP)
    watched_until(watched, lambda: watched.children["server"].pid != child.pid)
    watched_until(watched, lambda: not watched.away())
    assert responds(url)
    assert "has not responded for 8 s and is ended" in watched.said[0]
    assert "killed by SIGKILL" in watched.said[1]
    assert len(watched.said) == 2


@pytest.mark.slow
def test_one_that_hangs_as_soon_as_it_was_ready_is_ended_too(watched: Watched) -> None:
    hangs = threading.Event()
    child = watched.start(
        "server", [sys.executable, "-c", SLEEP], os.environ, watched.logs.parent, is_ready=hangs.is_set, hang_seconds=1
    )
    watched.wait("server", lambda: True, 120)
    watched_until(watched, lambda: watched.children["server"].pid != child.pid)
    assert "has not responded for 1 s and is ended" in watched.said[0]


@pytest.mark.slow
def test_one_that_was_started_again_and_never_gets_ready_is_ended_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.services.supervisor.START_SECONDS", 1.5)
    child = watched.start(
        "server", [sys.executable, "-c", SLEEP], os.environ, watched.logs.parent, is_ready=lambda: False, hang_seconds=1
    )
    watched.wait("server", lambda: True, 120)
    os.kill(child.pid, signal.SIGKILL)
    watched_until(watched, lambda: any("for 2 s and is ended" in one for one in watched.said))
