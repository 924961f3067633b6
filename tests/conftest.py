"""What every test may use: a temporary warehouse of its own, and no network beyond this machine.

`make test` runs two workers. The tests of a file run in one of them, and so do the files of one of the GROUPS.
"""

import gc
import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from pytest_socket import socket_allow_hosts

from warehouse import connection, migrations
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

ROOT = Path(__file__).parents[1]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
# Words of the files that share a server or seeded warehouses: no two workers ever start the same.
GROUPS = {
    "browser": ("start_dashboard",),
    "pages": ("seeded_home",),
    "prefect": ("prefect_server", "prefect_test_harness", '"World"'),
}

# The fixtures of a session that are processes.
SERVERS = ("prefect_server", "start_dashboard")

# Small tables take half of the processor time in one thread; two workers keep two cores busy anyway.
connection.THREADS = 1

# A machine that does other work is slow now and then: no test is about that.
settings.register_profile(
    "prflow",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=DirectoryBasedExampleDatabase(ROOT / ".hypothesis" / (WORKER or "examples")),
)
settings.load_profile("prflow")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker whole groups. `xdist_group` would say the same, and does nothing under pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the groups that take longest, so that both workers end at about the same time."""
    if WORKER:
        slow = {_group(item.nodeid) for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: (_group(item.nodeid) not in GROUPS, _group(item.nodeid) not in slow))


class ServersOfGroups:
    """End the servers of a group with its last test: each takes a twentieth of a processor while nobody asks it.

    A plugin, since pytest asks no conftest.py below its root about the fixtures of a session.
    """

    def __init__(self) -> None:
        self._running: list[tuple[Any, Any]] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, object, object]:
        """Note the servers that are started."""
        value = yield
        if fixturedef.argname in SERVERS:
            self._running.append((fixturedef, request))
        return value

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """End them if the next test is one of another group."""
        if nextitem is None or _group(nextitem.nodeid) != _group(item.nodeid):
            while self._running:
                fixture, request = self._running.pop()
                fixture.finish(request)


def pytest_configure(config: pytest.Config) -> None:
    """Register what must see the fixtures of a session."""
    if WORKER:
        config.pluginmanager.register(ServersOfGroups())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without Python's garbage collector, which would look at each imported module a hundred times over.

    What was imported stays to the end, so that the collector need not look at it between the tests, either.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _group(nodeid: str) -> str:
    """Return the name of the group of a test's file, which is the file itself if it shares nothing."""
    return _group_of_file(nodeid.partition("::")[0])


@cache
def _group_of_file(file: str) -> str:
    text = (ROOT / file).read_text(encoding="utf-8")
    return next((group for group, words in GROUPS.items() if any(word in text for word in words)), file)


@pytest.fixture(autouse=True)
def _only_loopback() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session", autouse=True)
def _components_are_looked_for_once() -> Iterator[None]:
    """Let Streamlit look once for packages with components: each new AppTest reads the metadata of all packages.

    That takes more processor time than most pages; what is installed stays the same.
    """
    if "streamlit.testing.v1" not in sys.modules:  # of the tests that were collected none has a page
        yield
        return
    from streamlit.components.v2 import manifest_scanner as scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "scan_component_manifests", cache(scanner.scan_component_manifests))
        yield


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


def copy_filled(migrated: Path, factory: pytest.TempPathFactory, fill: Callable[[Warehouse], object]) -> Path:
    """Return a copy of the folder that `fill` has written to.

    A module whose tests all begin with the same rows overrides `migrated` with it: copying is quicker than writing.
    """
    home = factory.mktemp("filled")
    shutil.copytree(migrated, home, dirs_exist_ok=True)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        fill(opened)
    return home


@pytest.fixture
def begins_with(migrated: Path) -> Path:
    """Folder that `warehouse` is a copy of; a module of which some tests begin with the same rows overrides it."""
    return migrated


@pytest.fixture
def warehouse(warehouse_settings: WarehouseSettings, begins_with: Path) -> Iterator[Warehouse]:
    """Yield a migrated, empty DuckLake, or a copy of what the test begins with."""
    shutil.copytree(begins_with, warehouse_settings.home)
    with Warehouse(warehouse_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_warehouse(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Yield one warehouse for those tests of a module that only read, or write each to a table of its own."""
    home = tmp_path_factory.mktemp("shared") / "home"
    shutil.copytree(migrated, home)
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        yield opened
