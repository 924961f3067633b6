"""Migrations on warehouses of every age."""

from pathlib import Path

import pytest

from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.schema import metadata
from warehouse.settings import WarehouseSettings

COLUMNS = """
SELECT table_name, column_name, data_type, comment FROM duckdb_columns()
WHERE database_name = 'warehouse' AND schema_name = 'main' AND table_name <> 'schema_version'
ORDER BY ALL
"""


def test_all_steps_together_give_exactly_the_declared_tables(
    warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    declared = WarehouseSettings(home=tmp_path_factory.mktemp("declared"), warehouse_catalog="", warehouse_data="")
    with Warehouse(declared) as other, other.engine() as engine:
        metadata.create_all(engine)
        expected = other.read(COLUMNS).rows()
    assert warehouse.read(COLUMNS).rows() == expected


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


def test_a_warehouse_of_the_first_version_keeps_its_rows_through_every_step(
    warehouse_settings: WarehouseSettings,
) -> None:
    """Rows of the first version, written in its own columns; what came later is NULL in them."""
    with Warehouse(warehouse_settings) as old:
        migrations.upgrade(old, to="0001")
        with old.cursor() as cursor:
            cursor.execute("INSERT INTO people (team_id, login, is_bot) VALUES ('acme', 'bors', false)")
            cursor.execute("INSERT INTO pr_analysis (pull_request_id, ai_level) VALUES ('PR_1', 'assisted')")
        assert "0005" in migrations.upgrade(old)
        person = old.read_one("SELECT login, is_bot, quick_answers_share, decided_at FROM people")
        assert person == {"login": "bors", "is_bot": False, "quick_answers_share": None, "decided_at": None}
        analysed = old.read_one("SELECT ai_level, ai_evidence_place, ai_signature FROM pr_analysis")
        assert analysed == {"ai_level": "assisted", "ai_evidence_place": None, "ai_signature": None}


def test_every_table_and_column_says_what_it_is(warehouse: Warehouse) -> None:
    silent = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if not (column.comment and table.comment)
    ]
    assert silent == []
