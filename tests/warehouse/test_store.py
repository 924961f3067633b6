"""The write verbs, on a real DuckLake."""

import multiprocessing
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from warehouse import schema
from warehouse.connection import Warehouse, WarehouseMissing, WarehouseUnreadable
from warehouse.settings import WarehouseSettings
from warehouse.store import Delete, Merge, Replace, commit

MONDAY = datetime(2026, 8, 17, 9, tzinfo=UTC)


def pull_request(number: int, updated_at: datetime = MONDAY, title: str = "A title") -> dict[str, object]:
    return {"id": f"PR_{number}", "number": number, "title": title, "updated_at": updated_at, "labels": ["a", "b"]}


def merge(warehouse: Warehouse, *rows: dict[str, object]) -> None:
    commit(warehouse, Merge(schema.pull_requests, schema.frame(schema.pull_requests, rows)))


def titles(warehouse: Warehouse) -> dict[int, str]:
    rows = warehouse.read("SELECT number, title FROM pull_requests ORDER BY number")
    return dict(rows.iter_rows())


def test_a_merge_updates_what_is_there_and_inserts_the_rest(warehouse: Warehouse) -> None:
    merge(warehouse, pull_request(1, title="one"), pull_request(2, title="two"))
    merge(warehouse, pull_request(2, title="two, again"), pull_request(3, title="three"))
    assert titles(warehouse) == {1: "one", 2: "two, again", 3: "three"}


def test_an_older_answer_never_replaces_a_newer_one(warehouse: Warehouse) -> None:
    merge(warehouse, pull_request(1, MONDAY, "new"))
    merge(warehouse, pull_request(1, MONDAY - timedelta(seconds=1), "old"))
    assert titles(warehouse) == {1: "new"}


def test_the_same_key_twice_in_one_frame_is_written_once_and_the_last_wins(warehouse: Warehouse) -> None:
    merge(warehouse, pull_request(1, title="first"), pull_request(1, title="last"))
    assert titles(warehouse) == {1: "last"}


def test_a_merge_of_some_columns_leaves_the_others(warehouse: Warehouse) -> None:
    merge(warehouse, pull_request(1, title="kept"))
    part = schema.frame(schema.pull_requests, [{"id": "PR_1", "state": "MERGED"}], ["id", "state"])
    commit(warehouse, Merge(schema.pull_requests, part))
    row = warehouse.read_one("SELECT title, state, labels FROM pull_requests")
    assert row == {"title": "kept", "state": "MERGED", "labels": ["a", "b"]}


def test_replace_takes_away_what_the_new_rows_no_longer_hold(warehouse: Warehouse) -> None:
    def comments(*ids: str) -> None:
        rows = schema.frame(schema.comments, [{"id": name, "pull_request_id": "PR_1"} for name in ids])
        commit(warehouse, Replace(schema.comments, rows, {"pull_request_id": ["PR_1", "PR_2"]}))

    comments("a", "b")
    comments("b", "c")
    assert warehouse.read("SELECT id FROM comments ORDER BY id")["id"].to_list() == ["b", "c"]


def test_delete_refuses_to_empty_a_table(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="every row of people"):
        commit(warehouse, Delete(schema.people, {}))


def test_all_writes_of_a_commit_are_there_or_none(warehouse: Warehouse) -> None:
    row = Merge(schema.pull_requests, schema.frame(schema.pull_requests, [pull_request(1)]))
    with pytest.raises(ValueError, match="no column nonsense"):
        commit(warehouse, row, Delete(schema.people, {"nonsense": 1}))
    assert titles(warehouse) == {}


def test_what_a_person_wrote_comes_back_as_it_was(warehouse: Warehouse) -> None:
    hostile = "'); DROP TABLE pull_requests; -- \"\x00\u202e<script>\n🧨"
    merge(warehouse, pull_request(1, title=hostile.replace("\x00", "")))
    assert titles(warehouse) == {1: hostile.replace("\x00", "")}


def test_timestamps_come_back_in_utc(warehouse: Warehouse) -> None:
    merge(warehouse, pull_request(1))
    row = warehouse.read_one("SELECT updated_at FROM pull_requests")
    assert row is not None
    assert row["updated_at"] == MONDAY
    assert row["updated_at"].utcoffset() == timedelta(0)


def test_a_commit_changes_the_snapshot_and_a_read_does_not(warehouse: Warehouse) -> None:
    before = warehouse.snapshot_id()
    titles(warehouse)
    assert warehouse.snapshot_id() == before
    merge(warehouse, pull_request(1))
    assert warehouse.snapshot_id() > before


def test_time_travel_answers_what_was_said_before(warehouse: Warehouse) -> None:
    merge(warehouse, pull_request(1, title="before"))
    then = warehouse.snapshot_id()
    merge(warehouse, pull_request(1, MONDAY + timedelta(days=1), "after"))
    row = warehouse.read_one(f"SELECT title FROM pull_requests AT (VERSION => {then})")
    assert row == {"title": "before"}


def test_threads_of_one_process_read_while_another_writes(warehouse: Warehouse) -> None:
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(len(titles(warehouse)))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(10):
        merge(warehouse, pull_request(number))
    done.set()
    reader.join()
    assert seen == sorted(seen)
    assert len(titles(warehouse)) == 10


def _write_from_a_process(settings: WarehouseSettings, first: int) -> None:
    with Warehouse(settings) as warehouse:
        for number in range(first, first + 8):
            merge(warehouse, pull_request(number))


@pytest.mark.slow
def test_two_processes_that_commit_at_once_lose_nothing(warehouse: Warehouse) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write_from_a_process, args=(warehouse.settings, first)) for first in (100, 200)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        titles(warehouse)  # a reader beside two writers sees no error
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert len(titles(warehouse)) == 16


def test_a_reader_before_the_first_write_is_told_what_to_run(warehouse_settings: WarehouseSettings) -> None:
    with pytest.raises(WarehouseMissing, match="prflow demo"):
        Warehouse(warehouse_settings, read_only=True)


def test_a_catalog_that_is_no_catalog_is_one_sentence_without_its_address(
    warehouse_settings: WarehouseSettings,
) -> None:
    wrong = warehouse_settings.model_copy(update={"warehouse_catalog": "mysql:user:hunter2@host"})
    with pytest.raises(WarehouseUnreadable, match="must begin with sqlite: or postgres:") as caught:
        Warehouse(wrong)
    assert "hunter2" not in str(caught.value)


def test_a_broken_catalog_is_unreadable_in_words(warehouse_settings: WarehouseSettings) -> None:
    file = warehouse_settings.home / "warehouse" / "catalog.sqlite"
    file.parent.mkdir(parents=True)
    file.write_text("this is no database, and long enough to be taken for none" * 100)
    with pytest.raises(WarehouseUnreadable, match="cannot be opened"):
        Warehouse(warehouse_settings, read_only=True)


def test_a_reader_cannot_write(warehouse: Warehouse) -> None:
    with Warehouse(warehouse.settings, read_only=True) as reader, pytest.raises(Exception, match="read-only"):
        merge(reader, pull_request(1))


def test_a_folder_that_was_moved_still_opens_with_all_its_rows(warehouse: Warehouse, tmp_path: Path) -> None:
    merge(warehouse, *(pull_request(number) for number in range(50)))
    warehouse.close()
    moved = warehouse.settings.home.rename(tmp_path / "moved")
    with Warehouse(warehouse.settings.model_copy(update={"home": moved})) as again:
        assert len(titles(again)) == 50


def test_merges_of_one_commit_into_one_table_lose_no_row_and_the_later_value_wins(warehouse: Warehouse) -> None:
    """Two MERGEs of one DuckLake transaction that update the same rows lose some of them now and then."""

    def part(names: list[str], **columns: object) -> Merge:
        rows = [{"id": name, **columns} for name in names]
        return Merge(schema.repositories, schema.frame(schema.repositories, rows, rows[0]))

    ids = [f"R_{number}" for number in range(300)]
    for start in range(0, 300, 100):
        commit(warehouse, part(ids[start : start + 100], team_id="acme"), part(ids[start : start + 100], name="old"))
    for start in range(0, 300, 23):
        chosen = ids[start : start + 23]
        commit(
            warehouse,
            part(chosen, sync_status="syncing", name="new"),
            part(chosen[:5], sync_status="done"),
            part(["R_more"], full_name="acme/more"),
        )
    rows = warehouse.read("SELECT id, team_id, name, sync_status FROM repositories WHERE id <> 'R_more'")
    assert (rows.height, rows["id"].n_unique()) == (300, 300)
    assert set(rows.select("team_id", "name").iter_rows()) == {("acme", "new")}
    assert rows["sync_status"].value_counts().sort("count")["count"].to_list() == [66, 234]
    assert warehouse.read_one("SELECT full_name, name FROM repositories WHERE id = 'R_more'") == {
        "full_name": "acme/more",
        "name": None,
    }


def test_no_query_draws_a_progress_bar_on_standard_output(warehouse: Warehouse) -> None:
    with warehouse.cursor() as first, warehouse.cursor() as second:
        for cursor in (first, second):
            assert cursor.execute("SELECT current_setting('enable_progress_bar')").fetchone() == (False,)


def test_it_is_closed_only_once_nothing_is_written_any_more(warehouse_settings: WarehouseSettings) -> None:
    opened, is_writing, may_end = Warehouse(warehouse_settings), threading.Event(), threading.Event()

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        is_writing.set()
        may_end.wait(60)
        cursor.execute("CREATE TABLE late AS SELECT 1 AS a")

    writer, closer = threading.Thread(target=opened.transact, args=[work]), threading.Thread(target=opened.close)
    writer.start()
    assert is_writing.wait(60)
    closer.start()
    may_end.set()
    writer.join()
    closer.join()
    with Warehouse(warehouse_settings) as again:
        assert again.read("SELECT a FROM late")["a"].to_list() == [1]
