"""Log of the requests sent, shared by all processes of a host, or of all hosts if the catalog is in PostgreSQL.

Grain of `prflow_llm_slots`: one row per request of the last minutes. `prflow_llm_minutes` sums them up for the daily
limits, `prflow_llm_pauses` holds how long the provider asked to wait, and `prflow_llm_reported` what its headers last
said about tokens. A bucket is one model at one address: that is what a provider counts.
Times are seconds since 1970, by the clock of the caller. In PostgreSQL they are kept by the server's clock, so that
hosts whose clocks differ still agree on a minute.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from warehouse.home.shared_database import Database

MINUTE = 60.0
DAY = 86_400.0
KEEP_SLOTS_SECONDS = 600.0
PRUNE_EVERY = 100  # requests
CLOCK_TOLERANCE_SECONDS = 5.0

TABLES = (
    "CREATE TABLE IF NOT EXISTS prflow_llm_slots (id {identity}, bucket TEXT, sent_at DOUBLE PRECISION, tokens BIGINT, "
    "made_at DOUBLE PRECISION)",
    "CREATE INDEX IF NOT EXISTS prflow_llm_slots_by_time ON prflow_llm_slots (bucket, sent_at)",
    "CREATE TABLE IF NOT EXISTS prflow_llm_minutes (bucket TEXT, minute BIGINT, requests BIGINT, tokens BIGINT, "
    "PRIMARY KEY (bucket, minute))",
    "CREATE TABLE IF NOT EXISTS prflow_llm_pauses (bucket TEXT PRIMARY KEY, until DOUBLE PRECISION)",
    "CREATE TABLE IF NOT EXISTS prflow_llm_reported (bucket TEXT PRIMARY KEY, at DOUBLE PRECISION, remaining BIGINT, "
    '"full" BIGINT, full_at DOUBLE PRECISION)',
)


@dataclass(frozen=True)
class ReportedTokens:
    """The provider's headers at `at`: `remaining` tokens of `full`, and all of them again at `full_at`."""

    at: float
    remaining: int
    full: int
    full_at: float


class RequestLog:
    """One bucket of the log. Any number of processes may open it, but within a process only one thread."""

    def __init__(self, database: Database, bucket: str, now: float) -> None:
        """Open the log; `now` is the caller's time, by which it knows how far the database's clock is from it."""
        self._bucket = bucket
        self._database = database
        self._database.prepare(TABLES)
        self._ahead = database.seconds_ahead(now)

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Lock the log against other processes, so that checking a limit and taking a slot are one step."""
        with self._database.exclusive():
            yield

    def add(self, now: float, tokens: int) -> int:
        """Add a request that is about to be sent, and return its slot."""
        at = now + self._ahead
        self._count(at, 1, tokens)
        sql = "INSERT INTO prflow_llm_slots (bucket, sent_at, tokens, made_at) VALUES (?, ?, ?, ?) RETURNING id"
        slot = int(self._database.read(sql, (self._bucket, at, tokens, at))[0][0])
        if slot % PRUNE_EVERY == 0:
            self._prune(at)
        return slot

    def correct_future_times(self, now: float) -> None:
        """Move times in the future back to now: a clock that was set back would block all requests until then."""
        at = now + self._ahead
        self._database.write(
            "UPDATE prflow_llm_slots SET sent_at = ? WHERE bucket = ? AND sent_at > ?",
            (at, self._bucket, at + CLOCK_TOLERANCE_SECONDS),
        )
        self._database.write(
            "DELETE FROM prflow_llm_reported WHERE bucket = ? AND at > ?", (self._bucket, at + CLOCK_TOLERANCE_SECONDS)
        )

    def mark_sent(self, slot: int, now: float) -> None:
        """Count the request from `now` on, when its body was written."""
        at = now + self._ahead
        self._database.write("UPDATE prflow_llm_slots SET sent_at = ? WHERE id = ? AND sent_at < ?", (at, slot, at))

    def record_usage(self, slot: int, minute_tokens: int, day_tokens: int) -> None:
        """Replace the tokens reserved for a request by those that count towards the minute and towards the day."""
        with self.exclusive():
            rows = self._database.read("SELECT tokens, made_at FROM prflow_llm_slots WHERE id = ?", (slot,))
            if rows:
                self._database.write("UPDATE prflow_llm_slots SET tokens = ? WHERE id = ?", (minute_tokens, slot))
                self._count(rows[0][1], 0, day_tokens - int(rows[0][0]))

    def nth_last_sent_at(self, n: int = 1) -> float | None:
        """Return when the nth last request was sent, 1 being the newest; None if there are fewer."""
        sql = "SELECT sent_at FROM prflow_llm_slots WHERE bucket = ? ORDER BY sent_at DESC LIMIT 1 OFFSET ?"
        rows = self._database.read(sql, (self._bucket, n - 1))
        return float(rows[0][0]) - self._ahead if rows else None

    def tokens_since(self, start: float) -> list[tuple[float, int]]:
        """Return time and tokens of the requests sent after `start`, oldest first."""
        sql = "SELECT sent_at, tokens FROM prflow_llm_slots WHERE bucket = ? AND sent_at > ? ORDER BY sent_at"
        rows = self._database.read(sql, (self._bucket, start + self._ahead))
        return [(float(at) - self._ahead, int(tokens)) for at, tokens in rows]

    def minutes_since(self, start: float) -> list[tuple[float, int, int]]:
        """Return start, requests and tokens of the minutes that end after `start`, oldest first."""
        sql = "SELECT minute, requests, tokens FROM prflow_llm_minutes WHERE bucket = ? AND minute >= ? ORDER BY minute"
        rows = self._database.read(sql, (self._bucket, int((start + self._ahead) // MINUTE)))
        return [(minute * MINUTE - self._ahead, int(requests), int(tokens)) for minute, requests, tokens in rows]

    def pause(self, until: float) -> None:
        """Let no process send before `until`; an earlier pause is never shortened."""
        self._database.write(
            "INSERT INTO prflow_llm_pauses VALUES (?, ?) ON CONFLICT (bucket) DO UPDATE SET until = excluded.until "
            "WHERE excluded.until > prflow_llm_pauses.until",
            (self._bucket, until + self._ahead),
        )

    def paused_until(self) -> float | None:
        rows = self._database.read("SELECT until FROM prflow_llm_pauses WHERE bucket = ?", (self._bucket,))
        return float(rows[0][0]) - self._ahead if rows else None

    def store_reported_tokens(self, reported: ReportedTokens) -> None:
        """Store what the headers say, unless a newer request did: responses overtake each other."""
        at, full_at = reported.at + self._ahead, reported.full_at + self._ahead
        self._database.write(
            "INSERT INTO prflow_llm_reported VALUES (?, ?, ?, ?, ?) ON CONFLICT (bucket) DO UPDATE SET "
            'at = excluded.at, remaining = excluded.remaining, "full" = excluded."full", full_at = excluded.full_at '
            "WHERE excluded.at >= prflow_llm_reported.at",
            (self._bucket, at, reported.remaining, reported.full, full_at),
        )

    def read_reported_tokens(self) -> ReportedTokens | None:
        sql = 'SELECT at, remaining, "full", full_at FROM prflow_llm_reported WHERE bucket = ?'
        rows = self._database.read(sql, (self._bucket,))
        if not rows:
            return None
        at, remaining, full, full_at = rows[0]
        return ReportedTokens(at - self._ahead, int(remaining), int(full), full_at - self._ahead)

    def _prune(self, at: float) -> None:
        self._database.write("DELETE FROM prflow_llm_slots WHERE sent_at < ?", (at - KEEP_SLOTS_SECONDS,))
        self._database.write("DELETE FROM prflow_llm_minutes WHERE minute < ?", (int((at - DAY) // MINUTE) - 1,))

    def _count(self, at: float, requests: int, tokens: int) -> None:
        self._database.write(
            "INSERT INTO prflow_llm_minutes VALUES (?, ?, ?, ?) ON CONFLICT (bucket, minute) DO UPDATE SET "
            "requests = prflow_llm_minutes.requests + excluded.requests, "
            "tokens = prflow_llm_minutes.tokens + excluded.tokens",
            (self._bucket, int(at // MINUTE), requests, tokens),
        )
