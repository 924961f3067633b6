"""A small database that all processes share: a file of this host, or PostgreSQL if the warehouse's catalog is there.

For what changes every few seconds and is over soon: slots of a rate, shares, leases. In the lake each change would be a
snapshot and a file.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

from warehouse.connection import WarehouseUnreadable
from warehouse.guard.masking import masking
from warehouse.home.catalog import connection_string, find_passwords, is_well_formed
from warehouse.settings import WarehouseSettings

BUSY_TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS = 10
Parameters = Sequence[object]


class Database(Protocol):
    """What its users need of a database; statements have `?` for each parameter."""

    def close(self) -> None: ...

    def prepare(self, tables: Sequence[str]) -> None:
        """Make the tables that do not exist; `{identity}` stands for a key that counts up."""

    def seconds_ahead(self, now: float) -> float:
        """Return how far the clock of the database is ahead of the caller's, who says that it is `now`."""

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep all other processes out of `exclusive` until the block ends; an error undoes what was written."""

    def read(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]: ...

    def write(self, sql: str, parameters: Parameters) -> None: ...


class FileDatabase:
    """A file of SQLite, for all processes of this host."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_TIMEOUT_SECONDS) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Used from one thread at a time, but not always from the one that opened it.
        self._connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)

    def close(self) -> None:
        self._connection.close()

    def prepare(self, tables: Sequence[str]) -> None:
        # synchronous OFF: a power cut may lose the last minute, which no longer matters once the machine is up again.
        # The rollback journal rather than WAL: switching to WAL fails as busy while others open the file.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA journal_mode = PERSIST")
        with self.exclusive():
            for statement in tables:
                self._connection.execute(statement.replace("{identity}", "INTEGER PRIMARY KEY"))

    def seconds_ahead(self, now: float) -> float:
        return 0.0

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def read(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, parameters).fetchall()

    def write(self, sql: str, parameters: Parameters) -> None:
        self._connection.execute(sql, parameters)


class ServerDatabase:
    """PostgreSQL, for all hosts. An error names neither password nor address, and is one of the warehouse's.

    `subject` says in words what lies in it; `lock` is the number of the advisory lock of `exclusive`.
    """

    def __init__(self, address: str, subject: str, lock: int) -> None:
        self._address = address
        self._subject, self._lock = subject, lock
        self._masking = masking(address, find_passwords(address))
        self._connection = self._connect()

    def close(self) -> None:
        self._connection.close()

    def prepare(self, tables: Sequence[str]) -> None:
        identity = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        with self.exclusive():  # CREATE IF NOT EXISTS of two processes at once can fail
            for statement in tables:
                self.write(statement.replace("{identity}", identity), ())

    def seconds_ahead(self, now: float) -> float:
        """Return the difference to the server's clock, within the time that one statement takes."""
        return float(self.read("SELECT extract(epoch FROM clock_timestamp())::float8", ())[0][0]) - now

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._errors_named():
            self._revive()
            with self._connection.transaction():
                self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (self._lock,))
                yield

    def read(self, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        with self._errors_named():
            return self._connection.execute(sql.replace("?", "%s").encode(), parameters).fetchall()

    def write(self, sql: str, parameters: Parameters) -> None:
        with self._errors_named():
            self._connection.execute(sql.replace("?", "%s").encode(), parameters)

    def _revive(self) -> None:
        """Connect again if the server was away since the last time; what was sent before is in the log."""
        try:
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError:
            self._connection.close()
            self._connection = self._connect()

    def _connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        with self._errors_named():
            return psycopg.connect(self._address, autocommit=True, connect_timeout=CONNECT_SECONDS)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            said = self._masking.mask(str(error)).partition("\n")[0]
            raise WarehouseUnreadable(f"{self._subject} cannot be reached: {said}") from None


def open_shared(home: Path, file: str, subject: str, lock: int, busy_seconds: float = BUSY_TIMEOUT_SECONDS) -> Database:
    """Open PostgreSQL if the catalog is there, else `file` in the home, which waits so long for others."""
    settings = WarehouseSettings(home=home)
    address = connection_string(settings.catalog)
    if settings.catalog.startswith("postgres") and is_well_formed(address):
        return ServerDatabase(address, subject, lock)
    return FileDatabase(home / file, busy_seconds)
