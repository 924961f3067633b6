"""The lake is kept quick, and nothing that it holds changes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from warehouse import schema, upkeep
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit
from warehouse.upkeep import tidy

LATER = datetime(2099, 1, 1, tzinfo=UTC)
"""Long after every snapshot of these tests."""
FOR_EVER = timedelta(days=36_500)
OF_ALL = 2
"""Files that every warehouse has after its first upkeep: the row of its version and that of a lock."""
ROWS = 60  # more than the lake keeps in its catalog instead of a file


def write(warehouse: Warehouse, batch: int) -> None:
    rows = [
        {"id": f"PR_{batch}_{row}", "number": row, "title": f"{batch}", "updated_at": datetime(2026, 8, 1, tzinfo=UTC)}
        for row in range(ROWS)
    ]
    commit(warehouse, Merge(schema.pull_requests, schema.frame(schema.pull_requests, rows)))


def read(warehouse: Warehouse, at: str = "") -> pl.DataFrame:
    return warehouse.read(f"SELECT id, title FROM pull_requests {at} ORDER BY id")


def parquet_files(settings: WarehouseSettings) -> set[Path]:
    return set(Path(settings.data_path).rglob("*.parquet"))


def test_small_files_become_few_and_every_row_and_earlier_state_stays(warehouse: Warehouse) -> None:
    for batch in range(8):
        write(warehouse, batch)
    middle = warehouse.snapshot_id() - 4
    now, then = read(warehouse), read(warehouse, f"AT (VERSION => {middle})")
    done = tidy(warehouse, LATER, FOR_EVER)
    assert (done.files_before, done.files_after, done.snapshots_expired) == (8, 1 + OF_ALL, 0)
    assert read(warehouse).equals(now)
    assert read(warehouse, f"AT (VERSION => {middle})").equals(then)
    assert then.height == now.height // 2


def test_states_older_than_is_kept_go_and_their_files_with_them(warehouse: Warehouse) -> None:
    for batch in range(4):
        write(warehouse, batch)
    now = read(warehouse)
    tidy(warehouse, LATER, timedelta(days=30))
    done = tidy(warehouse, LATER, timedelta(days=30))
    assert read(warehouse).equals(now)
    assert done.files_after == 1 + OF_ALL
    assert len(parquet_files(warehouse.settings)) == 1 + OF_ALL


def test_a_file_that_a_reader_may_still_hold_is_not_deleted(warehouse: Warehouse) -> None:
    for batch in range(4):
        write(warehouse, batch)
    before = parquet_files(warehouse.settings)
    tidy(warehouse, datetime.now(UTC), timedelta(0))
    assert before <= parquet_files(warehouse.settings)


def test_an_empty_warehouse_needs_nothing(warehouse: Warehouse) -> None:
    assert tidy(warehouse, LATER, FOR_EVER).files_after == OF_ALL


def test_files_of_which_rows_were_changed_night_after_night_become_few_and_stay_so(warehouse: Warehouse) -> None:
    counts = []
    for night in range(3):
        for batch in range(4):
            write(warehouse, batch)  # the same rows again: the files of the night before get deletes
        row = {"id": f"PR_0_{night}", "title": "touched", "updated_at": datetime(2026, 9, 1, tzinfo=UTC)}
        commit(warehouse, Merge(schema.pull_requests, schema.frame(schema.pull_requests, [row], row)))
        now = read(warehouse)
        counts.append(tidy(warehouse, LATER, FOR_EVER).files_after)
        assert read(warehouse).equals(now)
    assert counts == [1 + OF_ALL] * 3


def test_a_larger_table_is_written_again_only_once_it_has_become_many_files(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(warehouse, 0)
    tidy(warehouse, LATER, FOR_EVER)
    [whole] = pull_request_files(warehouse)
    monkeypatch.setattr(upkeep, "SMALL", 1)  # every table is a larger one
    monkeypatch.setattr(upkeep, "MANY", 4)
    counts = []
    for batch in range(1, 4):
        write(warehouse, batch)
        row = {"id": "PR_0_0", "title": f"{batch}", "updated_at": datetime(2026, 9, batch, tzinfo=UTC)}
        commit(warehouse, Merge(schema.pull_requests, schema.frame(schema.pull_requests, [row], row)))
        now = read(warehouse)
        tidy(warehouse, LATER, FOR_EVER)
        assert read(warehouse).equals(now)
        counts.append(len(pull_request_files(warehouse)))
        if len(counts) == 1:
            assert whole in pull_request_files(warehouse), "it is left as it is"
    assert whole not in pull_request_files(warehouse), "now it is one of many"
    assert counts == [3, 1, 3]


def pull_request_files(warehouse: Warehouse) -> set[str]:
    return set(warehouse.read("SELECT data_file FROM ducklake_list_files('warehouse', 'pull_requests')")["data_file"])
