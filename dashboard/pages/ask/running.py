"""Run a person's statement in the sandbox, and keep what this session asked."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore
from time import monotonic

import polars as pl
import streamlit as st

from dashboard.access.rule import EVERY_TEAM, What
from dashboard.reading import clock, person
from warehouse.errors import PrflowError
from warehouse.guard.untrusted import strip_invisible
from warehouse.sandbox.bounds import MEGABYTE, Bounds
from warehouse.sandbox.errors import QueryTooLarge
from warehouse.sandbox.parent import Result, read_result
from warehouse.settings import WarehouseSettings
from warehouse.words import plural

MAX_ROWS = 10_000
MAX_SECONDS = 30
# A page is open to more than one person, and each statement is a process with memory of its own.
MAX_AT_ONCE = 2
MAX_HISTORY = 20
MAX_MESSAGE = 2_000
# Characters of a cell that are shown.
MAX_CELL = 2_000
BOUNDS = Bounds(
    seconds=MAX_SECONDS,
    rows=MAX_ROWS + 1,  # one more than is shown says that there are more
    result_bytes=64 * MEGABYTE,
    memory_bytes=1_024 * MEGABYTE,
    first_rows_only=True,
    nested_chars=MAX_CELL + 1,  # as for rows: one more says that there are more
)
# A file has every value, and as many rows as the page.
WITH_LISTS = replace(BOUNDS, rows=MAX_ROWS, nested_chars=None)
WITH_JSON = replace(WITH_LISTS, nested_chars=BOUNDS.result_bytes)
LAST = "sql_last"
HISTORY = "sql_history"


@dataclass(frozen=True)
class Answer:
    """What a statement gave: its rows, at most `MAX_ROWS` of them, or the `problem` for which it has none.

    Lists and structures are JSON, as much of it as is shown; `has_nested` if there are any.
    """

    sql: str
    rows: pl.DataFrame
    problem: str
    is_cut: bool
    seconds: float
    asked_at: datetime
    has_nested: bool = False

    @property
    def outcome(self) -> str:
        """Say in a few words what came of it."""
        if self.problem:
            return "failed"
        return f"first {MAX_ROWS:,} rows" if self.is_cut else plural(self.rows.height, "row")


@dataclass(frozen=True)
class Asked:
    """A statement of this session without its rows, which would fill the memory."""

    sql: str
    outcome: str
    asked_at: datetime


@st.cache_resource(show_spinner=False)
def _slots() -> BoundedSemaphore:
    """Return what all sessions of this process share."""
    return BoundedSemaphore(MAX_AT_ONCE)


def ask(sql: str) -> Answer:
    """Run the statement and put it at the head of this session's history; never raises for what it says.

    Raises Refused if the person of the session may run none.
    """
    person.require(What.SQL, EVERY_TEAM)
    began, asked_at = monotonic(), clock.now()
    result, problem = Result(pl.DataFrame(), has_nested=False), ""
    try:
        result = _run(sql, BOUNDS)
    except PrflowError as error:
        problem = _clean(str(error), hidden_folders(WarehouseSettings()))
    rows, seconds = result.rows, monotonic() - began
    answer = Answer(sql, rows.head(MAX_ROWS), problem, rows.height > MAX_ROWS, seconds, asked_at, result.has_nested)
    st.session_state[LAST] = answer
    others = [one for one in history() if one.sql != sql]
    st.session_state[HISTORY] = [Asked(sql, answer.outcome, asked_at), *others][:MAX_HISTORY]
    return answer


def last() -> Answer | None:
    """Return the answer on show; None if nothing was asked."""
    answer: Answer | None = st.session_state.get(LAST)
    return answer


def history() -> list[Asked]:
    """Return what this session asked, the latest first, each statement once."""
    asked: list[Asked] = st.session_state.get(HISTORY, [])
    return asked


def read_for_file(answer: Answer, bounds: Bounds, claims: Mapping[str, object]) -> pl.DataFrame:
    """Return the rows with every value: the statement is run again if the answer has lists, which are cut there.

    `claims` are those of the session that drew the button. Raises WarehouseError; Refused if they are of somebody who
    may run no statement any more.
    """
    person.require_still(claims, What.SQL, EVERY_TEAM)
    return _run(answer.sql, bounds).rows if answer.has_nested else answer.rows


def _run(sql: str, bounds: Bounds) -> Result:
    if not _slots().acquire(timeout=MAX_SECONDS):
        raise QueryTooLarge("Other statements are still running. Run this one again in a moment.")
    try:
        return read_result(WarehouseSettings(), sql, bounds)
    finally:
        _slots().release()


def hidden_folders(settings: WarehouseSettings) -> tuple[str, ...]:
    """Return where this machine keeps things: an error names a file, but the page must not."""
    home = settings.home.resolve()
    return (settings.data_path, str(home), str(settings.home), sys.prefix, sys.base_prefix, str(Path.home()))


def _clean(message: str, folders: Iterable[str]) -> str:
    """Return DuckDB's own words without this machine's folders; lines stay, as one of them points at the place."""
    for folder in sorted(folders, key=len, reverse=True):
        if len(folder.strip("/.")) > 1:
            message = message.replace(folder, "…")
    return strip_invisible(message)[:MAX_MESSAGE]
