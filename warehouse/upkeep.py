"""Keep the lake fast: each commit is a snapshot and leaves small files, and a read opens every one of them.

Merging them changes no row. Snapshots are kept for `keep`, so that a report of last week can be read again;
files that no snapshot needs are deleted days later, when no reader can still have them open.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from warehouse.connection import Warehouse
from warehouse.events.outbox import GIVE_UP_AFTER

# A reader takes its list of files at its first statement, and none takes a day to open them. Two days, since a
# SQLite catalog keeps the time as text and compares "2026-08-22 09:00" with "2026-08-22T08:00": by the day only.
READERS_GRACE = timedelta(days=2)


FEW_DELETES = 0.01
"""A file is written again once this share of its rows is deleted: each night touches a few rows of many files."""
SMALL = 2_000_000
"""Bytes up to which a table, or a file of a larger one, is written again every night."""
LARGE, MANY = 64_000_000, 12
"""A larger table is written again once it has MANY files more than one for each LARGE bytes.

Earlier states keep what was written before for as long as they are kept: a table of gigabytes must not be written again
for a night's few rows.
"""
KEPT_FOR = timedelta(days=90)
"""What happened and what people were told is kept this long. An event is found for three days, so none comes twice."""


@dataclass(frozen=True)
class Upkeep:
    """The result of an upkeep. `files` counts the Parquet files that the newest snapshot reads, deletes included."""

    files_before: int
    files_after: int
    snapshots_expired: int
    files_deleted: int


def tidy(warehouse: Warehouse, now: datetime, keep: timedelta) -> Upkeep:
    """Merge small files, expire snapshots older than `keep`, delete files that nothing reads.

    Safe beside writers and readers. Each step is a transaction of its own, and is repeated if another process commits
    meanwhile.
    """
    before = count_files(warehouse)
    expired = warehouse.call("CALL ducklake_expire_snapshots('warehouse', older_than => ?::TIMESTAMPTZ)", [now - keep])
    # In this order: files with deletes are never merged, and rewriting fails while rows of them are in the catalog.
    warehouse.call("CALL ducklake_flush_inlined_data('warehouse')")
    due = list_due(warehouse)
    with suppress(duckdb.Error):  # a writer put rows into the catalog meanwhile: the next upkeep rewrites them
        _call_for_each(warehouse, _REWRITE, due)
    _call_for_each(warehouse, _MERGE, due)
    warehouse.call(f"CALL ducklake_merge_adjacent_files('warehouse', max_file_size => {SMALL})")
    deleted = warehouse.call(
        "CALL ducklake_cleanup_old_files('warehouse', older_than => ?::TIMESTAMPTZ)", [now - READERS_GRACE]
    )
    return Upkeep(before, count_files(warehouse), expired, deleted)


def list_due(warehouse: Warehouse) -> list[str]:
    """Return the tables that are to be written again: small ones, and larger ones that have become many files."""
    return warehouse.read(_DUE, {"small": SMALL, "large": LARGE, "many": MANY})["table_name"].to_list()


_DUE = """
SELECT table_name FROM ducklake_table_info('warehouse')
WHERE file_count + delete_file_count > 1
  AND (file_size_bytes < $small OR file_count + delete_file_count > $many + file_size_bytes // $large)
ORDER BY table_name
"""
_REWRITE = f"CALL ducklake_rewrite_data_files('warehouse', '{{table}}', delete_threshold => {FEW_DELETES})"
_MERGE = "CALL ducklake_merge_adjacent_files('warehouse', '{table}')"


def _call_for_each(warehouse: Warehouse, sql: str, tables: Sequence[str]) -> None:
    """Call a procedure of the lake for each table, in one transaction: one snapshot for all."""

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        for table in tables:
            cursor.execute(sql.format(table=table)).fetchall()

    if tables:
        warehouse.transact(work)


def forget_messages(warehouse: Warehouse, now: datetime) -> None:
    """Delete the events, messages and problems of more than 90 days ago; give up messages that no channel took."""

    def work(cursor: duckdb.DuckDBPyConnection) -> None:
        before = [now - KEPT_FOR]
        cursor.execute("DELETE FROM events WHERE noted_at < ?", before)
        cursor.execute("DELETE FROM problems WHERE ended_at < ?", before)
        cursor.execute("DELETE FROM messages WHERE created_at < ?", before)
        cursor.execute(_GIVE_UP, [now - GIVE_UP_AFTER])

    warehouse.transact(work)


_GIVE_UP = "UPDATE messages SET state = 'given_up' WHERE state = 'waiting' AND created_at < ?"


def rewrite(warehouse: Warehouse) -> None:
    """Write the files again from which rows were deleted, without those rows.

    Earlier snapshots keep the files as they were, until `tidy` expires them.
    """
    warehouse.call("CALL ducklake_rewrite_data_files('warehouse', delete_threshold => 0)")


def count_files(warehouse: Warehouse) -> int:
    """Count the Parquet files behind all tables as of now."""
    row = warehouse.read_one(
        "SELECT coalesce(sum(file_count + delete_file_count), 0)::BIGINT AS files FROM ducklake_table_info('warehouse')"
    )
    return int(row["files"]) if row else 0
