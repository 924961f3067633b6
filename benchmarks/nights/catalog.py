"""Read and set what the catalog of a lake (a SQLite file) says of itself.

DuckLake notes the machine's time with each snapshot and each file that is to be deleted. The nights have a clock of
their own, so that time is replaced by theirs, or nothing would ever be old enough to be forgotten.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path


@contextmanager
def opened(catalog: Path) -> Iterator[sqlite3.Connection]:
    """Open the catalog, which nothing else may have open, and commit at the end."""
    with closing(sqlite3.connect(catalog)) as connection, connection:
        yield connection


def set_times(catalog: Path, since: datetime, at: datetime) -> None:
    """Say `at` of everything that is noted as of `since`, the start of the benchmark, or later."""
    with opened(catalog) as connection:
        for table, column in (
            ("ducklake_snapshot", "snapshot_time"),
            ("ducklake_files_scheduled_for_deletion", "schedule_start"),
        ):
            sql = f"UPDATE {table} SET {column} = ? WHERE {column} >= ?"
            connection.execute(sql, (_text(at), _text(since)))


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}.000000+00"


def count_snapshots(catalog: Path) -> int:
    with opened(catalog) as connection:
        return int(connection.execute("SELECT count(*) FROM ducklake_snapshot").fetchone()[0])


def read_newest_snapshot(catalog: Path) -> int:
    with opened(catalog) as connection:
        return int(connection.execute("SELECT max(snapshot_id) FROM ducklake_snapshot").fetchone()[0])


def count_rows_written(catalog: Path, since: int) -> int:
    """Count the rows that snapshots after `since` wrote, in data files and in the catalog itself."""
    with opened(catalog) as connection:
        files = "SELECT coalesce(sum(record_count), 0) FROM ducklake_data_file WHERE begin_snapshot > ?"
        written = int(connection.execute(files, (since,)).fetchone()[0])
        for (name,) in connection.execute("SELECT table_name FROM ducklake_inlined_data_tables").fetchall():
            sql = f"SELECT count(*) FROM {name} WHERE begin_snapshot > ?"
            written += int(connection.execute(sql, (since,)).fetchone()[0])
        return written
