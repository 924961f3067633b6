"""Claims on pull requests, so that two runs never send the same one.

A claim ends by itself after a while, and at once when its run is over: then the next run takes it.
DuckLake lets two transactions insert side by side, so each claim also rewrites one row of the team: of
two claims at once one fails to commit, and is tried again on what the other left.
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
    """The claims of one run."""

    warehouse: Warehouse
    team_id: str
    run_id: str

    def open(self, now: datetime) -> None:
        """Make the row that claims rewrite, and give back what an earlier attempt of this run held."""
        row = [self._lock, self.team_id, "", now]

        def work(cursor: duckdb.DuckDBPyConnection) -> None:
            cursor.execute("DELETE FROM analysis_leases WHERE run_id = ?", [self.run_id])
            known = cursor.execute("SELECT 1 FROM analysis_leases WHERE pull_request_id = ?", [self._lock]).fetchone()
            if known is None:
                cursor.execute("INSERT INTO analysis_leases VALUES (?, ?, ?, ?)", row)

        self.warehouse.transact(work)

    def claim(self, ids: Sequence[str], now: datetime) -> list[str]:
        """Those of `ids` that no other living run holds, in their order; they are this run's from now on."""
        claimed: list[str] = []

        def work(cursor: duckdb.DuckDBPyConnection) -> None:
            cursor.execute("UPDATE analysis_leases SET expires_at = ? WHERE pull_request_id = ?", [now, self._lock])
            taken = {row[0] for row in cursor.execute(_TAKEN, [list(ids), self.run_id, now]).fetchall()}
            claimed[:] = [one for one in ids if one not in taken]
            cursor.execute("DELETE FROM analysis_leases WHERE pull_request_id IN (SELECT unnest(?))", [claimed])
            cursor.execute(_INSERT, [claimed, self.team_id, self.run_id, now + LEASE])

        self.warehouse.transact(work)
        return claimed

    def renew(self, now: datetime) -> None:
        def work(cursor: duckdb.DuckDBPyConnection) -> None:
            cursor.execute("UPDATE analysis_leases SET expires_at = ? WHERE run_id = ?", [now + LEASE, self.run_id])

        self.warehouse.transact(work)

    def given_back(self, ids: Collection[str]) -> Delete:
        """As a write, to be committed together with the answers."""
        return Delete(analysis_leases, {"pull_request_id": list(ids), "run_id": self.run_id})

    def all_given_back(self) -> Delete:
        """All that is still held, as a write."""
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
