"""The accounts that a run can use: one per token, each with its own budget, concurrency limit and rate limits.

A request goes to the account that can send it now and has most points left this hour. GitHub counts points per user,
not per token: tokens of the same user share one budget as soon as their user is known.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr

from tasks.github.api.budget import Budget
from tasks.github.api.concurrency import ConcurrencyLimit
from tasks.github.api.errors import GitHubError, TokenRefused
from tasks.github.api.token_facts import TokenFacts
from tasks.github.api.tokens import Credential

# Renewals of a token for one request before the account is dropped.
MAX_RENEWALS = 2


@dataclass(eq=False)
class Account:
    """A token with what is known about it. `refusal` is why it is no longer used.

    `is_accepted` says that GitHub accepted it since it last was in doubt, `doubts` how often it was.
    """

    credential: Credential
    budget: Budget
    concurrency: ConcurrencyLimit
    responded: asyncio.Event = field(default_factory=asyncio.Event)
    facts: TokenFacts | None = None
    refusal: GitHubError | None = None
    is_accepted: bool = False
    doubts: int = 0

    @property
    def name(self) -> str:
        return self.credential.name

    def may_send(self, cost: int, now: datetime) -> bool:
        """Return whether its rate limits allow a request now; its concurrency limit may still be reached."""
        return not self.budget.must_wait_for_response() and self.budget.blocked_until(cost, now) is None

    def doubt(self, doubts_when_sent: int, renewals: int) -> bool:
        """Return whether to ask once more after a 401: GitHub sends some by mistake, right after accepted calls.

        `doubts_when_sent` is the count when the request was sent: those in flight together raise one doubt.
        """
        if renewals >= MAX_RENEWALS:
            return False
        if doubts_when_sent < self.doubts:
            return True
        if not self.is_accepted:
            return False
        self.doubts, self.is_accepted = self.doubts + 1, False
        return True


class Accounts:
    """The accounts in the order of their tokens."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self.all = tuple(accounts)
        self.on_drop: Callable[[Account, GitHubError], None] | None = None

    @property
    def live(self) -> list[Account]:
        return [account for account in self.all if account.refusal is None]

    @property
    def budgets(self) -> list[Budget]:
        """Every budget once, those of live accounts first; there is at least one."""
        ordered = sorted(self.all, key=lambda account: account.refusal is not None)
        return list({id(account.budget): account.budget for account in ordered}.values())

    def choose(self, cost: int, now: datetime) -> Account:
        """Return the account for the next request; if all must wait, the one whose wait ends first."""
        if not self.live:
            raise self._all_refused()

        def rank(account: Account) -> tuple[datetime, bool, float]:
            until = account.budget.blocked_until(cost, now) or now
            is_busy = account.budget.must_wait_for_response() or not account.concurrency.is_open
            return until, is_busy, -account.budget.left

        return min(self.live, key=rank)

    def should_switch(self, waiting: Account, cost: int, now: datetime) -> bool:
        """Return whether another account should be chosen instead of this one.

        A rate limit is not waited for while another account has none, even if that one has no free slot right now. The
        first response, which tells a budget, is not waited for while another account can send at once.
        """
        if waiting.refusal is not None:
            return True
        others = [account for account in self.live if account.concurrency is not waiting.concurrency]
        if waiting.budget.blocked_until(cost, now) is not None:
            return any(account.budget.blocked_until(cost, now) is None for account in others)
        if waiting.budget.must_wait_for_response():
            return any(account.concurrency.is_open and account.may_send(cost, now) for account in others)
        return False

    async def refuse(self, account: Account, token: SecretStr | None, error: TokenRefused, renewals: int) -> None:
        """Renew `token`, which GitHub refused with a 401, or drop the account. None: there was no token to send.

        Raises TokenRefused if no account is left.
        """
        if token is not None and renewals < MAX_RENEWALS and await account.credential.renew(token):
            return
        self.drop(account, error)
        if not self.live:
            raise self._all_refused() if len(self.all) > 1 else error

    def drop(self, account: Account, error: GitHubError) -> None:
        """Stop using the account. The first reason is kept, and passed to `on_drop` once."""
        if account.refusal is None:
            account.refusal = error
            if self.on_drop is not None:
                self.on_drop(account, error)

    def share_budgets_by_owner(self) -> list[tuple[Account, Account]]:
        """Let accounts of one owner share budget and concurrency limit; return pairs (the shared one, the other)."""
        pairs = []
        first: dict[str, Account] = {}
        for account in self.live:
            owner = account.facts and (account.facts.account_id or account.facts.login)
            known = first.setdefault(owner, account) if owner else account
            if known is not account:
                known.budget.merge(account.budget)
                account.budget, account.concurrency, account.responded = (
                    known.budget,
                    known.concurrency,
                    known.responded,
                )
                pairs.append((known, account))
        return pairs

    def _all_refused(self) -> TokenRefused:
        reasons = "; ".join(f"{account.name}: {account.refusal.reason}" for account in self.all if account.refusal)
        return TokenRefused(f"GitHub accepts none of the {len(self.all)} tokens ({reasons})")
