"""Changes of many tasks are committed together, each whole or not at all."""

import asyncio
from collections.abc import Sequence

import pytest

from warehouse import schema
from warehouse.committer import Change, Committer, DeleteRows, MergeRows, ReplaceRows, StoreRows, combine
from warehouse.connection import Warehouse
from warehouse.store import Delete, Merge, Replace, Write


def file(pull_request: str, path: str, additions: int = 0) -> dict[str, object]:
    return {"team_id": "acme", "pull_request_id": pull_request, "path": path, "additions": additions}


def replace(pull_request: str, *paths: str) -> ReplaceRows:
    rows = [file(pull_request, path) for path in paths]
    return ReplaceRows(schema.files, rows, "pull_request_id", [pull_request])


def store(pull_request: str, number: int = 1) -> StoreRows:
    return StoreRows(
        schema.pull_requests, [{"id": pull_request, "number": number, "updated_at": "2026-01-01T00:00:00Z"}], "id"
    )


def status(name: str) -> MergeRows:
    return MergeRows(schema.repositories, [{"id": "R", "sync_status": name}])


def work(warehouse: Warehouse, *groups: Sequence[Change]) -> int:
    """Hand the groups in at once; returns the number of commits."""

    def find_known(ids: Sequence[str]) -> set[str]:
        return set(warehouse.read("SELECT id FROM pull_requests WHERE id IN (SELECT unnest(?))", [list(ids)])["id"])

    async def run() -> int:
        async with Committer(warehouse, find_known, lambda: None) as committer:
            await asyncio.gather(*(committer.commit(*group) for group in groups))
        return committer.commits

    return asyncio.run(run())


def files(warehouse: Warehouse) -> list[tuple[str, str]]:
    return warehouse.read("SELECT pull_request_id, path FROM files ORDER BY ALL").rows()


def test_what_is_handed_in_together_is_one_commit(warehouse: Warehouse) -> None:
    groups = [[store(key), replace(key, "x", "y")] for key in "abcde"]
    assert work(warehouse, *groups) == 1
    assert files(warehouse) == [(key, path) for key in "abcde" for path in "xy"]


def test_rows_of_a_pull_request_that_is_known_are_replaced_and_others_stay(warehouse: Warehouse) -> None:
    work(warehouse, [store("a"), replace("a", "x", "y")], [store("b"), replace("b", "x")])
    work(warehouse, [store("a", 9), replace("a", "z")])
    assert files(warehouse) == [("a", "z"), ("b", "x")]
    assert warehouse.read("SELECT id, number FROM pull_requests ORDER BY id").rows() == [("a", 9), ("b", 1)]


def test_the_later_of_two_changes_of_one_row_wins(warehouse: Warehouse) -> None:
    work(warehouse, [status("scanning")], [status("syncing")], [status("done")])
    assert warehouse.read("SELECT sync_status FROM repositories").rows() == [("done",)]


def test_a_change_that_cannot_be_written_fails_for_who_handed_it_in(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="no column nonsense"):
        work(warehouse, [DeleteRows(schema.files, "nonsense", ["a"])])


def test_leaving_commits_what_was_handed_in_although_nobody_waits_any_more(warehouse: Warehouse) -> None:
    async def run() -> None:
        async with Committer(warehouse, lambda _: set(), lambda: None) as committer:
            task = asyncio.create_task(committer.commit(store("a"), replace("a", "x")))
            await asyncio.sleep(0)
            task.cancel()

    asyncio.run(run())
    assert files(warehouse) == [("a", "x")]


def kinds(writes: list[Write]) -> list[tuple[type, str]]:
    return [(type(write), write.table.name) for write in writes]


def test_changes_alike_become_one_write() -> None:
    writes = combine(
        [
            store("a"),
            replace("a", "x"),
            status("done"),
            DeleteRows(schema.comments, "id", ["c"]),
            store("b"),
            replace("b", "y"),
            DeleteRows(schema.comments, "id", ["d"]),
        ],
        known={"b"},
    )
    assert kinds(writes) == [
        (Merge, "pull_requests"),
        (Replace, "pull_requests"),
        (Replace, "files"),
        (Merge, "repositories"),
        (Delete, "comments"),
    ]
    assert [write.where for write in writes if isinstance(write, Replace)] == [{"id": []}, {"pull_request_id": ["b"]}]


def test_merges_of_different_columns_stay_apart() -> None:
    other = MergeRows(schema.repositories, [{"id": "R", "full_name": "acme/one"}])
    assert kinds(combine([status("done"), other], set())) == [(Merge, "repositories")] * 2
