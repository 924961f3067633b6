"""The services that run on a home, kept in its `services.json` for other commands and for a start after a crash."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from dashboard.reading.services import STATE_FILE as STATE_FILE
from flows.lifecycle.clock import now
from flows.services.processes import descendants, end_processes, find_process
from flows.services.supervisor import Ending, Supervisor
from warehouse.errors import PrflowError

# Locked for as long as a prflow runs on the home; the kernel unlocks it however that prflow ends. It is never removed:
# a second prflow could lock the old file while a third one locks the new.
LOCK_FILE = "prflow.lock"

# Flow processes report their end to Prefect, so they end before the worker, and both before the server.
# A worker does not end while it has a run, and a server waits for its clients: hence a limit for each.
ENDING = (
    Ending("dashboard", 3),
    Ending("admin", 3),
    Ending("api", 3),
    Ending("worker", 8, only_what_it_started=True),
    Ending("worker", 4),
    Ending("server", 6),
)


@dataclass(frozen=True)
class Addresses:
    """The addresses of all services. `own_prefect_port` is None if another Prefect server is used.

    `prefect_password` is `user:password` of the own server.
    """

    prefect_api_url: str
    own_prefect_port: int | None
    dashboard_port: int
    github_port: int | None = None
    llm_port: int | None = None
    jira_port: int | None = None
    admin_port: int | None = None
    prefect_password: str = field(default="", repr=False)

    @property
    def dashboard_url(self) -> str:
        return f"http://127.0.0.1:{self.dashboard_port}"

    @property
    def admin_url(self) -> str:
        """Return the address of the set-up service; empty if there is none."""
        return f"http://127.0.0.1:{self.admin_port}" if self.admin_port is not None else ""

    @property
    def github_url(self) -> str:
        """Return the address of the simulated GitHub; empty if there is none."""
        return f"http://127.0.0.1:{self.github_port}" if self.github_port is not None else ""


class AlreadyRunning(PrflowError):
    """Another prflow runs on the same home; the message names its process and address."""

    hint = "Open its dashboard, or end it with Ctrl-C where it was started."


@dataclass(frozen=True)
class Services:
    """The running services. `github_url` is the demo's simulated GitHub, empty for the real one.

    `away` are the children that died and are not back yet, with the time of the death, ISO 8601 in UTC.
    """

    prefect_api_url: str
    dashboard_url: str
    is_demo: bool
    home: str
    pid: int
    children: dict[str, int]
    started: dict[str, str]
    github_url: str = ""
    admin_url: str = ""
    away: dict[str, str] = field(default_factory=dict)


def write_state(home: Path, is_demo: bool, addresses: Addresses, supervisor: Supervisor) -> Services:
    """Write `services.json`; called as each child starts, dies or is back, so that none is ever unknown."""
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
        admin_url=addresses.admin_url,
        away={name: at.isoformat() for name, at in supervisor.away().items()},
    )
    draft = home / f"{STATE_FILE}.draft"
    draft.write_text(json.dumps(asdict(services), indent=1))
    draft.replace(home / STATE_FILE)
    return services


def read_services(home: Path) -> Services | None:
    """Return the services that run on `home`; None if that prflow has ended or never ran."""
    services = _read_state(home)
    return services if services and _is_same(services, "prflow", services.pid) else None


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the home for this prflow alone; raise AlreadyRunning, which names the process that holds it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_describe_holder(home, file)) from None
        file.truncate(0)
        file.write(f"{os.getpid()} {now():%Y-%m-%d %H:%M:%S} UTC")
        file.flush()
        yield


def _describe_holder(home: Path, file: TextIO) -> str:
    """Name the process that holds the home, and since when. It may be too young to have written its name."""
    file.seek(0)
    pid, _, since = file.read().partition(" ")
    holder = f"process {pid}, since {since}" if since else "a process that started just now"
    services = read_services(home)
    where = f" Its dashboard is {services.dashboard_url}." if services else ""
    return f"prflow is already running on {home} ({holder}).{where}"


def refuse_second(home: Path) -> None:
    """Raise AlreadyRunning if a prflow runs on `home`, without holding it."""
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
