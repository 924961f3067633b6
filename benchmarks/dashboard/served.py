"""A server of Streamlit as a process of its own, with the processor time and the memory that it has used."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import httpx

from dashboard.reading.settings import command
from flows.services.ports import free_port

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MAX_SECONDS = 180.0
_TICKS = os.sysconf("SC_CLK_TCK")
_FIRST_FIELD_AFTER_NAME = 2
_USER, _SYSTEM = 13 - _FIRST_FIELD_AFTER_NAME, 14 - _FIRST_FIELD_AFTER_NAME


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Return the processor time of the process so far: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS

    def memory_mb(self) -> float:
        """Return the resident memory of the process now."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        (resident,) = (line for line in lines if line.startswith("VmRSS:"))
        return int(resident.split()[1]) / 1024


@contextmanager
def serve_dashboard(home: Path) -> Iterator[Served]:
    with _serve(command, {"PRFLOW_HOME": str(home)}, home) as served:
        yield served


@contextmanager
def serve_empty(home: Path) -> Iterator[Served]:
    """Serve the empty page with the same options."""

    def with_empty_page(port: int) -> list[str]:
        start = command(port)
        start[start.index("run") + 1] = str(HERE / "empty.py")
        return start

    with _serve(with_empty_page, {}, home) as served:
        yield served


@contextmanager
def _serve(make_command: Callable[[int], list[str]], more: Mapping[str, str], folder: Path) -> Iterator[Served]:
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PRFLOW_", "PREFECT_"))}
    environment |= {"PYTHONPATH": str(ROOT), **more}
    with (folder / "dashboard.log").open("wb") as output:
        process = subprocess.Popen(
            make_command(port), cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait(port, process, folder / "dashboard.log")
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = monotonic() + MAX_SECONDS
    while monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        sleep(0.2)
    sys.stderr.write(log.read_text(encoding="utf-8", errors="replace"))
    raise SystemExit("The server did not start.")
