"""Log of the requests sent, in one SQLite file that all processes of a host share.

Grain of `slots`: one row per request of the last minutes. `minutes` sums them up for the daily limits, `pauses`
holds how long the provider asked to wait, and `reported_tokens` what its headers last said about tokens. A
bucket is one model at one address: that is what a provider counts.
Times are seconds since 1970, by the clock of the caller.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MINUTE = 60.0
DAY = 86_400.0
KEEP_SLOTS_SECONDS = 600.0
PRUNE_EVERY = 100  # requests
CLOCK_TOLERANCE_SECONDS = 5.0
BUSY_TIMEOUT_SECONDS = 30.0

_TABLES = """
CREATE TABLE IF NOT EXISTS slots (id INTEGER PRIMARY KEY, bucket TEXT, sent_at REAL, tokens INTEGER, made_at REAL);
CREATE INDEX IF NOT EXISTS slots_by_time ON slots (bucket, sent_at);
CREATE TABLE IF NOT EXISTS minutes (bucket TEXT, minute INTEGER, requests INTEGER, tokens INTEGER,
    PRIMARY KEY (bucket, minute));
CREATE TABLE IF NOT EXISTS pauses (bucket TEXT PRIMARY KEY, until REAL);
CREATE TABLE IF NOT EXISTS reported_tokens (bucket TEXT PRIMARY KEY, at REAL, remaining INTEGER, full INTEGER,
    full_at REAL);
"""


@dataclass(frozen=True)
class ReportedTokens:
    """The provider's headers at `at`: `remaining` tokens of `full`, and all of them again at `full_at`."""

    at: float
    remaining: int
    full: int
    full_at: float


class RequestLog:
    """One bucket of the log. Any number of processes may open it, but within a process only one thread."""

    def __init__(self, path: Path, bucket: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._bucket = bucket
        self._connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None)
        self._prepare()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Lock the log against other processes, so that checking a limit and taking a slot are one step."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def add(self, now: float, tokens: int) -> int:
        """Add a request that is about to be sent, and return its slot."""
        self._count(now, 1, tokens)
        cursor = self._connection.execute(
            "INSERT INTO slots (bucket, sent_at, tokens, made_at) VALUES (?, ?, ?, ?)", (self._bucket, now, tokens, now)
        )
        slot = int(cursor.lastrowid or 0)
        if slot % PRUNE_EVERY == 0:
            self._prune(now)
        return slot

    def correct_future_times(self, now: float) -> None:
        """Move times in the future back to now: a clock that was set back would block all requests until then."""
        self._connection.execute(
            "UPDATE slots SET sent_at = ? WHERE bucket = ? AND sent_at > ?",
            (now, self._bucket, now + CLOCK_TOLERANCE_SECONDS),
        )
        self._connection.execute(
            "DELETE FROM reported_tokens WHERE bucket = ? AND at > ?", (self._bucket, now + CLOCK_TOLERANCE_SECONDS)
        )

    def mark_sent(self, slot: int, now: float) -> None:
        """Count the request from `now` on, when its body was written."""
        self._connection.execute("UPDATE slots SET sent_at = max(sent_at, ?) WHERE id = ?", (now, slot))

    def record_usage(self, slot: int, minute_tokens: int, day_tokens: int) -> None:
        """Replace the tokens reserved for a request by those that count towards the minute and towards the day."""
        with self.exclusive():
            row = self._one("SELECT tokens, made_at FROM slots WHERE id = ?", (slot,))
            if row is not None:
                self._connection.execute("UPDATE slots SET tokens = ? WHERE id = ?", (minute_tokens, slot))
                self._count(row[1], 0, day_tokens - int(row[0]))

    def nth_last_sent_at(self, n: int = 1) -> float | None:
        """Return when the nth last request was sent, 1 being the newest; None if there are fewer."""
        row = self._one(
            "SELECT sent_at FROM slots WHERE bucket = ? ORDER BY sent_at DESC LIMIT 1 OFFSET ?", (self._bucket, n - 1)
        )
        return None if row is None else float(row[0])

    def tokens_since(self, start: float) -> list[tuple[float, int]]:
        """Return time and tokens of the requests sent after `start`, oldest first."""
        rows = self._connection.execute(
            "SELECT sent_at, tokens FROM slots WHERE bucket = ? AND sent_at > ? ORDER BY sent_at", (self._bucket, start)
        )
        return [(float(at), int(tokens)) for at, tokens in rows]

    def minutes_since(self, start: float) -> list[tuple[float, int, int]]:
        """Return start, requests and tokens of the minutes that end after `start`, oldest first."""
        rows = self._connection.execute(
            "SELECT minute * 60.0, requests, tokens FROM minutes WHERE bucket = ? AND minute >= ? ORDER BY minute",
            (self._bucket, int(start // MINUTE)),
        )
        return [(float(at), int(requests), int(tokens)) for at, requests, tokens in rows]

    def pause(self, until: float) -> None:
        """Let no process send before `until`; an earlier pause is never shortened."""
        self._connection.execute(
            "INSERT INTO pauses VALUES (?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
            (self._bucket, until),
        )

    def paused_until(self) -> float | None:
        row = self._one("SELECT until FROM pauses WHERE bucket = ?", (self._bucket,))
        return None if row is None else float(row[0])

    def store_reported_tokens(self, reported: ReportedTokens) -> None:
        """Store what the headers say, unless a newer request did: responses overtake each other."""
        self._connection.execute(
            "INSERT INTO reported_tokens VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, "
            "remaining = excluded.remaining, full = excluded.full, full_at = excluded.full_at "
            "WHERE excluded.at >= reported_tokens.at",
            (self._bucket, reported.at, reported.remaining, reported.full, reported.full_at),
        )

    def read_reported_tokens(self) -> ReportedTokens | None:
        row = self._one("SELECT at, remaining, full, full_at FROM reported_tokens WHERE bucket = ?", (self._bucket,))
        return None if row is None else ReportedTokens(row[0], int(row[1]), int(row[2]), row[3])

    def _prune(self, now: float) -> None:
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
        # synchronous OFF: a power cut may lose the last minute, which no longer matters once the machine is up again.
        # The rollback journal rather than WAL: switching to WAL fails as busy while others open the file.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA journal_mode = PERSIST")
        with self.exclusive():
            for statement in _TABLES.split(";"):
                self._connection.execute(statement)
