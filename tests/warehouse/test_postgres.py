"""The same warehouse with its catalog in PostgreSQL: a private cluster, or a skip that says why."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from flows.lifecycle.explain import describe
from flows.services.ports import free_port
from tests.warehouse.postgres_cluster import PASSWORD, Cluster, cluster, libpq_quoted
from warehouse import migrations, schema
from warehouse.connection import Warehouse, WarehouseUnreadable
from warehouse.sandbox.parent import run_query
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit

pytestmark = pytest.mark.slow
# Any of these in a text gives the password away; the whole of it may be escaped there in one way or another.
PARTS = ("canary", "7Zq4", "Lw2")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def settings(postgres: Cluster, tmp_path: Path) -> WarehouseSettings:
    return settings_of(postgres.trusted, tmp_path)


@pytest.fixture(scope="module")
def lake(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> WarehouseSettings:
    """Make a warehouse whose address holds the password."""
    made = settings_of(f"{postgres.lake} password={libpq_quoted(PASSWORD)}", tmp_path_factory.mktemp("lake"))
    with Warehouse(made) as warehouse:
        migrations.upgrade(warehouse)
        commit(warehouse, people(0))
    return made


def settings_of(address: str, folder: Path) -> WarehouseSettings:
    return WarehouseSettings(home=folder, warehouse_catalog=f"postgres:{address}", warehouse_data=str(folder / "data"))


def people(first: int) -> Merge:
    rows = [
        {"team_id": "acme", "account_id": f"U_{number}", "login": f"person-{number}"}
        for number in range(first, first + 5)
    ]
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
    with pytest.raises(WarehouseUnreadable, match=r"cannot be opened: .*Connection refused") as caught:
        Warehouse(settings_of(address, tmp_path))
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_password_is_one_sentence_without_it(postgres: Cluster, tmp_path: Path) -> None:
    address = f"{postgres.lake} password={libpq_quoted(PASSWORD + 'x')}"
    with pytest.raises(WarehouseUnreadable, match='password authentication failed for user "lake"') as caught:
        Warehouse(settings_of(address, tmp_path))
    assert leaked(str(caught.value)) == []


def test_duckdb_shows_the_password_nowhere(lake: WarehouseSettings) -> None:
    with Warehouse(lake) as warehouse:
        shown = [
            str(warehouse.read(f"SELECT * FROM {name}").to_dicts())
            for name in ("duckdb_databases()", "duckdb_secrets()", "duckdb_settings()", "pragma_database_list")
        ]
    assert "postgres:" in shown[0]
    assert leaked("".join(shown) + repr(lake)) == []


@pytest.mark.parametrize("scheme", ["postgres:postgresql", "postgresql", "postgres"])
def test_an_address_may_be_a_url(lake: WarehouseSettings, postgres: Cluster, scheme: str) -> None:
    url = f"{scheme}://lake:{quote(PASSWORD, '')}@127.0.0.1:{postgres.port}/lake?connect_timeout=60"
    with Warehouse(lake.model_copy(update={"warehouse_catalog": url}), read_only=True) as warehouse:
        assert warehouse.read("SELECT count(*) AS n FROM people")["n"].item() == 5


def test_the_password_may_be_left_to_libpq(
    lake: WarehouseSettings, postgres: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/security.md says: in a file that only its owner may read, or in PGPASSWORD. In the sandbox, too."""
    file = tmp_path / "pgpass"
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    file.write_text(f"127.0.0.1:{postgres.port}:lake:lake:{escaped}\n")
    file.chmod(0o600)
    without = lake.model_copy(update={"warehouse_catalog": f"postgres:{postgres.lake}"})
    for name, value in (("PGPASSFILE", str(file)), ("PGPASSWORD", PASSWORD)):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert run_query(without, "SELECT count(*) AS n FROM people")["n"].item() == 5
    with pytest.raises(WarehouseUnreadable, match="no password supplied"):
        Warehouse(without)


def uses() -> dict[str, Callable[[Warehouse], object]]:
    """Every way in which the warehouse is used, by its name."""

    def by_sqlalchemy(warehouse: Warehouse) -> None:
        with warehouse.engine() as engine, engine.connect() as connection:
            connection.execute(sa.text("SELECT * FROM people"))

    def by_arrow(warehouse: Warehouse) -> None:
        with warehouse.cursor() as cursor:
            cursor.sql("SELECT * FROM people").to_arrow_reader(1).read_all()

    return {
        "read": lambda warehouse: warehouse.read("SELECT * FROM people"),
        "commit": lambda warehouse: commit(warehouse, people(500)),
        "snapshot": Warehouse.snapshot_id,
        "call": lambda warehouse: warehouse.call("CALL ducklake_merge_adjacent_files('warehouse')"),
        "migrations": migrations.upgrade,
        "sqlalchemy": by_sqlalchemy,
        "arrow": by_arrow,
    }


@pytest.mark.parametrize("use", uses())
def test_a_database_that_goes_away_shows_no_password(lake: WarehouseSettings, postgres: Cluster, use: str) -> None:
    with Warehouse(lake) as warehouse:
        warehouse.read("SELECT * FROM people")
        with postgres.lake_taken_away(), pytest.raises(Exception, match="not currently accepting") as caught:
            uses()[use](warehouse)
        chain = caught.getrepr(chain=True)
        assert leaked(str(chain) + str(caught.value) + repr(caught.value) + describe(caught.value)[0]) == []
        assert "user=lake" not in str(chain)
        assert warehouse.read("SELECT count(*) AS n FROM people")["n"].item() == 5  # and back it is


def test_a_query_of_the_sandbox_shows_no_password(lake: WarehouseSettings, postgres: Cluster) -> None:
    assert run_query(lake, "SELECT count(*) AS n FROM people")["n"].item() == 5
    with postgres.lake_taken_away(), pytest.raises(WarehouseUnreadable, match="not currently accepting") as caught:
        run_query(lake, "SELECT count(*) AS n FROM people")
    assert leaked(str(caught.value)) == []


def leaked(text: str) -> list[str]:
    return [part for part in PARTS if part in text]
