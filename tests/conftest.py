"""What every test may use: a temporary warehouse of its own, and no network beyond this machine.

`make test` runs two workers. Tests with the same `xdist_group` run in one of them, in the order of their file: those
that share a server or seeded warehouses by the fixtures in SHARED, those of a file that names a group itself, all
others by their file.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from pytest_socket import socket_allow_hosts

from warehouse import connection, migrations
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
# Fixture to group: no worker ever runs two Prefect servers, and one of them runs all dashboards with their browser.
SHARED = {
    "start_dashboard": "browser",
    "browser": "browser",
    "prefect_server": "prefect",
    "prefect": "prefect",
    "api_url": "prefect",
    "seeded_home": "pages",
}

# Small tables take half of the processor time in one thread; two workers keep two cores busy anyway.
connection.THREADS = 1

# A machine that does other work is slow now and then: no test is about that.
settings.register_profile(
    "prflow",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=DirectoryBasedExampleDatabase(Path(__file__).parents[1] / ".hypothesis" / (WORKER or "examples")),
)
settings.load_profile("prflow")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests for the workers, the longest groups first, so that both workers end at about the same time."""
    if not WORKER:
        return
    groups = {item: _named_group(item) or item.nodeid.partition("::")[0] for item in items}
    named = {groups[item] for item in items if _named_group(item)}
    slow = {groups[item] for item in items if item.get_closest_marker("slow")}
    for item in items:
        item.add_marker(pytest.mark.xdist_group(groups[item]))
    items.sort(key=lambda item: (groups[item] not in named, groups[item] not in slow))


def _named_group(item: pytest.Item) -> str | None:
    own = item.get_closest_marker("xdist_group")
    fixtures = getattr(item, "fixturenames", ())
    return own.args[0] if own else next((group for name, group in SHARED.items() if name in fixtures), None)


@pytest.fixture(autouse=True)
def _only_loopback() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture
def warehouse_settings(tmp_path: Path) -> WarehouseSettings:
    """Return settings of a warehouse for this test alone."""
    return WarehouseSettings(home=tmp_path / "home", warehouse_catalog="", warehouse_data="")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an empty, migrated warehouse, made once: copying it is quicker than migrating anew."""
    home = tmp_path_factory.mktemp("migrated")
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        migrations.upgrade(opened)
    return home


@pytest.fixture
def warehouse(warehouse_settings: WarehouseSettings, migrated: Path) -> Iterator[Warehouse]:
    """Yield a migrated, empty DuckLake."""
    shutil.copytree(migrated, warehouse_settings.home)
    with Warehouse(warehouse_settings) as opened:
        yield opened
