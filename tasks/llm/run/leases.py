"""Leases on pull requests, so that two runs never send the same one.

A lease expires after LEASE, and at once when its run is over; then the next run takes it. DuckLake lets two
transactions insert side by side, so each claim also rewrites one row of the team: of two concurrent claims one
fails to commit and is retried on what the other left.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from warehouse.connection import Warehouse
from warehouse.schema import analysis_leases
from warehouse.store import Delete

LEASE = timedelta(seconds=90)
RENEWED_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class Leases:
    """The leases of one run."""

    warehouse: Warehouse
    team_id: str
    run_id: str

    def open(self, now: datetime) -> None:
        """Insert the row that claims rewrite, and release what an earlier attempt of this run held."""
        row = [self._lock, self.team_id, "", now]

        def work(cursor: duckdb.DuckDBPyConnection) -> None:
            cursor.execute("DELETE FROM analysis_leases WHERE run_id = ?", [self.run_id])
            lock = cursor.execute("SELECT 1 FROM analysis_leases WHERE pull_request_id = ?", [self._lock]).fetchone()
            if lock is None:
                cursor.execute("INSERT INTO analysis_leases VALUES (?, ?, ?, ?)", row)

        self.warehouse.transact(work)

    def claim(self, ids: Sequence[str], now: datetime) -> list[str]:
        """Lease those of `ids` that no other live run holds, and return them in order."""
        leased: list[str] = []

        def work(cursor: duckdb.DuckDBPyConnection) -> None:
            cursor.execute("UPDATE analysis_leases SET expires_at = ? WHERE pull_request_id = ?", [now, self._lock])
            taken = {row[0] for row in cursor.execute(_TAKEN, [list(ids), self.run_id, now]).fetchall()}
            leased[:] = [id_ for id_ in ids if id_ not in taken]
            cursor.execute("DELETE FROM analysis_leases WHERE pull_request_id IN (SELECT unnest(?))", [leased])
            cursor.execute(_INSERT, [leased, self.team_id, self.run_id, now + LEASE])

        self.warehouse.transact(work)
        return leased

    def renew(self, now: datetime) -> None:
        """Extend all leases of this run."""

        def work(cursor: duckdb.DuckDBPyConnection) -> None:
            cursor.execute("UPDATE analysis_leases SET expires_at = ? WHERE run_id = ?", [now + LEASE, self.run_id])

        self.warehouse.transact(work)

    def release(self, ids: Collection[str]) -> Delete:
        """Return the write that releases these, to be committed together with the answers."""
        return Delete(analysis_leases, {"pull_request_id": list(ids), "run_id": self.run_id})

    def release_all(self) -> Delete:
        """Return the write that releases all that is still held."""
        return Delete(analysis_leases, {"run_id": self.run_id})

    @property
    def _lock(self) -> str:
        return f"team:{self.team_id}"


_TAKEN = """
SELECT l.pull_request_id
FROM analysis_leases l LEFT JOIN pipeline_runs r ON r.run_id = l.run_id
WHERE l.pull_request_id IN (SELECT unnest(?)) AND l.run_id <> ? AND l.expires_at > ?
  AND coalesce(r.state, 'running') = 'running'
"""
_INSERT = """
INSERT INTO analysis_leases (pull_request_id, team_id, run_id, expires_at)
SELECT unnest(?), ?, ?, ?
"""
