"""Which of prflow's homes a command works with: the real one, or the demo's within it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.services.environment import PREFECT, real_prefixes, simulated_github, simulated_model
from flows.services.prefect_password import use_prefect_of
from flows.services.state import Services, read_services
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.settings import WarehouseSettings

DEMO_FOLDER = "demo"


class NotRunning(PrflowError):
    """The command needs services that are running."""

    def __init__(self) -> None:
        super().__init__(
            "prflow is not running. Start it with `prflow up` in another shell, then run this command again."
        )


@dataclass(frozen=True)
class Home:
    """A home folder. `services` is None if no services run on it."""

    folder: Path
    is_demo: bool
    services: Services | None

    @property
    def settings(self) -> WarehouseSettings:
        """Return its warehouse's settings; the demo ignores a catalog or data path set for the real one."""
        if self.is_demo:
            return WarehouseSettings(home=self.folder, warehouse_catalog="", warehouse_data="")
        return WarehouseSettings(home=self.folder)


def real_home() -> Path:
    return WarehouseSettings().home.resolve()


def demo_home() -> Path:
    return real_home() / DEMO_FOLDER


def find_home() -> Home:
    """Return the home with running services, else the one with a warehouse; of two, the real one."""
    folders = [
        Home(real_home(), False, read_services(real_home())),
        Home(demo_home(), True, read_services(demo_home())),
    ]
    running = [home for home in folders if home.services]
    present = [home for home in folders if (home.folder / "warehouse").exists()]
    return (running + present + folders)[0]


def aim_at_github() -> Home:
    """Return the home for a command that asks GitHub: the demo's while it runs, else the real one.

    The environment of this process is set to match.
    """
    home = find_home()
    if home.is_demo and home.services:
        return _aim_at_demo(home)
    if home.is_demo:  # its simulated GitHub ended with it
        home = Home(real_home(), False, read_services(real_home()))
    os.environ["PRFLOW_HOME"] = str(home.folder)
    return home


def keep_prefect_within(folder: Path) -> None:
    """Let Prefect, if it is imported later, keep its files in the home `folder` and send no statistics."""
    os.environ["PREFECT_HOME"] = str(folder / "prefect")
    os.environ["DO_NOT_TRACK"] = "1"


def aim_at_prefect(home: Home) -> None:
    """Let flows of this process report to the running server; if none runs, Prefect starts a temporary one."""
    keep_prefect_within(home.folder)
    os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"  # an error is reported once, in our words
    if home.services:
        use_prefect_of(home.services)
    elif "PREFECT_API_URL" not in os.environ:
        os.environ.update({name: PREFECT[name] for name in ("PREFECT_SERVER_ANALYTICS_ENABLED", "DO_NOT_TRACK")})


@contextmanager
def opened(home: Home) -> Iterator[Warehouse]:
    """Open the home's warehouse for writing, created or migrated first."""
    with Warehouse(home.settings) as warehouse:
        migrations.upgrade(warehouse)
        yield warehouse


def aim_at_model(home: Home) -> None:
    """Set the environment to the model that reads the home's pull requests: the demo always uses its own."""
    if home.is_demo:
        _aim_at_demo(home)
        os.environ.update(simulated_model(""))


def _aim_at_demo(home: Home) -> Home:
    """Set the environment as the demo's processes have it: no real settings, neither from here nor from a `.env`."""
    for name in [name for name in os.environ if name.startswith(real_prefixes())]:
        del os.environ[name]
    os.environ.update(simulated_github(home.services.github_url if home.services else ""))
    os.environ["PRFLOW_HOME"] = str(home.folder)
    os.chdir(home.folder)
    return home
