"""What every test may use: a temporary warehouse of its own, and no network beyond this machine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings


@pytest.fixture(autouse=True)
def _only_loopback() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture
def warehouse_settings(tmp_path: Path) -> WarehouseSettings:
    """Settings of a warehouse that nobody else knows."""
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
    """A migrated, empty DuckLake."""
    shutil.copytree(migrated, warehouse_settings.home)
    with Warehouse(warehouse_settings) as opened:
        yield opened
