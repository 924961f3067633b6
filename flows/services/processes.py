"""Processes of this machine and their parents: from /proc on Linux, from `ps` elsewhere."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICK_SECONDS = 0.05
# The kernel takes a while to end a killed process.
KILL_SECONDS = 3.0


@dataclass(frozen=True)
class Process:
    """A process. `started` serves for comparison only: the same pid with another `started` is another process."""

    pid: int
    parent: int
    is_zombie: bool
    started: str


def read_processes() -> dict[int, Process]:
    """Return all processes, by pid."""
    if (PROC / "self" / "stat").exists():
        found = (_from_proc(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit())
    else:
        found = (_from_ps(line) for line in _ps().splitlines())
    return {process.pid: process for process in found if process}


def find_process(pid: int) -> Process | None:
    """Return the process; None if there is none, or only a zombie, which has ended and waits for its parent."""
    process = _from_proc(pid) if (PROC / "self" / "stat").exists() else read_processes().get(pid)
    return None if process is None or process.is_zombie else process


def descendants(pid: int) -> list[int]:
    """Return the children of a process, their children, and so on, as of now."""
    children: dict[int, list[int]] = {}
    for process in read_processes().values():
        children.setdefault(process.parent, []).append(process.pid)
    found = list(children.get(pid, []))
    for one in found:  # the list grows as it is walked, generation by generation
        found.extend(children.get(one, []))
    return found


def end_processes(pids: Iterable[int], seconds: float) -> None:
    """Send SIGTERM to each, then SIGKILL to those still there after `seconds`; return when they are gone."""
    left = _wait([pid for pid in pids if _send(pid, signal.SIGTERM)], seconds)
    _wait([pid for pid in left if _send(pid, signal.SIGKILL)], KILL_SECONDS)


def end_group(pid: int) -> None:
    """Kill what is left of the process group that `pid` led. It may be gone itself."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _wait(pids: list[int], seconds: float) -> list[int]:
    """Return those that are still there after `seconds`."""
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
    """Read /proc/PID/stat. The name, field 2 of proc(5), is in brackets and may contain spaces and brackets."""
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
