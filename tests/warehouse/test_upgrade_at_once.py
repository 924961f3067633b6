"""Several processes that open an older warehouse at once, and the copy of the catalog that is made before."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.warehouse.postgres_cluster import Cluster, cluster
from warehouse import migrations
from warehouse.connection import Warehouse, WarehouseNewer
from warehouse.home.version import known_versions
from warehouse.settings import WarehouseSettings

pytestmark = pytest.mark.slow
# Says what it did, and waits for a line before it begins: three of them begin together.
WORKER = """
import sys
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings
print("ready", flush=True)
sys.stdin.readline()
with Warehouse(WarehouseSettings()) as warehouse:
    print(len(migrations.upgrade(warehouse, sys.argv[1])), warehouse.read_version(), flush=True)
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


def settings_of(address: str, folder: Path) -> WarehouseSettings:
    return WarehouseSettings(home=folder, warehouse_catalog=address, warehouse_data=str(folder / "data"))


def run_workers(settings: WarehouseSettings, to: str, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Let three processes upgrade the warehouse at once; return what each did."""
    monkeypatch.setenv("PRFLOW_HOME", str(settings.home))
    monkeypatch.setenv("PRFLOW_WAREHOUSE_CATALOG", settings.warehouse_catalog)
    monkeypatch.setenv("PRFLOW_WAREHOUSE_DATA", settings.warehouse_data)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, to], text=True, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    ended = [worker.communicate(timeout=240) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0], ended
    return sorted((output.split() for output, _ in ended), key=lambda one: int(one[0]))


@pytest.mark.parametrize(("kind", "first"), [("sqlite", "0002"), ("postgres", None)])
def test_of_three_workers_one_upgrades_and_two_wait(
    kind: str, first: str | None, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"sqlite:{tmp_path}/catalog.sqlite"
    if kind == "postgres":
        postgres: Cluster = request.getfixturevalue("postgres")
        database = f"three_{first}".lower()
        postgres.run(f"CREATE DATABASE {database}")
        address = f"postgres:{postgres.in_database(database).trusted}"
    settings = settings_of(address, tmp_path)
    if first:
        with Warehouse(settings) as warehouse:
            migrations.upgrade(warehouse, first)
            with warehouse.cursor() as cursor:
                cursor.execute("INSERT INTO pull_requests (id, title) VALUES ('PR_1', 'kept')")
    to, steps = ("0004", 2) if first else ("head", len(known_versions()))
    version = "0004" if first else known_versions()[-1]
    assert run_workers(settings, to, monkeypatch) == [["0", version], ["0", version], [str(steps), version]]
    with Warehouse(settings, read_only=True) as warehouse:
        assert warehouse.read("SELECT title FROM pull_requests")["title"].to_list() == (["kept"] if first else [])


def test_the_catalog_is_copied_before_an_upgrade_and_the_copy_is_a_way_back(tmp_path: Path) -> None:
    settings = settings_of(f"sqlite:{tmp_path}/catalog.sqlite", tmp_path)
    with Warehouse(settings) as warehouse:
        migrations.upgrade(warehouse, "0002")
        assert not (tmp_path / "backups").exists(), "an empty one needs no copy"
        migrations.upgrade(warehouse, "0003")
    (copy,) = (tmp_path / "backups").glob("*.sqlite")
    assert copy.stem.endswith("_0002")
    assert copy.stat().st_mode & 0o777 == 0o600
    for file in tmp_path.glob("catalog.sqlite*"):
        file.unlink()
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as target:
        source.backup(target)
    with Warehouse(settings) as warehouse:
        assert warehouse.read_version() == "0002"


def test_a_copy_in_postgresql_is_a_schema_and_a_way_back(postgres: Cluster, tmp_path: Path) -> None:
    postgres.run("CREATE DATABASE copied")
    settings = settings_of(f"postgres:{postgres.in_database('copied').trusted}", tmp_path)
    with Warehouse(settings) as warehouse:
        for version in ("0001", "0002", "0003", "0004", "0005"):
            migrations.upgrade(warehouse, version)
    schemas = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'prflow_copy_') ORDER BY 1"
    with Warehouse(settings) as warehouse, warehouse.upgrading(), warehouse.cursor() as cursor:
        names = [row[0] for row in cursor.execute(f"FROM postgres_query('prflow_server', $${schemas}$$)").fetchall()]
    assert [name[-4:] for name in names] == ["0002", "0003", "0004"], "the newest three, each from before a step"
    copied = postgres.in_database("copied")
    copied.run("ALTER SCHEMA public RENAME TO prflow_unwanted", f"ALTER SCHEMA {names[-1]} RENAME TO public")
    with Warehouse(settings) as warehouse:
        assert warehouse.read_version() == "0004"
        assert migrations.upgrade(warehouse, "0005") == ["0005"], "and onwards from there"


def test_a_warehouse_that_is_newer_is_refused_in_words(tmp_path: Path) -> None:
    settings = settings_of("", tmp_path)
    with Warehouse(settings) as warehouse:
        migrations.upgrade(warehouse)
        with warehouse.cursor() as cursor:
            cursor.execute("UPDATE schema_version SET version_num = '9999'")
    for read_only in (True, False):
        with pytest.raises(WarehouseNewer, match="newer than this prflow: its tables are of version 9999"):
            Warehouse(settings, read_only=read_only)
    with Warehouse(settings, any_version=True) as warehouse:
        assert warehouse.read_version() == "9999"
