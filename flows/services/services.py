"""The processes behind `prflow up` and `prflow demo`: Prefect's server, a worker, the dashboard, simulators.

    with running(plan, console) as (services, supervisor): ...

starts them, the dashboard first, and ends them whatever happens: the dashboard, then the flow processes so
that they can report their end, then the worker, then the server.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from rich.console import Console

from dashboard.reading.settings import command as dashboard_command
from flows.services import prefect_api
from flows.services.environment import Addresses, child_environment, demo_environment, real_environment
from flows.services.ports import choose_dashboard_port, free_port, responds
from flows.services.prefect_password import forget_password, make_password
from flows.services.state import ENDING, STATE_FILE, Services, end_orphans, refuse_second, write_state
from flows.services.supervisor import Child, Supervisor, read_tail
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

SERVER_SECONDS = 180.0
SECONDS = 90.0
# The response times of the demo's model, in seconds.
QUICK_MODEL = ("--latency-min", "0.05", "--latency-max", "0.2")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Plan:
    """What to start. `home` is absolute; `dashboard_port` None means 8501 or the next free one.

    `dashboard_url` is the address at which people open the dashboard if it is not that of this machine.
    """

    home: Path
    is_demo: bool = False
    dashboard_port: int | None = None
    prefect_api_url: str = ""
    folder: Path = Path()
    dashboard_url: str = ""


@contextmanager
def running(plan: Plan, console: Console) -> Iterator[tuple[Services, Supervisor]]:
    """Start all of `plan`, print each address once it is ready, and end everything on the way out."""
    refuse_second(plan.home)
    end_orphans(plan.home)
    if plan.is_demo:
        clear_demo(plan.home)
    supervisor = Supervisor(plan.home / "logs", ENDING)
    with signals_to(supervisor.ask_to_end):
        try:
            yield start(plan, supervisor, console), supervisor
        finally:
            # A second Ctrl-C would only leave processes behind, and the end takes seconds at most.
            ignore_signals()
            supervisor.end()
            (plan.home / STATE_FILE).unlink(missing_ok=True)
            forget_password(plan.home)


def start(plan: Plan, supervisor: Supervisor, console: Console) -> Services:
    """Start the services. Each waits only for those that it needs."""
    addresses = with_password(choose_addresses(plan), plan.home)
    environment = (demo_environment if plan.is_demo else real_environment)(plan.home, addresses)
    environment |= {"PRFLOW_DASHBOARD_URL": plan.dashboard_url or addresses.dashboard_url}
    folder = plan.home if plan.is_demo else plan.folder.resolve()
    plan.home.mkdir(parents=True, exist_ok=True)

    def launch(name: str, *arguments: str) -> Child:
        child = supervisor.start(name, [sys.executable, *arguments], child_environment(name, environment), folder)
        write_state(plan.home, plan.is_demo, addresses, supervisor)
        return child

    os.environ.clear()  # what the services must not know, as a key for another Prefect, is not for this process either
    os.environ.update(environment)
    if plan.is_demo:
        launch("github", "-m", "simulators.github", "--port", str(addresses.github_port))
        launch("llm", "-m", "simulators.llm", "--port", str(addresses.llm_port), *QUICK_MODEL)
    migrate_warehouse()
    launch("dashboard", *dashboard_command(addresses.dashboard_port)[1:])
    # Beside the dashboard, whose start keeps one processor busy. Started earlier, the server delays the first page;
    # started once the page is there, it delays the first pull requests.
    if addresses.own_prefect_port is not None:
        launch("server", "-m", "flows.services.prefect_server", str(addresses.own_prefect_port))
    with console.status("Starting the dashboard ..."):
        supervisor.wait("dashboard", lambda: responds(f"{addresses.dashboard_url}/healthz"), SECONDS)
    console.print(f"Dashboard   {addresses.dashboard_url}", highlight=False)
    # Only now: importing Prefect would take the processor from the first page, and the server is not ready earlier.
    launch("worker", "-m", "flows.services.worker")
    with console.status("Starting Prefect's server, 10 to 20 seconds ..."):
        wait_for_simulators(supervisor)
        supervisor.wait("worker", lambda: prefect_api.is_healthy(addresses.prefect_api_url), SERVER_SECONDS)
    print_prefect(console, addresses)
    return write_state(plan.home, plan.is_demo, addresses, supervisor)


def with_password(addresses: Addresses, home: Path) -> Addresses:
    """Give prflow's own Prefect server a password; a person's own server has its own."""
    if addresses.own_prefect_port is None:
        forget_password(home)
        return addresses
    return replace(addresses, prefect_password=make_password(home))


def print_prefect(console: Console, addresses: Addresses) -> None:
    """Print where Prefect's pages are, and once what they ask for."""
    console.print(f"Prefect     {prefect_api.ui_url(addresses.prefect_api_url)}", highlight=False)
    if addresses.prefect_password:
        shown = f"password {addresses.prefect_password}; " if console.is_terminal else "it asks for a password; "
        console.print(f"            {shown}`prflow ui` shows it again", markup=False, highlight=False)


def wait_for_simulators(supervisor: Supervisor) -> None:
    for name in {"github", "llm"} & supervisor.children.keys():
        log = supervisor.children[name].log
        supervisor.wait(name, lambda log=log: "listening on" in read_tail(log), SECONDS)  # type: ignore[misc]


def migrate_warehouse() -> None:
    with Warehouse(WarehouseSettings()) as warehouse:
        migrations.upgrade(warehouse)


def clear_demo(home: Path) -> None:
    """Empty the demo's home, since each demo starts from the beginning. `cache` belongs to no demo and stays."""
    for name in ("warehouse", "prefect", "logs"):
        shutil.rmtree(home / name, ignore_errors=True)
    for file in home.glob("*.sqlite*"):
        file.unlink(missing_ok=True)


def choose_addresses(plan: Plan) -> Addresses:
    own_port = None if plan.prefect_api_url else free_port()
    return Addresses(
        prefect_api_url=plan.prefect_api_url or f"http://127.0.0.1:{own_port}/api",
        own_prefect_port=own_port,
        dashboard_port=choose_dashboard_port(plan.dashboard_port),
        github_port=free_port() if plan.is_demo else None,
        llm_port=free_port() if plan.is_demo else None,
    )


@contextmanager
def signals_to(ask_to_end: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and a closed terminal end prflow as Ctrl-C does: `ask_to_end` is called, and checked later."""

    def handle(number: int, frame: FrameType | None) -> None:
        ask_to_end()

    # If started by nohup, prflow is meant to outlive its terminal.
    numbers = [number for number in SIGNALS if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def watch_over(supervisor: Supervisor, tick_seconds: float = 0.5) -> None:
    """Watch until Ctrl-C (KeyboardInterrupt) or until a child dies (ServiceDied)."""
    while True:
        supervisor.check()
        supervisor.sleep(tick_seconds)
