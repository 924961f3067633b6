"""What the operating system knows of processes: who lives, who started whom. Linux by /proc, others by ps."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICK_SECONDS = 0.05
# The kernel takes a killed process down in its own time.
KILL_SECONDS = 3.0


@dataclass(frozen=True)
class Process:
    """`started` is only good for comparing: a pid with another `started` is another process."""

    pid: int
    parent: int
    is_zombie: bool
    started: str


def read_processes() -> dict[int, Process]:
    """All processes, by pid."""
    if (PROC / "self" / "stat").exists():
        found = (_from_proc(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit())
    else:
        found = (_from_ps(line) for line in _ps().splitlines())
    return {process.pid: process for process in found if process}


def find_process(pid: int) -> Process | None:
    """None where there is none, or only a zombie, which is over and waits to be read by its parent."""
    process = _from_proc(pid) if (PROC / "self" / "stat").exists() else read_processes().get(pid)
    return None if process is None or process.is_zombie else process


def descendants(pid: int) -> list[int]:
    """What a process started, and what that started, as of now."""
    children: dict[int, list[int]] = {}
    for process in read_processes().values():
        children.setdefault(process.parent, []).append(process.pid)
    found = list(children.get(pid, []))
    for one in found:  # grows while it is walked: generation after generation
        found.extend(children.get(one, []))
    return found


def end_processes(pids: Iterable[int], seconds: float) -> None:
    """SIGTERM to each, SIGKILL to those that are still there after `seconds`; returns when they are gone."""
    left = _wait([pid for pid in pids if _send(pid, signal.SIGTERM)], seconds)
    _wait([pid for pid in left if _send(pid, signal.SIGKILL)], KILL_SECONDS)


def _wait(pids: list[int], seconds: float) -> list[int]:
    """Those that are still there after `seconds`."""
    deadline = time.monotonic() + seconds
    while (pids := [pid for pid in pids if find_process(pid)]) and time.monotonic() < deadline:
        time.sleep(TICK_SECONDS)
    return pids


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _from_proc(pid: int) -> Process | None:
    """proc(5): the name, field 2, stands in brackets and may hold spaces and brackets itself."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return Process(pid, parent=int(fields[1]), is_zombie=fields[0] == "Z", started=fields[19])


def _ps() -> str:
    command = ["ps", "-A", "-o", "pid=,ppid=,stat=,lstart="]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603


def _from_ps(line: str) -> Process | None:
    pid, parent, state, *started = line.split()
    return Process(int(pid), int(parent), state.startswith("Z"), " ".join(started))
