"""The accounts that a run may ask with: one per token, each with a budget, a gate and limits of its own.

A request goes to the account that may send it now and has most left of its hour. GitHub counts points per user,
not per token: tokens of the same user share one budget as soon as it is known whose they are.
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

# Tokens made anew for one request before the account is given up.
MAX_RENEWALS = 2


@dataclass(eq=False)
class Account:
    """A token with what is known of it. `refusal` says why it is no longer used."""

    credential: Credential
    budget: Budget
    gate: ConcurrencyLimit
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    facts: TokenFacts | None = None
    refusal: GitHubError | None = None

    @property
    def name(self) -> str:
        return self.credential.name

    def may_send(self, cost: int, now: datetime) -> bool:
        """As far as limits go; there may still be no place among the queries in flight."""
        return not self.budget.must_wait_for_answer() and self.budget.blocked_until(cost, now) is None


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
        """Each once, of live accounts first; there is always one."""
        ordered = sorted(self.all, key=lambda account: account.refusal is not None)
        return list({id(account.budget): account.budget for account in ordered}.values())

    def choose(self, cost: int, now: datetime) -> Account:
        """Who sends the next request; where all must wait, the one whose wait ends first."""
        if not self.live:
            raise self._all_refused()

        def rank(account: Account) -> tuple[datetime, bool, float]:
            until = account.budget.blocked_until(cost, now) or now
            is_busy = account.budget.must_wait_for_answer() or not account.gate.is_open
            return until, is_busy, -account.budget.left

        return min(self.live, key=rank)

    def is_better_elsewhere(self, waiting: Account, cost: int, now: datetime) -> bool:
        """True where another account should be chosen instead of this one.

        A limit is not waited for while another account has none, even if all its places are taken just now; an
        answer that is to tell the first budget is not waited for while another account can send at once.
        """
        if waiting.refusal is not None:
            return True
        others = [account for account in self.live if account.gate is not waiting.gate]
        if waiting.budget.blocked_until(cost, now) is not None:
            return any(account.budget.blocked_until(cost, now) is None for account in others)
        if waiting.budget.must_wait_for_answer():
            return any(account.gate.is_open and account.may_send(cost, now) for account in others)
        return False

    async def refuse(self, account: Account, token: SecretStr | None, error: TokenRefused, renewals: int) -> None:
        """GitHub answered 401 to `token` (None: it gave none): it is made anew, or the account dropped.

        Raises TokenRefused where no account is left.
        """
        if token is not None and renewals < MAX_RENEWALS and await account.credential.renew(token):
            return
        self.drop(account, error)
        if not self.live:
            raise self._all_refused() if len(self.all) > 1 else error

    def drop(self, account: Account, error: GitHubError) -> None:
        """It is asked no more; the first reason stays, and is told once to `on_drop`."""
        if account.refusal is None:
            account.refusal = error
            if self.on_drop is not None:
                self.on_drop(account, error)

    def unite_by_login(self) -> list[tuple[Account, Account]]:
        """Accounts of one login share budget and gate from now on; returns the pairs (the one shared, the other)."""
        pairs = []
        first: dict[str, Account] = {}
        for account in self.live:
            login = account.facts.login if account.facts else None
            known = first.setdefault(login, account) if login else account
            if known is not account:
                known.budget.absorb(account.budget)
                account.budget, account.gate, account.answered = known.budget, known.gate, known.answered
                pairs.append((known, account))
        return pairs

    def _all_refused(self) -> TokenRefused:
        reasons = "; ".join(f"{account.name}: {account.refusal.said}" for account in self.all if account.refusal)
        return TokenRefused(f"GitHub accepts none of the {len(self.all)} tokens ({reasons})")
