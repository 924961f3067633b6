"""Commit the changes of many tasks together.

A commit costs about half a second when it touches a dozen tables, however few its rows. So all
changes that are handed in while one commit runs go into the next one, as one transaction: a single change if GitHub is
slower than the warehouse, hundreds if it is faster. A change is committed completely or not at all.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import polars as pl
from sqlalchemy import Table

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.guard.commits import Guard
from warehouse.guard.storable import UNSTORABLE, make_storable, parse_times
from warehouse.store import Delete, Merge, Replace, Write, commit

Row = Mapping[str, object]

# Bounds what a transaction holds in memory.
MAX_CHANGES_IN_A_COMMIT = 32


@dataclass(frozen=True)
class MergeRows:
    """A `Merge` of rows that are not a frame yet, all with the same columns. Timestamps may be ISO 8601 text."""

    table: Table
    rows: Sequence[Row]


@dataclass(frozen=True)
class StoreRows:
    """A `Merge` of the rows whose value in `column` the warehouse already has, and an insert of the others."""

    table: Table
    rows: Sequence[Row]
    column: str


@dataclass(frozen=True)
class ReplaceRows:
    """A `Replace` of all rows with certain values in one column by rows that are not a frame yet.

    Only values that the warehouse has are deleted: a delete that finds nothing reads the entire table.
    """

    table: Table
    rows: Sequence[Row]
    column: str
    values: Sequence[str]


@dataclass(frozen=True)
class DeleteRows:
    """A `Delete` of all rows with certain values in one column; `and_where` narrows it."""

    table: Table
    column: str
    values: Sequence[str]
    and_where: tuple[tuple[str, object], ...] = ()


Change = MergeRows | StoreRows | ReplaceRows | DeleteRows

FindKnown = Callable[[Sequence[str]], set[str]]
"""Returns the values of StoreRows and ReplaceRows of which the warehouse has rows."""


@dataclass
class _Work:
    changes: Sequence[Change]
    committed: asyncio.Future[None]


class Committer:
    """Collects changes and commits them together.

    Use it as an async context manager: leaving it commits what was handed in, also after an error.

    `also` returns a write to add to each commit, or None. Each commit is made within `guard`.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        find_known: FindKnown,
        also: Callable[[], Write | None],
        guard: Guard = nullcontext,
    ) -> None:
        self.commits = 0
        self._guard = guard
        self._warehouse = warehouse
        self._find_known = find_known
        self._also = also
        self._work: asyncio.Queue[_Work | None] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._work.put_nowait(None)
        await asyncio.shield(self._task)

    async def commit(self, *changes: Change) -> None:
        """Return when `changes` are in the warehouse, all in one transaction; raise what that raised."""
        work = _Work(changes, asyncio.get_running_loop().create_future())
        self._work.put_nowait(work)
        await asyncio.shield(work.committed)

    async def _run(self) -> None:
        is_open = True
        while is_open:
            group: list[_Work] = []
            work = await self._work.get()
            while work is not None:
                group.append(work)
                if self._work.empty() or len(group) == MAX_CHANGES_IN_A_COMMIT:
                    break
                work = self._work.get_nowait()
            is_open = work is not None
            if group:
                await self._commit_group(group)

    async def _commit_group(self, group: list[_Work]) -> None:
        """Commit the changes of a group, in halves if that fails: a change that cannot be stored fails alone."""
        changes = [change for work in group for change in work.changes]
        writes = asyncio.to_thread(self._write, changes)
        failure = (await asyncio.gather(writes, return_exceptions=True))[0]
        self.commits += 1
        if failure is not None and len(group) > 1:
            half = len(group) // 2
            await self._commit_group(group[:half])
            return await self._commit_group(group[half:])
        for work in group:
            if failure is None:
                work.committed.set_result(None)
            else:
                work.committed.set_exception(failure)
                work.committed.exception()  # whoever handed it in may have been cancelled meanwhile
        return None

    def _write(self, changes: Sequence[Change]) -> None:
        stored = [str(row[change.column]) for change in changes if isinstance(change, StoreRows) for row in change.rows]
        with self._guard():
            known = self._find_known(stored) if stored else set()
            also = self._also()
            commit(self._warehouse, *combine(changes, known), *([also] if also is not None else []))


def combine(changes: Iterable[Change], known: set[str]) -> list[Write]:
    """Combine these changes into as few writes as possible: similar writes to one table become one.

    If keys repeat, later rows win, as they would one after the other. `known` are the stored or replaced values that
    the warehouse already has.
    """
    groups: dict[Hashable, list[Change]] = {}
    for change in changes:
        groups.setdefault(_kind_of(change), []).append(change)
    return [write for group in groups.values() for write in _combine(group, known)]


def to_frame(table: Table, rows: Sequence[Row]) -> pl.DataFrame:
    """Make a frame with the columns of the first row and exactly the types of `table`.

    A column of timestamps may be text: converting the column at once is forty times faster than each value. A value
    that its column cannot hold is left out.
    """
    types = {name: kind for name, kind in schema.polars_schema(table).items() if name in rows[0]} if rows else {}
    try:
        return _to_frame(rows, types)
    except UNSTORABLE:
        return _to_frame(make_storable(rows, types)[0], types)


def _to_frame(rows: Sequence[Row], types: dict[str, pl.DataType]) -> pl.DataFrame:
    times = [name for name, kind in types.items() if isinstance(kind, pl.Datetime) and _is_text(rows, name)]
    frame = pl.DataFrame(rows, schema=types | dict.fromkeys(times, pl.String()))
    columns = [parse_times(frame[name], strict=True) for name in times]
    return frame.with_columns(columns) if columns else frame


def _is_text(rows: Sequence[Row], name: str) -> bool:
    return next((isinstance(row[name], str) for row in rows if row[name] is not None), False)


def _kind_of(change: Change) -> Hashable:
    match change:
        case MergeRows(table, rows):
            return "merge", table.name, tuple(rows[0]) if rows else ()
        case StoreRows(table):
            return "store", table.name
        case ReplaceRows(table, _, column):
            return "replace", table.name, column
        case DeleteRows(table, column, _, and_where):
            return "delete", table.name, column, and_where


def _combine(group: Sequence[Change], known: set[str]) -> list[Write]:
    match group[0]:
        case MergeRows(table):
            return [Merge(table, to_frame(table, _rows(group)))]
        case StoreRows(table, _, column):
            return _store(table, _rows(group), column, known)
        case ReplaceRows(table, _, column):
            old = [value for value in _values(group) if value in known]
            return [Replace(table, to_frame(table, _rows(group)), {column: old})]
        case DeleteRows(table, column, _, and_where):
            return [Delete(table, {column: _values(group), **dict(and_where)})]


def _store(table: Table, rows: Sequence[Row], column: str, known: set[str]) -> list[Write]:
    unique = {row[column]: row for row in rows}
    old = [row for value, row in unique.items() if value in known]
    new = [row for value, row in unique.items() if value not in known]
    merge: list[Write] = [Merge(table, to_frame(table, old))] if old else []
    return [*merge, Replace(table, to_frame(table, new), {column: []})] if new else merge


def _rows(group: Sequence[Change]) -> list[Row]:
    return [row for change in group if not isinstance(change, DeleteRows) for row in change.rows]


def _values(group: Sequence[Change]) -> list[str]:
    return [value for change in group if isinstance(change, ReplaceRows | DeleteRows) for value in change.values]
