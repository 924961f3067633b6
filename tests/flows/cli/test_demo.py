"""`prflow demo` as a person starts it: a process of its own, everything real but GitHub and the model."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from flows.services.ports import free_port
from flows.services.processes import descendants, find_process

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PRFLOW = [sys.executable, "-m", "flows.cli.app"]
SMALL = ("--pull-requests", "300")
REAL = {
    "GITHUB_TOKEN": "ghp_real_canary",
    "GROQ_API_KEY": "gsk_real_canary",
    "AWS_SECRET_ACCESS_KEY": "s3_real_canary",
    "PGPASSWORD": "pg_real_canary",
    "OIDC_CLIENT_SECRET": "oidc_real_canary",
}


class Demo:
    """A demo on a home of its own: every process and port that it was seen to have, and what each process was told."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.home = folder / "demo"
        self.environment = os.environ | REAL | {"PRFLOW_HOME": str(folder)}
        # Not the usual one: whoever else looks for a port takes that as soon as this demo has left it.
        self.environment["PRFLOW_DASHBOARD_PORT"] = str(free_port())
        self.pids: set[int] = set()
        self.ports: set[int] = set()
        self.told: set[bytes] = set()
        self.output = folder / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*PRFLOW, "demo", *SMALL, *arguments],
                env=self.environment,
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def look(self) -> dict[str, Any]:
        """services.json as of now, empty where there is none."""
        try:
            services: dict[str, Any] = json.loads((self.home / "services.json").read_text())
        except (OSError, ValueError):
            return {}
        self.pids |= {*services["children"].values(), *descendants(self.process.pid)}
        self.told |= {told_to(pid) for pid in self.pids - {self.process.pid}}
        self.ports |= {urlsplit(services[name]).port or 0 for name in ("prefect_api_url", "dashboard_url")}
        return services

    def wait(self, is_true: Callable[[], object], seconds: float = 540) -> None:
        deadline = time.monotonic() + seconds
        while not is_true():
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.2)
            self.look()

    def status(self) -> dict[str, Any]:
        answer = subprocess.run([*PRFLOW, "status", "--json"], env=self.environment, capture_output=True, check=True)
        facts: dict[str, Any] = json.loads(answer.stdout)
        return facts

    def left(self) -> list[int]:
        """Return the processes that still run and the ports that still accept connections."""
        ports = []
        for port in self.ports:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    ports.append(port)
        return [pid for pid in self.pids if find_process(pid)] + ports


def told_to(pid: int) -> bytes:
    """Return the command line and the environment of a process; nothing if it has ended or is still its parent."""
    try:
        command, environment = (Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    except OSError:
        return b""
    return b"" if b"flows.cli.app" in command else command + environment


@pytest.mark.long  # each of its steps is told by tests of services, flows and pages
def test_the_demo_goes_to_the_end_by_itself_and_leaves_nothing_but_its_data(tmp_path: Path) -> None:
    demo = Demo(tmp_path, "--exit")
    demo.wait(lambda: demo.process.poll() is not None)
    said = demo.output.read_text()
    assert demo.process.returncode == 0, said
    assert [line.split("✓ ")[1].split("  ")[0] for line in said.splitlines() if "✓" in line] == [
        "Fetch pull requests",
        "Read them with the model",
        "Compute metrics",
        "Find insights",
        "First days ready",
        "Fetch older pull requests",
        "Read older pull requests with the model",
        "Complete",
    ]
    assert len(demo.pids) >= 6
    assert demo.left() == []
    facts = demo.status()
    assert (facts["status"], facts["is_simulated"], facts["is_analysis_simulated"]) == ("complete", True, True)
    assert facts["prs_synced"] == facts["prs_total"] > 150
    kept = b"".join(path.read_bytes() for path in demo.home.rglob("*") if path.is_file())
    assert b"real_canary" not in kept
    if Path("/proc/self/environ").exists():
        assert any(b"PRFLOW_HOME=" in one for one in demo.told)
        assert [one for one in demo.told if b"real_canary" in one] == []


def kill_each(demo: Demo) -> None:
    """Kill the server, then all other children at once: each comes back, and the terminal says a line about each.

    `python -m benchmarks.deaths` kills them one after the other, at more times, and compares the warehouses.
    """
    demo.wait(lambda: "Run  " in demo.output.read_text())
    children: dict[str, int] = dict(demo.look()["children"])
    for names in (["server"], children.keys() - {"server"}):
        for name in names:
            os.kill(children[name], signal.SIGKILL)
        demo.wait(lambda names=names: all(is_back(demo, name, children[name]) for name in names))  # type: ignore[misc]
    lines = [line for line in demo.output.read_text().splitlines() if "ended unexpectedly (killed by SIGKILL)" in line]
    assert len(lines) == len(children)


def is_back(demo: Demo, name: str, pid: int) -> bool:
    services = demo.look()
    return services.get("children", {}).get(name) not in {None, pid} and not services["away"]


@pytest.mark.long
def test_a_signal_ends_everything_in_seconds_and_the_next_demo_starts_at_once(tmp_path: Path) -> None:
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        demo = Demo(tmp_path)
        demo.wait(lambda demo=demo: {"worker", "dashboard"} <= demo.look().get("children", {}).keys())  # type: ignore[misc]
        if number is signal.SIGTERM:
            kill_each(demo)
        asked_at = time.monotonic()
        demo.process.send_signal(number)
        assert demo.process.wait(60) == code, "it was ended before its work was done"
        assert time.monotonic() - asked_at < 60
        assert demo.left() == []
