"""The log of what was sent, in one SQLite file that all processes of a host share.

Grain of `slots`: one row per request of the last minutes. `minutes` adds them up for the daily limits,
`pauses` holds what the provider asked to wait for, `told` what its headers last said of tokens. A
bucket is one model at one address: that is what a provider counts.
Times are seconds since 1970, of the clock that the caller passes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MINUTE = 60.0
DAY = 86_400.0
KEEP_SLOTS_SECONDS = 600.0
FORGET_EVERY = 100  # requests
CLOCK_TOLERANCE_SECONDS = 5.0
BUSY_SECONDS = 30.0

_TABLES = """
CREATE TABLE IF NOT EXISTS slots (id INTEGER PRIMARY KEY, bucket TEXT, sent_at REAL, tokens INTEGER, made_at REAL);
CREATE INDEX IF NOT EXISTS slots_by_time ON slots (bucket, sent_at);
CREATE TABLE IF NOT EXISTS minutes (bucket TEXT, minute INTEGER, requests INTEGER, tokens INTEGER,
    PRIMARY KEY (bucket, minute));
CREATE TABLE IF NOT EXISTS pauses (bucket TEXT PRIMARY KEY, until REAL);
CREATE TABLE IF NOT EXISTS told (bucket TEXT PRIMARY KEY, at REAL, remaining INTEGER, full INTEGER, full_at REAL);
"""


@dataclass(frozen=True)
class Told:
    """What the provider's headers said at `at`: `remaining` tokens of `full`, all of them at `full_at`."""

    at: float
    remaining: int
    full: int
    full_at: float


class WindowLog:
    """One bucket of the log. Not for use from several threads; any number of processes may have one."""

    def __init__(self, path: Path, bucket: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._bucket = bucket
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        self._prepare()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """No other process reads or writes the log meanwhile: for "may I?" and "I do" in one."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def add(self, now: float, tokens: int) -> int:
        """A request that is about to be sent; returns its slot."""
        self._count(now, 1, tokens)
        cursor = self._connection.execute(
            "INSERT INTO slots (bucket, sent_at, tokens, made_at) VALUES (?, ?, ?, ?)", (self._bucket, now, tokens, now)
        )
        slot = int(cursor.lastrowid or 0)
        if slot % FORGET_EVERY == 0:
            self._forget(now)
        return slot

    def pull_back(self, now: float) -> None:
        """A clock that was set back leaves slots in the future, which would block everything until then."""
        self._connection.execute(
            "UPDATE slots SET sent_at = ? WHERE bucket = ? AND sent_at > ?",
            (now, self._bucket, now + CLOCK_TOLERANCE_SECONDS),
        )
        self._connection.execute(
            "DELETE FROM told WHERE bucket = ? AND at > ?", (self._bucket, now + CLOCK_TOLERANCE_SECONDS)
        )

    def stamp(self, slot: int, now: float) -> None:
        """The request's body was written at `now`: from then on it counts."""
        self._connection.execute("UPDATE slots SET sent_at = max(sent_at, ?) WHERE id = ?", (now, slot))

    def settle(self, slot: int, counted: int, used: int) -> None:
        """In place of what was reserved for the request: its tokens in the minute and, of the day, those used."""
        with self.exclusive():
            row = self._one("SELECT tokens, made_at FROM slots WHERE id = ?", (slot,))
            if row is not None:
                self._connection.execute("UPDATE slots SET tokens = ? WHERE id = ?", (counted, slot))
                self._count(row[1], 0, used - int(row[0]))

    def last(self, places_back: int = 1) -> float | None:
        """When the request that is so many places back was sent; 1 is the newest."""
        row = self._one(
            "SELECT sent_at FROM slots WHERE bucket = ? ORDER BY sent_at DESC LIMIT 1 OFFSET ?",
            (self._bucket, places_back - 1),
        )
        return None if row is None else float(row[0])

    def tokens_since(self, start: float) -> list[tuple[float, int]]:
        """When and how many, oldest first, of the requests sent after `start`."""
        rows = self._connection.execute(
            "SELECT sent_at, tokens FROM slots WHERE bucket = ? AND sent_at > ? ORDER BY sent_at", (self._bucket, start)
        )
        return [(float(at), int(tokens)) for at, tokens in rows]

    def minutes_since(self, start: float) -> list[tuple[float, int, int]]:
        """Start of the minute, requests, tokens, oldest first, of the minutes that end after `start`."""
        rows = self._connection.execute(
            "SELECT minute * 60.0, requests, tokens FROM minutes WHERE bucket = ? AND minute >= ? ORDER BY minute",
            (self._bucket, int(start // MINUTE)),
        )
        return [(float(at), int(requests), int(tokens)) for at, requests, tokens in rows]

    def pause(self, until: float) -> None:
        self._connection.execute(
            "INSERT INTO pauses VALUES (?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
            (self._bucket, until),
        )

    def paused_until(self) -> float | None:
        row = self._one("SELECT until FROM pauses WHERE bucket = ?", (self._bucket,))
        return None if row is None else float(row[0])

    def tell(self, told: Told) -> None:
        """Replies overtake each other: what an older request was told is not news."""
        self._connection.execute(
            "INSERT INTO told VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, "
            "remaining = excluded.remaining, full = excluded.full, full_at = excluded.full_at "
            "WHERE excluded.at >= told.at",
            (self._bucket, told.at, told.remaining, told.full, told.full_at),
        )

    def told(self) -> Told | None:
        row = self._one("SELECT at, remaining, full, full_at FROM told WHERE bucket = ?", (self._bucket,))
        return None if row is None else Told(row[0], int(row[1]), int(row[2]), row[3])

    def _forget(self, now: float) -> None:
        self._connection.execute("DELETE FROM slots WHERE sent_at < ?", (now - KEEP_SLOTS_SECONDS,))
        self._connection.execute("DELETE FROM minutes WHERE minute < ?", (int((now - DAY) // MINUTE) - 1,))

    def _count(self, at: float, requests: int, tokens: int) -> None:
        self._connection.execute(
            "INSERT INTO minutes VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "requests = requests + excluded.requests, tokens = tokens + excluded.tokens",
            (self._bucket, int(at // MINUTE), requests, tokens),
        )

    def _one(self, sql: str, parameters: tuple[object, ...]) -> tuple[float, ...] | None:
        row: tuple[float, ...] | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def _prepare(self) -> None:
        # synchronous OFF: a power cut may lose the last minute, by whose end nothing of it matters.
        # The rollback journal rather than WAL: switching to WAL while others open the file fails as busy.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA journal_mode = PERSIST")
        with self.exclusive():
            for statement in _TABLES.split(";"):
                self._connection.execute(statement)
