"""Which of prflow's homes a command works with: the real one, or the demo's within it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.services.environment import PREFECT, real_prefixes, simulated_github, simulated_model
from flows.services.state import Services, read_services
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

DEMO_FOLDER = "demo"


@dataclass(frozen=True)
class Home:
    """`services` None where nothing runs on it."""

    folder: Path
    is_demo: bool
    services: Services | None

    @property
    def settings(self) -> WarehouseSettings:
        """The demo never uses a warehouse that is set for real."""
        if self.is_demo:
            return WarehouseSettings(home=self.folder, warehouse_catalog="", warehouse_data="")
        return WarehouseSettings(home=self.folder)


def real_home() -> Path:
    return WarehouseSettings().home.resolve()


def demo_home() -> Path:
    return real_home() / DEMO_FOLDER


def find_home() -> Home:
    """What runs counts first, then what is there; the real before the demo."""
    folders = [
        Home(real_home(), False, read_services(real_home())),
        Home(demo_home(), True, read_services(demo_home())),
    ]
    running = [home for home in folders if home.services]
    present = [home for home in folders if (home.folder / "warehouse").exists()]
    return (running + present + folders)[0]


def aim_at_github() -> Home:
    """Return the home, with its GitHub set in this process's environment."""
    home = find_home()
    if home.is_demo and home.services:
        return _aim_at_demo(home)
    if home.is_demo:  # its GitHub is gone with it
        home = Home(real_home(), False, read_services(real_home()))
    os.environ["PRFLOW_HOME"] = str(home.folder)
    return home


def aim_at_prefect(home: Home) -> None:
    """Flows of this process are known to the running server; without one Prefect starts its own for as long."""
    os.environ["PREFECT_HOME"] = str(home.folder / "prefect")
    os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"  # what goes wrong is said once, in our words
    if home.services:
        os.environ["PREFECT_API_URL"] = home.services.prefect_api_url
    elif "PREFECT_API_URL" not in os.environ:
        os.environ.update({name: PREFECT[name] for name in ("PREFECT_SERVER_ANALYTICS_ENABLED", "DO_NOT_TRACK")})


@contextmanager
def opened(home: Home) -> Iterator[Warehouse]:
    """The home's warehouse for writing, made or brought up to date first."""
    with Warehouse(home.settings) as warehouse:
        migrations.upgrade(warehouse)
        yield warehouse


def aim_at_model(home: Home) -> None:
    """The model that reads the home's pull requests: the demo's own, whatever is set for real."""
    if home.is_demo:
        _aim_at_demo(home)
        os.environ.update(simulated_model(""))


def _aim_at_demo(home: Home) -> Home:
    """As the demo's own processes: nothing of what is set for real, in the environment or in a `.env` here."""
    for name in [name for name in os.environ if name.startswith(real_prefixes())]:
        del os.environ[name]
    os.environ.update(simulated_github(home.services.github_url if home.services else ""))
    os.environ["PRFLOW_HOME"] = str(home.folder)
    os.chdir(home.folder)
    return home
