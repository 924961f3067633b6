"""The processes behind `prflow up` and `prflow demo`: Prefect's server, a worker, the dashboard, simulators.

    with running(plan, console) as (services, supervisor): ...

starts them, the dashboard first, and ends them whatever happens: the dashboard, then the flow processes so
that they can report their end, then the worker, then the server. A child that dies meanwhile is started again.
"""

import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType

from rich.console import Console  # noqa: TID251  its type; the command line passes a Terminal

from dashboard.access.settings import LoginSettings
from dashboard.reading.settings import command as dashboard_command
from dashboard.reading.settings import pinned
from flows.lifecycle.clock import now
from flows.services import prefect_api
from flows.services.admin.key import forget_key, make_key
from flows.services.api.settings import ApiSettings
from flows.services.environment import (
    JSON_LOGS,
    child_environment,
    demo_environment,
    real_environment,
    without_onboarding,
)
from flows.services.ports import choose_dashboard_port, free_port, is_free, listen_on_free_port, responds
from flows.services.prefect_password import forget_password, make_password
from flows.services.private_file import keep_secret
from flows.services.state import (
    ENDING,
    STATE_FILE,
    Addresses,
    Services,
    end_orphans,
    locked,
    refuse_second,
    write_state,
)
from flows.services.supervisor import Restarts, ServiceDied, Supervisor, has_said
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.flags import FeatureFlags, is_jira_on
from warehouse.home.broken import check_space
from warehouse.settings import WarehouseSettings

SERVER_SECONDS = 180.0
SECONDS = 90.0
# A busy server takes half a minute for a response; one that gives none for three hangs. Runs survive its restart.
HANG_SECONDS = 180.0
# How often the dashboard moves to the next port because another program was quicker.
PORT_TRIES = 5
# The response times of the demo's model, in seconds.
# About 940 of them are in the 90 days that a demo imports.
PULL_REQUESTS_OF_DEMO = 1_200
QUICK_MODEL = ("--latency-min", "0.05", "--latency-max", "0.2")
COOKIE_SECRET_FILE = "cookie-secret"  # noqa: S105  the name of a file
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class HomeUnusable(PrflowError):
    """Services cannot work in the home; the message says why."""


@dataclass(frozen=True)
class Plan:
    """What to start. `home` is absolute; `dashboard_port` None means 8501 or the next free one.

    `dashboard_url` is the address at which people open the dashboard if it is not that of this machine;
    `dashboard_address` is what it listens on. A demo that `begins_with_set_up` follows nothing by itself;
    `pull_requests` is how many its GitHub has, `as_of` where it ends (None: now).
    """

    home: Path
    is_demo: bool = False
    dashboard_port: int | None = None
    prefect_api_url: str = ""
    folder: Path = Path()
    dashboard_url: str = ""
    dashboard_address: str = "127.0.0.1"
    begins_with_set_up: bool = False
    pull_requests: int = PULL_REQUESTS_OF_DEMO
    as_of: datetime | None = None
    log_json: bool = False


@contextmanager
def running(plan: Plan, console: Console) -> Iterator[tuple[Services, Supervisor]]:
    """Start all of `plan`, print each address once it is ready, and end everything on the way out.

    A child that dies meanwhile is started again. AlreadyRunning if another prflow holds the home.
    """
    with locked(plan.home):
        if full := check_space(plan.home):
            raise HomeUnusable(full.message, full.hint)
        refuse_second(plan.home)  # one that holds no lock: a file system may know none
        end_orphans(plan.home)
        if plan.is_demo:
            clear_demo(plan.home)
        supervisor = Supervisor(plan.home / "logs", ENDING, Restarts(lambda words: print_death(console, words)))
        with signals_to(supervisor.ask_to_end):
            try:
                yield start(plan, supervisor, console), supervisor
            finally:
                # A second Ctrl-C would only leave processes behind, and the end takes seconds at most.
                ignore_signals()
                supervisor.end()
                with suppress(OSError):  # what ended prflow is the error to report, not that its traces stay
                    (plan.home / STATE_FILE).unlink(missing_ok=True)
                    forget_password(plan.home)
                    forget_key(plan.home)


def print_death(console: Console, words: str) -> None:
    """Print the one sentence about a child that died."""
    console.print(words, style="yellow", markup=False, highlight=False)


class Launcher:
    """Starts the children of a plan at their addresses, and keeps `services.json` in step."""

    def __init__(self, plan: Plan, supervisor: Supervisor, addresses: Addresses) -> None:
        self.plan = plan
        self.supervisor = supervisor
        self.addresses = addresses
        make = demo_environment if plan.is_demo else real_environment
        self.environment = make(plan.home, addresses)
        if plan.log_json:
            self.environment |= JSON_LOGS
        if plan.begins_with_set_up:
            self.environment = without_onboarding(self.environment)
        if not plan.is_demo:
            # Children that start again later, without `.env`, must not let in whom this prflow does not.
            self.environment |= pinned() | login_environment(plan.home)
        self.place_dashboard(addresses.dashboard_port)

    def place_dashboard(self, port: int) -> None:
        """Let the dashboard be on this port."""
        self.addresses = replace(self.addresses, dashboard_port=port)
        self.environment["PRFLOW_DASHBOARD_URL"] = self.plan.dashboard_url or self.addresses.dashboard_url

    def launch(
        self,
        name: str,
        *arguments: str,
        is_ready: Callable[[], bool] | None = None,
        sockets: Sequence[int] = (),
        hang_seconds: float | None = None,
    ) -> None:
        """Start a child of this interpreter."""
        folder = self.plan.home if self.plan.is_demo else self.plan.folder.resolve()
        command, environment = [sys.executable, *arguments], child_environment(name, self.environment)
        self.supervisor.start(
            name, command, environment, folder, is_ready=is_ready, sockets=sockets, hang_seconds=hang_seconds
        )
        self.note()

    def note(self) -> Services:
        """Write what runs to `services.json`."""
        return write_state(self.plan.home, self.plan.is_demo, self.addresses, self.supervisor)

    def has_said(self, name: str, words: str) -> bool:
        return has_said(self.supervisor.children[name], words)

    def is_dashboard_ready(self) -> bool:
        child = self.supervisor.children["dashboard"]
        return responds(f"{self.addresses.dashboard_url}/healthz", child.pid)

    def is_admin_ready(self) -> bool:
        return responds(f"{self.addresses.admin_url}/healthz", self.supervisor.children["admin"].pid)

    def is_prefect_ready(self) -> bool:
        return prefect_api.is_healthy(self.addresses.prefect_api_url)


def start(plan: Plan, supervisor: Supervisor, console: Console) -> Services:
    """Start the services. Each waits only for those that it needs."""
    listener = None if plan.prefect_api_url else supervisor.keep(listen_on_free_port())
    door = supervisor.keep(listen_on_free_port())
    addresses = choose_addresses(plan, listener.getsockname()[1] if listener else None)
    addresses = replace(addresses, admin_port=door.getsockname()[1])
    plan.home.mkdir(parents=True, exist_ok=True)
    launcher = Launcher(plan, supervisor, with_password(addresses, plan.home))
    supervisor.changed = launcher.note
    os.environ.clear()  # what the services must not know, as a key for another Prefect, is not for this process either
    os.environ.update(launcher.environment)
    if plan.is_demo:
        start_simulators(launcher)
    migrate_warehouse()
    start_dashboard(launcher)
    # Beside the dashboard, whose start keeps one processor busy. Started earlier, the server delays the first page;
    # started once the page is there, it delays the first pull requests.
    if listener:
        start_server(launcher, listener)
    with console.status("Starting the dashboard ..."):
        wait_for_dashboard(launcher)
    console.print(f"Dashboard   {launcher.addresses.dashboard_url}", highlight=False)
    # Only now: importing Prefect would take the processor from the first page, and the server is not ready earlier.
    launcher.launch("worker", "-m", "flows.services.worker", is_ready=lambda: launcher.has_said("worker", "started!"))
    with console.status("Starting Prefect's server, 10 to 20 seconds ..."):
        wait_for_simulators(launcher)
        supervisor.wait("server" if listener else "worker", launcher.is_prefect_ready, SERVER_SECONDS)
    print_prefect(console, launcher.addresses)
    start_admin(launcher, door)
    if FeatureFlags().enable_api_keys and not plan.is_demo:
        start_api(launcher, console)
    return launcher.note()


def start_simulators(launcher: Launcher) -> None:
    """Start the simulated GitHub and the simulated model of the demo.

    The date of the simulated data is fixed, so that a GitHub that is started again has the same pull requests.
    """
    addresses = launcher.addresses
    plan = launcher.plan
    world = ("--as-of", (plan.as_of or now()).isoformat(), "--pull-requests", str(plan.pull_requests))
    simulators = [("github", addresses.github_port, world), ("llm", addresses.llm_port, QUICK_MODEL)]
    if addresses.jira_port is not None:
        simulators.append(("jira", addresses.jira_port, world))
    for name, port, more in simulators:
        arguments = ("-m", f"simulators.{name}", "--port", str(port), *more)
        launcher.launch(name, *arguments, is_ready=partial(launcher.has_said, name, "listening on"))


def wait_for_simulators(launcher: Launcher) -> None:
    for name in {"github", "llm", "jira"} & launcher.supervisor.children.keys():
        launcher.supervisor.wait(name, partial(launcher.has_said, name, "listening on"), SECONDS)


def start_server(launcher: Launcher, listener: socket.socket) -> None:
    """Start Prefect's server on a socket that listens already and outlives it."""
    arguments = ("-m", "flows.services.prefect_server", str(listener.getsockname()[1]), str(listener.fileno()))
    launcher.launch(
        "server",
        *arguments,
        is_ready=launcher.is_prefect_ready,
        sockets=[listener.fileno()],
        hang_seconds=HANG_SECONDS,
    )


def start_admin(launcher: Launcher, listener: socket.socket) -> None:
    """Start the set-up service on a socket that listens already: a page that asks earlier waits for it."""
    make_key(launcher.plan.home)
    arguments = ("-m", "flows.services.admin.server", str(listener.getsockname()[1]), str(listener.fileno()))
    launcher.launch("admin", *arguments, is_ready=launcher.is_admin_ready, sockets=[listener.fileno()])


def start_api(launcher: Launcher, console: Console) -> None:
    """Start the API for programs on its own port. Another program that has it is the supervisor's to tell."""
    url = f"http://127.0.0.1:{ApiSettings().port}"
    is_ready = lambda: responds(f"{url}/healthz", launcher.supervisor.children["api"].pid)  # noqa: E731
    launcher.launch("api", "-m", "flows.services.api.server", is_ready=is_ready)
    console.print(f"API         {url}/v1", highlight=False)


def start_dashboard(launcher: Launcher) -> None:
    arguments = dashboard_command(launcher.addresses.dashboard_port, launcher.plan.dashboard_address)[1:]
    launcher.launch("dashboard", *arguments, is_ready=launcher.is_dashboard_ready)


def wait_for_dashboard(launcher: Launcher) -> None:
    """Wait for the dashboard. If another program has taken its port meanwhile, start it on the next one.

    NoFreePort if a person asked for that port.
    """
    for is_last in [*[False] * PORT_TRIES, True]:
        try:
            launcher.supervisor.wait("dashboard", launcher.is_dashboard_ready, SECONDS)
        except ServiceDied:
            if is_last or is_free(launcher.addresses.dashboard_port):
                raise
            launcher.place_dashboard(choose_dashboard_port(launcher.plan.dashboard_port))
            start_dashboard(launcher)
        else:
            return


def login_environment(home: Path) -> dict[str, str]:
    """Return the secret that signs the cookies of logins: one kept in the home, so that logins outlive prflow."""
    login = LoginSettings()
    if not login.is_on or login.cookie_secret.get_secret_value():
        return {}
    return {"PRFLOW_LOGIN_COOKIE_SECRET": keep_secret(home / COOKIE_SECRET_FILE)}


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


def migrate_warehouse() -> None:
    with Warehouse(WarehouseSettings()) as warehouse:
        migrations.upgrade(warehouse)


def clear_demo(home: Path) -> None:
    """Empty the demo's home, since each demo starts from the beginning. `cache` belongs to no demo and stays."""
    for name in ("warehouse", "prefect", "logs"):
        shutil.rmtree(home / name, ignore_errors=True)
    for file in home.glob("*.sqlite*"):
        file.unlink(missing_ok=True)


def choose_addresses(plan: Plan, server_port: int | None = None) -> Addresses:
    """Return the addresses of a plan's services; `server_port` is that of Prefect's server if it is known."""
    own_port = None if plan.prefect_api_url else server_port or free_port()
    return Addresses(
        prefect_api_url=plan.prefect_api_url or f"http://127.0.0.1:{own_port}/api",
        own_prefect_port=own_port,
        dashboard_port=choose_dashboard_port(plan.dashboard_port),
        github_port=free_port() if plan.is_demo else None,
        llm_port=free_port() if plan.is_demo else None,
        jira_port=free_port() if plan.is_demo and is_jira_on() else None,
    )


@contextmanager
def signals_to(ask_to_end: Callable[[int], None]) -> Iterator[None]:
    """Let SIGTERM and a closed terminal end prflow as Ctrl-C does: `ask_to_end` is called, and checked later."""

    def handle(number: int, frame: FrameType | None) -> None:
        ask_to_end(number)

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
    """Watch until a signal (Stopped) or until a child has died too often (ServiceDied)."""
    while True:
        supervisor.check()
        supervisor.sleep(tick_seconds)
