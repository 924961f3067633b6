"""Migrations on warehouses of every age."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse import migrations
from warehouse.backup.restoring import restore
from warehouse.backup.writing import back_up
from warehouse.connection import Warehouse
from warehouse.migrations.steps import upgrade_by_steps
from warehouse.schema import metadata, views
from warehouse.settings import WarehouseSettings

AT = datetime(2026, 8, 22, 12, tzinfo=UTC)
ALL_TABLES = "SELECT table_name, comment FROM duckdb_tables() WHERE database_name = 'warehouse' ORDER BY ALL"
ALL_VIEWS = "SELECT view_name, comment, sql FROM duckdb_views() WHERE database_name = 'warehouse' ORDER BY ALL"
ALL_COLUMNS = """
SELECT table_name, column_name, data_type, comment, is_nullable, column_default FROM duckdb_columns()
WHERE database_name = 'warehouse' AND schema_name = 'main' ORDER BY ALL
"""
COLUMNS = """
SELECT table_name, column_name, data_type, comment FROM duckdb_columns()
WHERE database_name = 'warehouse' AND schema_name = 'main' AND table_name <> 'schema_version'
ORDER BY ALL
"""


@pytest.fixture(scope="module")
def stepped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Make an empty warehouse that went through every step, once: it is only read."""
    home = tmp_path_factory.mktemp("stepped")
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        assert upgrade_by_steps(opened) == migrations.revisions()
        yield opened


def test_all_steps_together_give_exactly_the_declared_tables(
    stepped: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    declared = WarehouseSettings(home=tmp_path_factory.mktemp("declared"), warehouse_catalog="", warehouse_data="")
    with Warehouse(declared) as other, other.engine() as engine:
        metadata.create_all(engine)
        with other.cursor() as cursor:
            for name, view in views().items():
                cursor.execute(f"CREATE VIEW {name} AS {view.info['sql']}")
        expected = other.read(COLUMNS).rows()
    assert stepped.read(COLUMNS).rows() == expected


def test_a_warehouse_made_at_once_is_that_of_all_steps(warehouse: Warehouse, stepped: Warehouse) -> None:
    assert warehouse.snapshot_id() == 1
    for query in (ALL_TABLES, ALL_COLUMNS, ALL_VIEWS, f"SELECT * FROM {migrations.VERSION_TABLE}"):
        assert warehouse.read(query).rows() == stepped.read(query).rows()
    assert upgrade_by_steps(warehouse) == [], "Alembic finds its revision"


def test_two_that_make_the_same_warehouse_at_once_make_it_once(warehouse_settings: WarehouseSettings) -> None:
    done: list[list[str]] = []
    together = threading.Barrier(2)

    def make() -> None:
        with Warehouse(warehouse_settings) as opened:
            together.wait()
            done.append(migrations.upgrade(opened))

    with Warehouse(warehouse_settings) as first:  # the catalog is there: only the tables are not
        threads = [threading.Thread(target=make) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(done) == [[], migrations.revisions()]
        assert first.read(f"SELECT * FROM {migrations.VERSION_TABLE}").rows() == [(migrations.revisions()[-1],)]


def test_tables_of_somebody_else_are_left_alone(warehouse_settings: WarehouseSettings) -> None:
    with Warehouse(warehouse_settings) as shared:
        with shared.cursor() as cursor:
            cursor.execute("CREATE TABLE notes (text VARCHAR)")
        assert migrations.upgrade(shared) == migrations.revisions()
        assert migrations.is_current(shared)
        assert shared.read("SELECT * FROM notes").is_empty()


def test_a_second_upgrade_has_nothing_to_do(warehouse: Warehouse) -> None:
    assert migrations.is_current(warehouse)
    assert migrations.upgrade(warehouse) == []


def test_an_older_warehouse_and_an_empty_one_are_not_current(warehouse_settings: WarehouseSettings) -> None:
    with Warehouse(warehouse_settings) as old:
        assert not migrations.is_current(old)
        migrations.upgrade(old, to="0001")
        assert not migrations.is_current(old)


def test_what_a_warehouse_of_the_first_step_holds_is_kept(tmp_path: Path) -> None:
    settings = WarehouseSettings(home=tmp_path, warehouse_catalog="", warehouse_data="")
    with Warehouse(settings) as old:
        assert migrations.upgrade(old, "0001") == ["0001"]
        with old.cursor() as cursor:
            cursor.execute("INSERT INTO pull_requests (id, title) VALUES ('PR_1', 'kept')")
        assert migrations.upgrade(old)[0] == "0002"
        row = old.read_one("SELECT * FROM pull_requests") or {}
        assert (row["id"], row["title"], row["base_repository"]) == ("PR_1", "kept", None)
        assert set(row) == set(metadata.tables["pull_requests"].columns.keys())


def test_a_warehouse_of_the_first_version_keeps_its_rows_through_a_backup_and_every_step(
    warehouse_settings: WarehouseSettings, tmp_path: Path
) -> None:
    """Rows of the first version, written in its own columns; what came later is NULL in them."""
    with Warehouse(warehouse_settings) as old:
        migrations.upgrade(old, to="0001")
        with old.cursor() as cursor:
            cursor.execute("INSERT INTO people (team_id, login, is_bot) VALUES ('acme', 'bors', false)")
            cursor.execute("INSERT INTO pr_analysis (pull_request_id, ai_level) VALUES ('PR_1', 'assisted')")
        assert back_up(old, tmp_path / "old.zip", AT).version == "0001"
    with Warehouse(WarehouseSettings(home=tmp_path / "new", warehouse_catalog="", warehouse_data="")) as new:
        restore(new, tmp_path / "old.zip")
        assert migrations.is_current(new)
        person = new.read_one("SELECT login, is_bot, quick_answers_share, decided_at FROM people")
        assert person == {"login": "bors", "is_bot": False, "quick_answers_share": None, "decided_at": None}
        analysed = new.read_one("SELECT ai_level, ai_evidence_place, ai_signature FROM pr_analysis")
        assert analysed == {"ai_level": "assisted", "ai_evidence_place": None, "ai_signature": None}


def tables_without_statistics(warehouse: Warehouse) -> list[str]:
    """Return the tables of which DuckLake knows no statistics: it looks for them again at each reading."""
    sql = """
    SELECT table_name FROM __ducklake_metadata_warehouse.ducklake_table AS t
    ANTI JOIN __ducklake_metadata_warehouse.ducklake_table_column_stats AS s USING (table_id)
    WHERE end_snapshot IS NULL AND table_name <> 'schema_version'
    """
    return list(warehouse.read(sql)["table_name"])


def test_empty_tables_have_statistics_which_makes_reading_them_cheap(tmp_path: Path, warehouse: Warehouse) -> None:
    assert tables_without_statistics(warehouse) == []
    settings = WarehouseSettings(home=tmp_path / "older", warehouse_catalog="", warehouse_data="")
    with Warehouse(settings) as old:
        migrations.upgrade(old, to="0001")
        assert tables_without_statistics(old)
        migrations.upgrade(old)
        assert tables_without_statistics(old) == []
        assert old.read("SELECT team_id FROM teams").is_empty()


def test_every_table_and_column_says_what_it_is(warehouse: Warehouse) -> None:
    silent = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if not (column.comment and table.comment)
    ]
    assert silent == []
