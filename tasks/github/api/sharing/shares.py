"""Who is at work with an account, and what is known of its budget: shared by all processes of a host.

Or of all hosts, if the catalog is in PostgreSQL; times are then by the server's clock.
Grain of `prflow_github_shares`: one row per account and holder, which is the client of one run. It is a lease: a holder
that was killed does not renew it, and counts no longer after LEASE_SECONDS.
Grain of `prflow_github_budgets`: one row per account, with what GitHub last said to any of them.
No token is in these tables, nor a hash of one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from warehouse.home.shared_database import Database, open_shared

LEASE_SECONDS = 60.0
MINUTE = 60.0
ADVISORY_LOCK = 7_264_119_350_115
SUBJECT = "What runs share of GitHub's budgets"

TABLES = (
    "CREATE TABLE IF NOT EXISTS prflow_github_shares (account TEXT, holder TEXT, expires_at DOUBLE PRECISION, "
    "PRIMARY KEY (account, holder))",
    'CREATE TABLE IF NOT EXISTS prflow_github_budgets (account TEXT PRIMARY KEY, "limit" BIGINT, remaining BIGINT, '
    "reset_at DOUBLE PRECISION, paused_until DOUBLE PRECISION)",
)


@dataclass(frozen=True)
class KnownBudget:
    """What is known of an account's budget. Times are seconds since 1970, by the caller's clock."""

    limit: int | None = None
    remaining: int | None = None
    reset_at: float | None = None
    paused_until: float | None = None

    def later(self, seconds: float) -> "KnownBudget":
        """Return the same by a clock that is `seconds` ahead."""
        return replace(self, reset_at=_later(self.reset_at, seconds), paused_until=_later(self.paused_until, seconds))

    def unite(self, other: "KnownBudget") -> "KnownBudget":
        """Return what both know: the newer hour, and of one hour the lower remainder; the longer pause."""
        paused_until = max((at for at in (self.paused_until, other.paused_until) if at is not None), default=None)
        newer = max(self, other, key=lambda known: (known.reset_at or 0.0, -(known.remaining or 0)))
        older = other if newer is self else self
        ends = [one.reset_at for one in (newer, older) if one.reset_at is not None]
        is_same_hour = len(ends) == 2 and ends[0] - ends[1] < MINUTE
        remaining = [one.remaining for one in (newer, older) if one.remaining is not None]
        lowest = min(remaining, default=None) if is_same_hour else newer.remaining
        return replace(newer, remaining=lowest, paused_until=paused_until)


class Shares:
    """The shares of one holder. Use it from one thread at a time."""

    def __init__(self, database: Database, holder: str, now: float) -> None:
        """Open the tables; `now` is the caller's time, by which it knows how far the database's clock is from it."""
        self._database, self._holder = database, holder
        self._database.prepare(TABLES)
        self._ahead = database.seconds_ahead(now)

    def renew(self, account: str, known: KnownBudget, now: float) -> tuple[int, KnownBudget]:
        """Renew the holder's share; return how many holders there are, itself included, and what all of them know."""
        at = now + self._ahead
        with self._database.exclusive():
            self._database.write("DELETE FROM prflow_github_shares WHERE expires_at <= ?", (at,))
            self._database.write(_RENEW, (account, self._holder, at + LEASE_SECONDS))
            united = self._read(account).unite(known.later(self._ahead))
            values = (united.limit, united.remaining, united.reset_at, united.paused_until)
            self._database.write(_STORE, (account, *values))
            holders = self._database.read("SELECT count(*) FROM prflow_github_shares WHERE account = ?", (account,))
        return int(holders[0][0]), united.later(-self._ahead)

    def release(self, accounts: Iterable[str]) -> None:
        """Give the shares back: the others go on with them at once."""
        for account in accounts:
            values = (account, self._holder)
            self._database.write("DELETE FROM prflow_github_shares WHERE account = ? AND holder = ?", values)

    def close(self) -> None:
        self._database.close()

    def _read(self, account: str) -> KnownBudget:
        rows = self._database.read(_READ, (account,))
        return KnownBudget(*rows[0]) if rows else KnownBudget()


def open_shares(home: Path, holder: str, now: float) -> Shares:
    """Open the shares of `holder`: in PostgreSQL if the catalog is there, else in a file of the home."""
    return Shares(open_shared(home, "github/shares.sqlite", SUBJECT, ADVISORY_LOCK), holder, now)


_RENEW = """
INSERT INTO prflow_github_shares VALUES (?, ?, ?)
ON CONFLICT (account, holder) DO UPDATE SET expires_at = excluded.expires_at
"""
_READ = 'SELECT "limit", remaining, reset_at, paused_until FROM prflow_github_budgets WHERE account = ?'
_STORE = """
INSERT INTO prflow_github_budgets VALUES (?, ?, ?, ?, ?) ON CONFLICT (account) DO UPDATE SET
"limit" = excluded."limit", remaining = excluded.remaining, reset_at = excluded.reset_at,
paused_until = excluded.paused_until
"""


def _later(at: float | None, seconds: float) -> float | None:
    return None if at is None else at + seconds
