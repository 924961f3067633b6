"""Of changes that fail together those that can be stored are stored."""

import asyncio
from collections.abc import Sequence

import duckdb
import pytest

from warehouse import schema
from warehouse.committer import Change, DeleteRows, MergeRows, ReplaceRows, StoreRows
from warehouse.guard.refusals import commit_apart, divide, may_be_about_data


def changes_of(*keys: str) -> list[Change]:
    return [
        StoreRows(schema.pull_requests, [{"id": key, "number": 1} for key in keys], "id"),
        ReplaceRows(
            schema.files, [{"pull_request_id": key, "path": "a"} for key in keys], "pull_request_id", list(keys)
        ),
        MergeRows(schema.sync_items, [{"pull_request_id": key, "phase": 1} for key in keys]),
        MergeRows(schema.repositories, [{"id": "R", "sync_status": "done"}]),
        DeleteRows(schema.pull_requests, "id", ["gone"]),
    ]


def store(keys: Sequence[str], *bad: str) -> tuple[list[set[str]], dict[str, Exception]]:
    """Store pull requests of which some cannot be: what each commit stored, and what was refused."""
    stored: list[set[str]] = []

    async def commit(*changes: Change) -> None:
        ids = {str(row["id"]) for change in changes if isinstance(change, StoreRows) for row in change.rows}
        if ids & set(bad):
            raise duckdb.ConversionException("it is too long")
        stored.append(ids)

    return stored, asyncio.run(commit_apart(commit, changes_of(*keys)))


def test_one_that_cannot_be_stored_leaves_all_others_stored() -> None:
    stored, refused = store("abcdefgh", "f")
    assert list(refused) == ["f"]
    assert set().union(*stored) == set("abcdegh")


def test_if_none_can_be_stored_it_is_not_for_their_data() -> None:
    with pytest.raises(duckdb.ConversionException):
        store("abcd", *"abcd")


def test_a_single_one_is_refused_with_its_reason() -> None:
    _, refused = store("a", "a")
    assert str(refused["a"]) == "it is too long"


def test_each_pull_request_keeps_its_own_changes_in_their_order() -> None:
    shared, own = divide(changes_of("a", "b"))
    assert shared == [MergeRows(schema.repositories, [{"id": "R", "sync_status": "done"}])]
    assert own["a"] == changes_of("a")[:3]
    assert own["gone"] == [DeleteRows(schema.pull_requests, "id", ["gone"])]


def test_a_full_disk_and_a_rival_are_not_about_data() -> None:
    assert may_be_about_data(duckdb.TransactionException("unterminated quoted string"))
    assert not may_be_about_data(duckdb.TransactionException("Transaction conflict"))
    assert not may_be_about_data(duckdb.IOException("No space left on device"))
    assert not may_be_about_data(KeyError("x"))
