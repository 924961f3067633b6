"""With real, harmless children: Python processes that sleep."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.services.processes import descendants, end_processes, find_process
from flows.services.supervisor import Ending, NotReady, ServiceDied, Supervisor

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


def wait_until(is_true: "object") -> None:
    deadline = time.monotonic() + 60
    while not is_true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


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
    with pytest.raises(ServiceDied, match=r"The server ended unexpectedly \(exit code 3\)") as caught:
        supervisor.wait("server", lambda: False, 60)
    assert caught.value.tail == "port is taken"
    assert "server.log" in caught.value.hint


def test_a_child_that_never_responds_is_named_with_its_log(supervisor: Supervisor) -> None:
    start(supervisor, "server", SLEEP)
    with pytest.raises(NotReady, match="The server did not respond within 0 s") as caught:
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
