"""Let one process at a time upgrade a warehouse; the others wait until it has done."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse.home.catalog import CATALOG_SECRET

SERVER = "prflow_server"
"""The name under which the catalog's PostgreSQL is attached beside the lake."""
# Any number that no other program of the database takes for its own.
ADVISORY_LOCK = 7_730_112_026


@contextmanager
def locked_file(catalog: Path) -> Iterator[None]:
    """Hold a lock beside a catalog that is a file. It ends with the process, however that ends."""
    with catalog.with_name(f"{catalog.name}.upgrade").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def attached_server(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Attach the catalog's PostgreSQL, to send it statements of its own."""
    cursor.execute(f"ATTACH IF NOT EXISTS '' AS {SERVER} (TYPE postgres, SECRET {CATALOG_SECRET})")
    yield


@contextmanager
def locked_server(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Hold an advisory lock in PostgreSQL for the length of a transaction, which ends with the process."""
    with attached_server(cursor):
        cursor.execute("BEGIN TRANSACTION")
        try:
            lock = f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})::text"
            cursor.execute(f"FROM postgres_query('{SERVER}', '{lock}')").fetchall()
            yield
        finally:
            cursor.execute("ROLLBACK")
