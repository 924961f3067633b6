"""Keep the lake fast: each commit is a snapshot and leaves small files, and a read opens every one of them.

Merging them changes no row. Snapshots are kept for `keep`, so that a report of last week can be read again;
files that no snapshot needs are deleted days later, when no reader can still have them open.
"""

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
    with suppress(duckdb.Error):  # a writer put rows into the catalog meanwhile: the next upkeep rewrites them
        warehouse.call(f"CALL ducklake_rewrite_data_files('warehouse', delete_threshold => {FEW_DELETES})")
    warehouse.call("CALL ducklake_merge_adjacent_files('warehouse')")
    deleted = warehouse.call(
        "CALL ducklake_cleanup_old_files('warehouse', older_than => ?::TIMESTAMPTZ)", [now - READERS_GRACE]
    )
    return Upkeep(before, count_files(warehouse), expired, deleted)


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
