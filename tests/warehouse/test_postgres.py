"""The same warehouse with its catalog in PostgreSQL: a private cluster, or a skip that says why."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.services.ports import free_port
from warehouse import migrations, schema
from warehouse.connection import Warehouse, WarehouseUnreadable
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit

pytestmark = pytest.mark.slow
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Return the connection string of a database in a cluster of our own."""
    if not BINARIES or not (BINARIES[-1] / "initdb").exists():
        pytest.skip("PostgreSQL's server binaries are not on this machine (/usr/lib/postgresql/*/bin)")
    as_user = [] if os.getuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    if as_user and (not shutil.which("setpriv") or subprocess.run(["id", "postgres"], capture_output=True).returncode):
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres to run it as")
    # Not in a folder of pytest's: any other pytest that starts shuts those to other users again.
    with tempfile.TemporaryDirectory(prefix="prflow-postgres-") as folder:
        Path(folder).chmod(0o777)
        port = free_port()
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = [*as_user, str(BINARIES[-1] / "pg_ctl"), "-D", f"{folder}/data", "-w", "-s"]
        run_quietly([*control, "initdb", "-o", "-A trust -U prflow --no-sync"])
        run_quietly([*control, "-l", f"{folder}/log", "-o", options, "start"])
        try:
            yield f"host=127.0.0.1 port={port} user=prflow dbname=postgres"
        finally:
            run_quietly([*control, "-m", "immediate", "stop"])


def run_quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def settings(cluster: str, tmp_path: Path) -> WarehouseSettings:
    return WarehouseSettings(
        home=tmp_path, warehouse_catalog=f"postgres:{cluster}", warehouse_data=str(tmp_path / "data")
    )


def people(first: int) -> Merge:
    rows = [{"team_id": "acme", "login": f"person-{number}"} for number in range(first, first + 5)]
    return Merge(schema.people, schema.frame(schema.people, rows))


def test_writers_and_readers_share_a_catalog_in_postgresql(settings: WarehouseSettings) -> None:
    with Warehouse(settings) as warehouse, Warehouse(settings) as other, Warehouse(settings, read_only=True) as reader:
        assert migrations.upgrade(warehouse)[0] == "0001"
        assert migrations.upgrade(other) == []
        writers = [
            threading.Thread(target=lambda who=who, first=first: commit(who, people(first)))  # type: ignore[misc]
            for who, first in ((warehouse, 0), (other, 100), (warehouse, 200))
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert reader.read("SELECT count(*) AS n FROM people")["n"].item() == 15


def test_a_catalog_that_cannot_be_reached_is_one_sentence_without_its_password(tmp_path: Path) -> None:
    address = f"host=127.0.0.1 port={free_port()} user=prflow password=hunter2 dbname=postgres"
    settings = WarehouseSettings(home=tmp_path, warehouse_catalog=f"postgres:{address}", warehouse_data=str(tmp_path))
    with pytest.raises(WarehouseUnreadable, match="cannot be opened") as caught:
        Warehouse(settings)
    assert "hunter2" not in str(caught.value)
