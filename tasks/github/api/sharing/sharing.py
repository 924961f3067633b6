"""Let the client of a run know what other runs do with its accounts, and them what it does."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from tasks.github.api.accounts import Account, Accounts
from tasks.github.api.budget import Budget, RateLimit
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.sharing.shares import KnownBudget, Shares
from warehouse.errors import PrflowError

# How old what a run knows of the others may be: some ten requests.
RENEWED_AFTER = timedelta(seconds=3)
# A database that is away may take seconds to say so.
ASKED_AGAIN_AFTER = timedelta(seconds=30)
OpenShares = Callable[[datetime], Shares]


class Sharing:
    """The shares that one client has in its accounts.

    If the database of the shares is away, the client goes on with what it knew: each response of GitHub still says what
    is left, and the shares are found again once the database is there.
    """

    def __init__(self, settings: GitHubSettings, open_shares: OpenShares) -> None:
        self.holders: dict[str, int] = {}
        self._host = urlsplit(settings.graphql_url).netloc
        self._open = open_shares
        self._shares: Shares | None = None
        self._renewed_at: datetime | None = None
        self._away_until: datetime | None = None
        self._renewing = asyncio.Lock()

    async def renew_if_due(self, accounts: Accounts, now: datetime) -> None:
        """Renew the shares every few seconds. Whoever comes meanwhile waits for the first time only."""
        is_first = self._renewed_at is None
        if self._renewed_at is not None and timedelta() <= now - self._renewed_at < RENEWED_AFTER:
            return
        if self._renewing.locked() and not is_first:
            return
        async with self._renewing:
            if is_first and self._renewed_at is not None:
                return
            self._renewed_at = now
            await asyncio.to_thread(self._renew_all, accounts.live, now)

    def renew_next(self) -> None:
        """Renew the shares before the next request: GitHub has just set a limit."""
        self._renewed_at = None

    async def close(self) -> None:
        """Give all shares back."""
        async with self._renewing:
            await asyncio.to_thread(self._close)

    def name(self, account: Account) -> str:
        """Return what GitHub counts points for: the user, or the token as it is named if its user is not known."""
        facts = account.facts
        return f"{self._host}/{(facts and (facts.account_id or facts.login)) or account.name}"

    def _renew_all(self, accounts: Sequence[Account], now: datetime) -> None:
        if self._away_until is not None and now < self._away_until:
            return
        try:
            shares = self._shares = self._shares or self._open(now)
            for account in {id(one.budget): one for one in accounts}.values():
                name = self.name(account)
                holders, known = shares.renew(name, _known(account.budget), now.timestamp())
                self.holders[name] = holders
                _apply(known, account.budget, now)
                account.budget.sharers = holders
                account.concurrency.share(holders)
        except (PrflowError, sqlite3.Error):
            self._drop()
            self._away_until = now + ASKED_AGAIN_AFTER

    def _close(self) -> None:
        if self._shares is not None:
            with suppress(PrflowError, sqlite3.Error):  # shares that are not given back end by themselves
                self._shares.release(self.holders)
            self._drop()

    def _drop(self) -> None:
        if self._shares is not None:
            self._shares.close()
            self._shares = None


def _known(budget: Budget) -> KnownBudget:
    reset_at, paused_until = budget.reset_at, budget.paused_until
    return KnownBudget(
        budget.limit,
        budget.remaining if reset_at is not None else None,
        reset_at.timestamp() if reset_at is not None else None,
        paused_until.timestamp() if paused_until is not None else None,
    )


def _apply(known: KnownBudget, budget: Budget, now: datetime) -> None:
    """Tell a budget what all holders know of it: an hour or a pause that is over says nothing."""
    if known.limit is not None and known.remaining is not None and (reset_at := _at(known.reset_at)) and reset_at > now:
        budget.update(RateLimit(0, known.limit, known.remaining, reset_at))
    if (until := _at(known.paused_until)) and until > max(now, budget.paused_until or now):
        budget.restore_pause(until)


def _at(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
