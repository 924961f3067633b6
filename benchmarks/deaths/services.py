"""`prflow up` or `prflow demo` as a process of its own, and what can be learned of it from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from flows.lifecycle.clock import now
from warehouse.connection import Warehouse, WarehouseError
from warehouse.progress import Progress, Status, read_progress
from warehouse.settings import WarehouseSettings

TICK_SECONDS = 0.25
# A busy machine needs minutes for what takes seconds.
MAX_SECONDS = 1_500
PRFLOW = [sys.executable, "-m", "flows.cli.app"]


class Prflow:
    """A prflow on a home of its own. `folder` is the home of its services."""

    def __init__(self, home: Path, environment: dict[str, str], *arguments: str) -> None:
        self.folder = home / "demo" if arguments[0] == "demo" else home
        self.environment = environment | {"PRFLOW_HOME": str(home), "PYTHONUNBUFFERED": "1"}
        self.output = home.with_name(f"{home.name}.log")
        home.mkdir(parents=True)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*PRFLOW, *arguments], env=self.environment, cwd=home, stdout=output, stderr=subprocess.STDOUT
            )

    def run(self, *arguments: str) -> None:
        """Run another command on the same home."""
        done = subprocess.run(
            [*PRFLOW, *arguments], env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"prflow {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")

    def services(self) -> dict[str, Any]:
        """Return what runs, as `services.json` says; empty before anything does."""
        try:
            found: dict[str, Any] = json.loads((self.folder / "services.json").read_text())
        except (OSError, ValueError):
            return {}
        return found

    def child(self, name: str) -> int:
        return int(self.services().get("children", {}).get(name, 0))

    def progress(self, team: str) -> Progress | None:
        """Return the progress of the team; None before it has any."""
        settings = WarehouseSettings(home=self.folder, warehouse_catalog="", warehouse_data="")
        try:
            with Warehouse(settings, read_only=True) as warehouse:
                found = read_progress(warehouse, team, lambda _: None, now())
        except (WarehouseError, duckdb.CatalogException):  # its tables are still being made
            return None
        return None if found.status is Status.NOT_STARTED else found

    def wait(self, is_true: Callable[[], object], words: str) -> float:
        """Wait, and return for how many seconds."""
        began = time.monotonic()
        while not is_true():
            if self.process.poll() is not None or time.monotonic() - began > MAX_SECONDS:
                raise SystemExit(f"Waited in vain until {words}:\n{self.output.read_text()}")
            time.sleep(TICK_SECONDS)
        return time.monotonic() - began

    def kill(self, name: str) -> int:
        """Kill a child outright and return its process."""
        pid = self.child(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self) -> int:
        """Ask prflow to end as a service manager does; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def lines(self, word: str) -> int:
        """Return how many lines of the terminal contain the word."""
        return sum(word in line for line in self.output.read_text(errors="replace").splitlines())
