"""Changes that the warehouse refuses for their data: found by halving, so that the others are stored."""

from collections.abc import Awaitable, Callable, Sequence

import duckdb

from warehouse.committer import Change, DeleteRows, MergeRows, ReplaceRows, Row, StoreRows
from warehouse.connection import is_conflict
from warehouse.guard.storable import UNSTORABLE

Commit = Callable[..., Awaitable[None]]

# Whatever is written, these would come again.
_OF_THE_MACHINE = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.ConnectionException,
    duckdb.InterruptException,
)


def may_be_about_data(error: BaseException) -> bool:
    """Return whether a commit may have failed for what was to be written: not for its disk, memory or rivals."""
    if isinstance(error, duckdb.Error):
        return not isinstance(error, _OF_THE_MACHINE) and not is_conflict(error)
    return isinstance(error, UNSTORABLE)


async def commit_apart(commit: Commit, changes: Sequence[Change]) -> dict[str, Exception]:
    """Commit what can be committed of changes that failed together; return the pull requests that cannot, by id.

    Raises the error if it does not concern single pull requests: none can be stored, or not what they share.
    """
    shared, own = divide(changes)
    if shared:
        await commit(*shared)
    refused = await _commit_halves(commit, own, list(own))
    stored = {key for key, parts in own.items() if any(isinstance(part, StoreRows) for part in parts)}
    if len(stored) > 1 and stored <= set(refused):
        raise next(iter(refused.values()))
    return refused


async def _commit_halves(commit: Commit, own: dict[str, list[Change]], keys: list[str]) -> dict[str, Exception]:
    if not keys:
        return {}
    try:
        await commit(*(change for key in keys for change in own[key]))
    except Exception as error:
        if not may_be_about_data(error):
            raise
        if len(keys) == 1:
            return {keys[0]: error}
        half = len(keys) // 2
        first = await _commit_halves(commit, own, keys[:half])
        return first | await _commit_halves(commit, own, keys[half:])
    return {}


def divide(changes: Sequence[Change]) -> tuple[list[Change], dict[str, list[Change]]]:
    """Divide changes into those that no single pull request owns, and those of each pull request, in their order."""
    shared: list[Change] = []
    own: dict[str, list[Change]] = {}
    for change in changes:
        parts = _divide(change)
        if parts is None:
            shared.append(change)
        for key, part in (parts or {}).items():
            own.setdefault(key, []).append(part)
    return shared, own


def _divide(change: Change) -> dict[str, Change] | None:
    """Return the part of each pull request; None if the rows do not belong to pull requests."""
    match change:
        case StoreRows(table, rows, column):
            return {key: StoreRows(table, found, column) for key, found in _group(rows, column).items()}
        case MergeRows(table, rows) if "pull_request_id" in table.columns:
            return {key: MergeRows(table, found) for key, found in _group(rows, "pull_request_id").items()}
        case ReplaceRows(table, rows, "pull_request_id" as column, values):
            found = _group(rows, column)
            return {key: ReplaceRows(table, found.get(key, []), column, [key]) for key in values}
        case DeleteRows(table, column, values, and_where) if (
            "pull_request" in table.name or column == "pull_request_id"
        ):
            return {key: DeleteRows(table, column, [key], and_where) for key in values}
    return None


def _group(rows: Sequence[Row], column: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row[column]), []).append(row)
    return groups
