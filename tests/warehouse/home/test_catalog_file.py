"""A snapshot is asked for again only once the catalog's files have changed, and every commit is seen."""

from pathlib import Path

import pytest

from warehouse.connection import Warehouse
from warehouse.home import catalog_file
from warehouse.home.catalog_file import CatalogFile


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(catalog_file, "time", made)
    return made


def test_files_that_stay_are_asked_about_until_they_have_settled_and_no_more(tmp_path: Path, clock: Clock) -> None:
    asked: list[int] = []

    def read() -> int:
        asked.append(len(asked))
        return len(asked)

    (tmp_path / "catalog").write_text("1")
    file = CatalogFile(str(tmp_path / "catalog"))
    assert [file.snapshot(read), file.snapshot(read)] == [1, 2]
    clock.now = 2.0
    assert [file.snapshot(read), file.snapshot(read), file.snapshot(read)] == [3, 3, 3]
    (tmp_path / "catalog-wal").write_text("a commit")
    assert [file.snapshot(read), file.snapshot(read)] == [4, 5]
    clock.now = 4.0
    assert [file.snapshot(read), file.snapshot(read)] == [6, 6]
    (tmp_path / "catalog").unlink()
    assert file.snapshot(read) == 7


def test_each_commit_of_another_connection_is_seen(warehouse: Warehouse, clock: Clock) -> None:
    with Warehouse(warehouse.settings, read_only=True) as reader:
        for turn in range(6):
            clock.now += 2.0
            before = [reader.snapshot_id(), reader.snapshot_id()]
            clock.now += 2.0
            assert [reader.snapshot_id(), reader.snapshot_id()] == before
            warehouse.transact(
                lambda cursor, turn=turn: cursor.execute(f"CREATE TABLE t{turn} AS SELECT {turn} AS x")  # type: ignore[misc]
            )
            assert reader.snapshot_id() > before[0]
            assert reader.snapshot_id() == warehouse.snapshot_id()


def test_a_scan_of_the_catalog_opens_it_once_and_not_once_a_thread(warehouse: Warehouse) -> None:
    """With two threads a small query took twice as much processor time."""
    row = warehouse.read_one("SELECT current_setting('sqlite_disable_multithreaded_scans') AS is_off")
    assert row == {"is_off": True}
