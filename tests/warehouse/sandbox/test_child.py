"""The locked connection reads the warehouse and nothing else, also what the gate would have let through."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.sandbox.attacks import FINE, REACHES_OUT, READS_A_FILE, WRITES
from warehouse.connection import Warehouse
from warehouse.sandbox.bounds import Bounds
from warehouse.sandbox.child import lock
from warehouse.settings import WarehouseSettings

# Left to the gate: harmless here, or slow to fail, as the lake's upkeep is before it meets the read-only catalog.
LEFT_TO_THE_GATE = (
    "BEGIN",
    "COMMIT",
    "SELECT 1; SELECT 2",
    "PREPARE",
    "EXECUTE",
    "USE memory",
    "DETACH",
    "CHECKPOINT",
    "TEMP",
    "EXPLAIN",
    "VACUUM",
    "PRAGMA enable",
    "FROM ducklake_",
    "ATTACH",
    "enable_logging",
    "sleep",
)


@pytest.fixture
def locked(warehouse: Warehouse, warehouse_settings: WarehouseSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    warehouse.transact(lambda cursor: cursor.execute("INSERT INTO teams (team_id) VALUES ('acme')") and None)
    with Warehouse(warehouse_settings, read_only=True) as reader, reader.cursor() as cursor:
        lock(cursor, warehouse_settings, Bounds())
        yield cursor


def test_what_reads_still_reads(locked: duckdb.DuckDBPyConnection) -> None:
    for sql in FINE:
        found = locked.sql(sql)
        assert found is None or found.fetchall() is not None


def test_no_file_is_read_or_written_and_nothing_changes(
    locked: duckdb.DuckDBPyConnection, tmp_path: Path, warehouse: Warehouse
) -> None:
    secret = tmp_path / "file"
    secret.write_text("canary")
    before = warehouse.snapshot_id()
    catalog = warehouse.settings.catalog.partition(":")[2]
    done = []
    for sql in [*WRITES, *REACHES_OUT, *READS_A_FILE]:
        if any(word in sql for word in LEFT_TO_THE_GATE):
            continue
        text = sql.format(file=secret, catalog=catalog)
        try:
            rows = locked.execute(text).fetchall()
        except duckdb.Error:
            continue
        done.append(sql)
        assert "canary" not in str(rows)
    assert warehouse.snapshot_id() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "home"]
    assert warehouse.read("SELECT team_id FROM teams")["team_id"].to_list() == ["acme"]
