"""The parts of a run, and who holds which: shared by all processes of a host, or of all hosts with PostgreSQL.

Grain of `prflow_parts`: one row per run and part, which is some repositories of the run's team. A part is held for
LEASE_SECONDS after its holder last renewed it; then whoever asks next gets it. What is done is in `sync_items`, so
a part that is taken over goes on where it stopped. Times are seconds since 1970, in PostgreSQL by the server's clock.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse.home.shared_database import Database, open_shared

LEASE_SECONDS = 60.0
ADVISORY_LOCK = 7_264_119_350_116
FILE = "sync/parts.sqlite"
SUBJECT = "What parts of a sync are held by whom"

TABLES = (
    "CREATE TABLE IF NOT EXISTS prflow_parts (run_id TEXT, part BIGINT, team_id TEXT, repositories TEXT, "
    "is_refetch BIGINT, is_done BIGINT, holder TEXT, expires_at DOUBLE PRECISION, waiting_until DOUBLE PRECISION, "
    "requests BIGINT, points BIGINT, PRIMARY KEY (run_id, part))",
)


@dataclass(frozen=True)
class Part:
    """Some repositories of the run's team, by id."""

    run_id: str
    number: int
    repository_ids: tuple[str, ...]
    is_refetch: bool


@dataclass(frozen=True)
class Activity:
    """What a holder has done since it last said so, and until when it waits for GitHub's limit."""

    requests: int = 0
    points: int = 0
    waiting_until: float | None = None


@dataclass(frozen=True)
class Standing:
    """How far the parts of a run are. `waiting_until`: when the first of them may go on, if all that are held wait.

    `repository_ids` are those of the parts that are done; `requests` and `points` what other holders have used.
    """

    done: int
    total: int
    waiting_until: float | None
    repository_ids: frozenset[str]
    requests: int
    points: int

    @property
    def is_done(self) -> bool:
        return self.done == self.total


class PartLeases:
    """The parts as one holder sees them. Use it from one thread at a time."""

    def __init__(self, database: Database, holder: str, now: float, lease_seconds: float = LEASE_SECONDS) -> None:
        """Open the table; `now` is the caller's time, by which it knows how far the database's clock is from it."""
        self._database, self._holder, self._lease = database, holder, lease_seconds
        database.prepare(TABLES)
        self._ahead = database.seconds_ahead(now)

    def close(self) -> None:
        self._database.close()

    def plan(self, run_id: str, team_id: str, parts: Sequence[Collection[str]], is_refetch: bool, now: float) -> None:
        """Set out the parts of a run in place of what the team had before, and take them from earlier runs.

        If the same run begins again, parts that others hold stay with them, and are no longer in the new ones.
        """
        with self._database.exclusive():
            self._database.write("DELETE FROM prflow_parts WHERE team_id = ? AND run_id <> ?", (team_id, run_id))
            gone = (run_id, now + self._ahead, self._holder)
            self._database.write(
                "DELETE FROM prflow_parts WHERE run_id = ? AND "
                "(is_done = 1 OR holder IS NULL OR expires_at <= ? OR holder = ?)",
                gone,
            )
            rows = self._database.read("SELECT part, repositories FROM prflow_parts WHERE run_id = ?", (run_id,))
            held = {key for row in rows for key in json.loads(row[1])}
            number = max((int(row[0]) for row in rows), default=0)
            for part in parts:
                if left := [key for key in part if key not in held]:
                    number += 1
                    values = (run_id, number, team_id, json.dumps(left), int(is_refetch))
                    self._database.write(_PLAN, values)

    def claim(self, run_id: str, now: float) -> Part | None:
        """Take the first part that is not done and that nobody holds; None if there is none."""
        at = now + self._ahead
        with self._database.exclusive():
            rows = self._database.read(_FREE, (run_id, at))
            if not rows:
                return None
            number, repositories, is_refetch = rows[0]
            self._database.write(_CLAIM, (self._holder, at + self._lease, run_id, number))
        return Part(run_id, int(number), tuple(json.loads(repositories)), bool(is_refetch))

    def renew(self, part: Part, activity: Activity, now: float) -> bool:
        """Hold the part for longer, and add what was done; return False if it is no longer this holder's."""
        at, until = now + self._ahead, activity.waiting_until
        with self._database.exclusive():
            if not self.holds(part, now):
                return False
            values = (at + self._lease, until and until + self._ahead, activity.requests, activity.points)
            self._database.write(_RENEW, (*values, part.run_id, part.number))
        return True

    def holds(self, part: Part, now: float) -> bool:
        """Return whether the part is this holder's."""
        values = (part.run_id, part.number, self._holder, now + self._ahead)
        return bool(self._database.read(_HOLDS, values))

    def finish(self, part: Part, now: float) -> bool:
        """Record that the part is done; return False if it is no longer this holder's, who then has not done it."""
        with self._database.exclusive():
            if not self.holds(part, now):
                return False
            values = (part.run_id, part.number)
            self._database.write("UPDATE prflow_parts SET is_done = 1 WHERE run_id = ? AND part = ?", values)
        return True

    def release(self, part: Part) -> None:
        """Give a part back that is not done, for the next who asks."""
        values = (part.run_id, part.number, self._holder)
        self._database.write(
            "UPDATE prflow_parts SET holder = NULL WHERE run_id = ? AND part = ? AND holder = ? AND is_done = 0", values
        )

    def read(self, run_id: str, now: float) -> Standing:
        """Return how far the parts are."""
        rows = self._database.read(_STANDING, (self._holder, self._holder, run_id))
        done = [row for row in rows if row[0]]
        at = now + self._ahead
        waits = [row[2] if row[2] is not None and row[2] > at else None for row in rows if not row[0]]
        waiting_until = None if None in waits or not waits else min(float(end) for end in waits if end is not None)
        return Standing(
            len(done),
            len(rows),
            None if waiting_until is None else waiting_until - self._ahead,
            frozenset(key for row in done for key in json.loads(row[1])),
            sum(int(row[3]) for row in rows),
            sum(int(row[4]) for row in rows),
        )

    def remove(self, run_id: str) -> None:
        """Remove the parts of a run: whoever holds one still stops before it commits anything."""
        with self._database.exclusive():
            self._database.write("DELETE FROM prflow_parts WHERE run_id = ?", (run_id,))


def open_leases(home: Path, holder: str, now: float, lease_seconds: float = LEASE_SECONDS) -> PartLeases:
    """Open the parts for `holder`: in PostgreSQL if the catalog is there, else in a file of the home."""
    return PartLeases(open_shared(home, FILE, SUBJECT, ADVISORY_LOCK), holder, now, lease_seconds)


_PLAN = """
INSERT INTO prflow_parts (run_id, part, team_id, repositories, is_refetch, is_done, requests, points)
VALUES (?, ?, ?, ?, ?, 0, 0, 0)
"""
_FREE = """
SELECT part, repositories, is_refetch FROM prflow_parts
WHERE run_id = ? AND is_done = 0 AND (holder IS NULL OR expires_at <= ?) ORDER BY part LIMIT 1
"""
_CLAIM = "UPDATE prflow_parts SET holder = ?, expires_at = ?, waiting_until = NULL WHERE run_id = ? AND part = ?"
_HOLDS = """
SELECT 1 FROM prflow_parts WHERE run_id = ? AND part = ? AND holder = ? AND is_done = 0 AND expires_at > ?
"""
_RENEW = """
UPDATE prflow_parts SET expires_at = ?, waiting_until = ?, requests = requests + ?, points = points + ?
WHERE run_id = ? AND part = ?
"""
# What this holder has used, it counts itself.
_STANDING = """
SELECT is_done, repositories, waiting_until, CASE WHEN holder = ? THEN 0 ELSE requests END,
       CASE WHEN holder = ? THEN 0 ELSE points END
FROM prflow_parts WHERE run_id = ?
"""
