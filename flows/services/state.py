"""The services that run on a home, kept in its `services.json` for other commands and for a start after a crash."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flows.services.environment import Addresses
from flows.services.processes import descendants, end_processes, find_process
from flows.services.supervisor import Ending, Supervisor
from warehouse.errors import PrflowError

STATE_FILE = "services.json"

# Flow processes report their end to Prefect, so they end before the worker, and both before the server.
# A worker does not end while it has a run, and a server waits for its clients: hence a limit for each.
ENDING = (
    Ending("dashboard", 3),
    Ending("worker", 8, only_what_it_started=True),
    Ending("worker", 4),
    Ending("server", 6),
)


class AlreadyRunning(PrflowError):
    """Another prflow runs on the same home; the message names its process and address."""

    hint = "Open its dashboard, or end it with Ctrl-C where it was started."


@dataclass(frozen=True)
class Services:
    """The running services. `github_url` is the demo's simulated GitHub, empty for the real one."""

    prefect_api_url: str
    dashboard_url: str
    is_demo: bool
    home: str
    pid: int
    children: dict[str, int]
    started: dict[str, str]
    github_url: str = ""


def write_state(home: Path, is_demo: bool, addresses: Addresses, supervisor: Supervisor) -> Services:
    """Write `services.json`; called as each child starts, so that none is ever unknown."""
    pids = {name: child.pid for name, child in supervisor.children.items()} | {"prflow": os.getpid()}
    started = {name: process.started for name, pid in pids.items() if (process := find_process(pid))}
    services = Services(
        prefect_api_url=addresses.prefect_api_url,
        dashboard_url=addresses.dashboard_url,
        is_demo=is_demo,
        home=str(home),
        pid=pids.pop("prflow"),
        children=pids,
        started=started,
        github_url=addresses.github_url,
    )
    draft = home / f"{STATE_FILE}.draft"
    draft.write_text(json.dumps(asdict(services), indent=1))
    draft.replace(home / STATE_FILE)
    return services


def read_services(home: Path) -> Services | None:
    """Return the services that run on `home`; None if that prflow has ended or never ran."""
    services = _read_state(home)
    return services if services and _is_same(services, "prflow", services.pid) else None


def refuse_second(home: Path) -> None:
    """Raise AlreadyRunning if a prflow runs on `home`."""
    if services := read_services(home):
        raise AlreadyRunning(
            f"prflow is already running on {home} (process {services.pid}); its dashboard is {services.dashboard_url}"
        )


def end_orphans(home: Path) -> None:
    """End the processes that a killed prflow left behind, so that ports and files are free again."""
    services = _read_state(home)
    if services is None:
        return
    left = {name: pid for name, pid in services.children.items() if _is_same(services, name, pid)}
    started = [child for pid in left.values() for child in descendants(pid)]
    for step in ENDING:
        if pid := left.get(step.name):
            end_processes(descendants(pid) if step.only_what_it_started else [pid], step.seconds)
    end_processes([*left.values(), *started], seconds=3.0)
    (home / STATE_FILE).unlink(missing_ok=True)


def _read_state(home: Path) -> Services | None:
    try:
        facts: dict[str, Any] = json.loads((home / STATE_FILE).read_text())
        return Services(**facts)
    except (OSError, ValueError, TypeError):
        return None


def _is_same(services: Services, name: str, pid: int) -> bool:
    process = find_process(pid)
    return process is not None and services.started.get(name) == process.started
