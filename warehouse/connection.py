"""The only place where DuckDB is opened.

A `Warehouse` is one in-memory DuckDB with the DuckLake attached. Any number of processes may have
one at once: the catalog (SQLite in WAL mode, or PostgreSQL) keeps readers and writers apart.
"""

import os
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb

from warehouse.errors import PrflowError
from warehouse.guard.masking import Masking, masking
from warehouse.home.attaching import attach_statement, extension_file, quoted
from warehouse.home.catalog import CATALOG_SECRET, connection_string, find_passwords, is_well_formed
from warehouse.home.catalog_file import CatalogFile
from warehouse.home.files import is_catalog_emptied, is_disk_full
from warehouse.home.object_store import extensions, is_remote, secret
from warehouse.home.upgrade_lock import locked_file, locked_server
from warehouse.home.version import VERSION_TABLE, is_newer, known_versions
from warehouse.settings import WarehouseSettings

# Half a second to import, and most that open a warehouse need neither: a query's process, a short command.
if TYPE_CHECKING:
    import polars as pl
    import sqlalchemy as sa

# A row of a query: column to value. Any, since each query has columns of its own.
Row = dict[str, Any]
# By place or by name.
Parameters = Sequence[object] | Mapping[str, object]

EXTENSIONS = {"sqlite": "sqlite_scanner", "postgres": "postgres_scanner"}

# duckdb/ducklake#1309: two processes that commit to a SQLite catalog at once can get "database is
# locked" at COMMIT in spite of the busy timeout; optimistic commits can conflict on any catalog.
# Either way nothing was written, and the transaction may run again.
CONFLICTS = ("database is locked", "conflict", "could not serialize", "deadlock detected", "disk I/O error")
# What PostgreSQL says to all but one of the processes that make a catalog at once.
MADE_AT_ONCE = ("duplicate key value", "already exists")
# SQLite says so of a conflict, and of a full disk.
FULL_PERHAPS = "disk I/O error"
ATTEMPTS = 30
MAX_PAUSE_SECONDS = 2.0
# Threads of each DuckDB; None for one per core. The tests take one: on their small tables a second doubles the cost.
THREADS: int | None = None
# By default DuckDB draws a progress bar on standard output after 2 s, also into a pipe: amid a JSON document.
NO_BAR = "SET enable_progress_bar = false"

# Extensions whose signature DuckDB has checked in this process. A check reads 70 MB and takes half a second
# of processor time; a flow opens the warehouse a dozen times.
_checked: set[str] = set()


def checked_extensions() -> list[str]:
    """Return the files of extensions that this process has checked, for a child to trust."""
    return sorted(_checked)


def trust_extensions(files: Iterable[str]) -> None:
    """Load these files of extensions without another check: the process that started this one has checked them."""
    _checked.update(files)


class WarehouseError(PrflowError):
    """The warehouse cannot be used. The message says why and what to do.

    WarehouseError
    ├── WarehouseMissing     nothing has been written yet
    └── WarehouseUnreadable  it is there, but cannot be opened
        └── WarehouseNewer   a newer prflow has upgraded it
    """


class WarehouseMissing(WarehouseError):
    """Nothing has been written yet."""


class WarehouseUnreadable(WarehouseError):
    """The warehouse is there, but cannot be opened."""


class WarehouseNewer(WarehouseUnreadable):
    """A newer prflow has upgraded the warehouse to a version that this one does not know."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"This warehouse is newer than this prflow: its tables are of version {version}, and this prflow knows "
            f"versions up to {known_versions()[-1]}.",
            "Upgrade prflow here, too. Or go back to a backup of before: `prflow restore` with `--replace`.",
        )


class Reads(ABC):
    """Whatever returns the rows of a query: a warehouse, or what was read of it a moment ago."""

    @abstractmethod
    def read(self, sql: str, parameters: Parameters = ()) -> "pl.DataFrame":
        """Read the rows of `sql` as a frame; timestamps are UTC. Parameters are bound, never interpolated."""

    def read_one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Read the first row of `sql` as a dictionary, or None if there is none."""
        rows = self.read(sql, parameters).head(1).to_dicts()
        return rows[0] if rows else None


class Warehouse(Reads):
    """One attached DuckLake. Use as a context manager; safe to share between threads.

    Reads run on cursors of their own, so a reader never waits for a commit of the same process. No error that leaves
    it holds a password: all leave through `cursor` or `_attach`, which mask them. Raises WarehouseNewer unless it may
    be of `any_version`.
    """

    def __init__(
        self, settings: WarehouseSettings | None = None, *, read_only: bool = False, any_version: bool = False
    ) -> None:
        self.settings = settings or WarehouseSettings()
        self.read_only = read_only
        self._write_lock = threading.Lock()
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._masking = _masking(self.settings)
        self._connection = _attach(self.settings, read_only, self._masking)
        catalog = self.settings.catalog
        self._file = CatalogFile(connection_string(catalog)) if catalog.startswith("sqlite:") else None
        if not any_version and is_newer(version := self.read_version()):
            self.close()
            raise WarehouseNewer(str(version))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it once no other thread writes: DuckDB would end the process."""
        with self._write_lock:
            while self._idle:
                self._idle.pop().close()
            self._connection.close()

    def read(self, sql: str, parameters: Parameters = ()) -> "pl.DataFrame":
        """Read the rows of `sql` as a frame; timestamps are UTC. Parameters are bound, never interpolated."""
        with self.cursor() as cursor:
            return cursor.execute(sql, parameters).pl()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a cursor with its own transaction state and the warehouse as its default schema.

        An error inside keeps its type; passwords and the catalog's address are taken out of its text.
        """
        with self._errors_masked():
            cursor = self._take_cursor()
            try:
                yield cursor
            except BaseException:
                cursor.close()
                raise
        # Kept for the next: choosing the schema again costs as much as a small query.
        self._idle.append(cursor)

    @contextmanager
    def _errors_masked(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._masking.mask_error(error)
            raise

    def _take_cursor(self) -> duckdb.DuckDBPyConnection:
        try:
            return self._idle.pop()  # atomic: a list is its own lock here
        except IndexError:
            cursor = self._connection.cursor()
            cursor.execute(f"{NO_BAR}; USE warehouse; SET TimeZone = 'UTC'")
            return cursor

    def transact(self, work: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        """Run `work` in one transaction, and again from its start if another process won the commit.

        `work` may therefore run several times: it must do nothing but write through the cursor.
        """
        with self._write_lock:
            _retry(lambda: self._transact_once(work), self.settings)

    def call(self, sql: str, parameters: Parameters = ()) -> int:
        """Run a procedure of the lake, again if another process won the commit; return the number of rows."""
        found: list[int] = []

        def step() -> None:
            with self.cursor() as cursor:
                found.append(len(cursor.execute(sql, parameters).fetchall()))

        with self._write_lock:
            _retry(step, self.settings)
        return found[-1]

    def _transact_once(self, work: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        with self.cursor() as cursor:
            cursor.execute("BEGIN TRANSACTION")
            try:
                work(cursor)
                cursor.execute("COMMIT")
            except BaseException:
                _rollback(cursor)
                raise

    def read_version(self) -> str | None:
        """Return the version of the tables; None if there are none yet, or if that cannot be read now."""
        with suppress(duckdb.Error), self.cursor() as cursor:
            row = cursor.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()
            return str(row[0]) if row else None
        return None

    @property
    def is_in_postgres(self) -> bool:
        """Return whether the catalog is in PostgreSQL, not a file of SQLite."""
        return self.settings.catalog.startswith("postgres")

    @contextmanager
    def upgrading(self) -> Iterator[None]:
        """Wait until no other process upgrades the warehouse, and keep the others waiting."""
        if self.is_in_postgres:
            with self.cursor() as cursor, locked_server(cursor):
                yield
        else:
            with locked_file(Path(connection_string(self.settings.catalog))):
                yield

    def snapshot_id(self) -> int:
        """Return the newest snapshot: it changes with every commit of any process, so it keys every cache."""
        return self._file.snapshot(self._read_snapshot_id) if self._file else self._read_snapshot_id()

    def _read_snapshot_id(self) -> int:
        with self.cursor() as cursor:
            row = cursor.execute("SELECT id FROM warehouse.current_snapshot()").fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def engine(self) -> "Iterator[sa.Engine]":
        """Open the same connection as a SQLAlchemy engine: for migrations, reflection and scripts."""
        import sqlalchemy as sa
        from duckdb_sqlalchemy import ConnectionWrapper
        from sqlalchemy.pool import StaticPool

        with self.cursor() as cursor:
            # StaticPool: a second in-memory connection would not have the lake attached.
            engine = sa.create_engine(
                "duckdb:///:memory:", creator=lambda: ConnectionWrapper(cursor), poolclass=StaticPool
            )
            yield engine


def _masking(settings: WarehouseSettings) -> Masking:
    if not settings.catalog.startswith("postgres"):
        return masking()
    address = connection_string(settings.catalog)
    return masking(address, find_passwords(address))


def _attach(settings: WarehouseSettings, read_only: bool, masked: Masking) -> duckdb.DuckDBPyConnection:
    kind, address = _check_catalog(settings.catalog)
    if is_catalog_emptied(
        settings.catalog, settings.data_path
    ):  # DuckLake would begin a new one, and the data would be lost to it
        raise WarehouseUnreadable(f"The catalog {address} is damaged (it is empty).")
    _prepare_folders(kind, address, settings.data_path, read_only)
    files = [extension_file(name) for name in _extensions(kind, settings.data_path)]
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_unsigned_extensions": _checked.issuperset(files),
            # A writer reads most files once: kept in memory they would only grow with the warehouse.
            "enable_external_file_cache": read_only,
            **({"threads": THREADS} if THREADS else {}),
        }
    )
    try:
        connection.execute(NO_BAR)
        for file in files:
            connection.execute(f"LOAD '{file}'")
        _checked.update(files)
        if kind == "sqlite":
            # Each thread would open the catalog again, which costs more than it reads: twice the time of a small query.
            connection.execute("SET GLOBAL sqlite_disable_multithreaded_scans = true")
        _keep_secrets(connection, kind, address, settings)
        attach = attach_statement(settings, kind, read_only)
        _retry(lambda: connection.execute(attach), settings, (*CONFLICTS, *MADE_AT_ONCE))
        connection.execute("USE warehouse; SET TimeZone = 'UTC'")
    except (duckdb.Error, RuntimeError) as error:
        connection.close()
        first = masked.mask(str(error)).partition("\n")[0]
        raise WarehouseUnreadable(f"The warehouse cannot be opened: {first}") from None
    return connection


def _check_catalog(catalog: str) -> tuple[str, str]:
    """Return the kind of catalog and its address."""
    kind = catalog.partition(":")[0].replace("postgresql", "postgres")
    address = connection_string(catalog)
    if kind not in EXTENSIONS or not address:
        raise WarehouseUnreadable(
            "PRFLOW_WAREHOUSE_CATALOG must begin with sqlite: or postgres:, followed by a file or a connection string."
        )
    if kind == "postgres" and not is_well_formed(address):
        raise WarehouseUnreadable(
            "The connection string in PRFLOW_WAREHOUSE_CATALOG cannot be read.",
            "Put a value with spaces or apostrophes between apostrophes, with a backslash before each apostrophe and "
            "backslash in it; in a URL write special characters as %40. Or set PGPASSWORD instead of a password in it.",
        )
    return kind, address


def _keep_secrets(connection: duckdb.DuckDBPyConnection, kind: str, address: str, settings: WarehouseSettings) -> None:
    """Give DuckDB passwords and keys as secrets: it shows those nowhere, as it does addresses and settings."""
    if kind == "postgres":
        connection.execute(f"CREATE SECRET {CATALOG_SECRET} (TYPE postgres, URI '{quoted(address)}')")
    if is_remote(settings.data_path):
        sql = "SELECT name, value FROM duckdb_settings() WHERE name LIKE 's3_%'"  # read from AWS_... and DUCKDB_S3_...
        connection.execute(secret(settings, dict(connection.execute(sql).fetchall())))
        for name in ("s3_access_key_id", "s3_secret_access_key", "s3_session_token"):
            connection.execute(f"SET GLOBAL {name} = ''")


def _prepare_folders(kind: str, address: str, data_path: str, read_only: bool) -> None:
    if kind == "sqlite" and read_only and not Path(address).exists():
        raise WarehouseMissing("There is no warehouse yet: run `prflow demo` or `prflow onboard OWNER` first.")
    if read_only:
        return
    if kind == "sqlite":
        Path(address).parent.mkdir(parents=True, exist_ok=True)
    if not is_remote(data_path):
        Path(data_path).mkdir(parents=True, exist_ok=True)


def _extensions(kind: str, data_path: str) -> list[str]:
    return ["ducklake", EXTENSIONS[kind], *extensions(data_path, os.environ)]


def is_conflict(error: duckdb.Error, signs: Iterable[str] = CONFLICTS) -> bool:
    """Return whether another process won the commit."""
    return any(sign.lower() in str(error).lower() for sign in signs)


def _retry(step: Callable[[], object], settings: WarehouseSettings, signs: Iterable[str] = CONFLICTS) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            step()
            return
        except duckdb.Error as error:
            is_full = FULL_PERHAPS in str(error) and is_disk_full(settings.home)
            if attempt == ATTEMPTS or is_full or not is_conflict(error, signs):
                raise
            time.sleep(random.uniform(0.01, min(MAX_PAUSE_SECONDS, 0.05 * 2**attempt)))


def _rollback(cursor: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # a failed COMMIT has already ended the transaction
        cursor.execute("ROLLBACK")
