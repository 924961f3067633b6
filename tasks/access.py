"""Tokens at the Prefect edge: find them for a team, check them before a sync, store what is known about them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

from tasks.blocks import read_block
from tasks.clock import wall_clock
from tasks.github.access import connect
from tasks.github.access.check import check_at_start
from tasks.github.api.accounts import Account
from tasks.github.api.client import GitHub, OnWait
from tasks.github.api.errors import GitHubError, ScopeMissing, TokenRefused
from tasks.github.api.rest import Rest
from tasks.github.api.sharing.shares import open_shares
from tasks.github.api.sharing.sharing import Sharing
from tasks.github.api.token_facts import TokenFacts
from tasks.report import Logger
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings
from warehouse.store import Replace, commit


@asynccontextmanager
async def open_github(team: str, on_wait: OnWait | None = None) -> AsyncIterator[tuple[GitHub, Rest]]:
    """Open a client with the team's tokens, those in Prefect's blocks among them, and a REST client beside it."""
    home = WarehouseSettings().home
    async with connect.open_github(
        team, home=home, clock=wall_clock, read_block=read_block, on_wait=on_wait
    ) as clients:
        github, _ = clients
        holder = str(uuid4())
        sharing = github.sharing = Sharing(github.settings, lambda now: open_shares(home, holder, now.timestamp()))
        try:
            yield clients
        finally:
            await sharing.close()


async def check_before_sync(github: GitHub, rest: Rest, warehouse: Warehouse, team: str, logger: Logger) -> None:
    """Check identity, scopes and expiry of the tokens and store them. Raises GitHubError if no token can be used.

    First waits out any pause that GitHub demanded of an earlier run, or of another team's run with the same token.
    """
    names = {account.name for account in github.accounts.all}
    pauses = {name: end for name, end in read_pauses(warehouse, github.clock()).items() if name in names}
    for name, until in pauses.items():
        end = f"{until:%H:%M:%S}"
        logger.info("%s: %s may not be used until %s UTC: GitHub paused it in an earlier run", team, name, end)
    await github.wait_out_pauses(pauses)
    try:
        warnings = await check_at_start(github, rest)
    except (TokenRefused, ScopeMissing):
        save_access(github, warehouse, team)
        raise
    save_access(github, warehouse, team)
    for warning in warnings:
        logger.warning("%s: %s", team, warning)


@contextmanager
def store_access(github: GitHub, warehouse: Warehouse, team: str, logger: Logger) -> Iterator[None]:
    """Log each token that is dropped, and store the state of all tokens at the end, also after a GitHubError."""

    def name(account: Account, error: GitHubError) -> None:
        logger.warning("%s: %s is no longer used: %s", team, account.name, error.reason)

    github.accounts.on_drop = name
    try:
        yield
    except GitHubError:
        save_access(github, warehouse, team)
        raise
    save_access(github, warehouse, team)


def save_access(github: GitHub, warehouse: Warehouse, team: str) -> None:
    """Store one row per token in `github_tokens`; of an account that was not checked only the name is known."""
    team_id, table = team.lower(), schema.github_tokens
    rows = [_row(account, team_id, place, github.clock()) for place, account in enumerate(github.accounts.all, 1)]
    commit(warehouse, Replace(table, schema.frame(table, rows), {"team_id": team_id}))


def read_pauses(warehouse: Warehouse, now: datetime) -> dict[str, datetime]:
    """Read the ends of pauses that are not over, by name of token, of all teams: they may share tokens."""
    sql = "SELECT name, max(paused_until) FROM github_tokens WHERE paused_until > ? GROUP BY name"
    return dict(warehouse.read(sql, [now]).iter_rows())


def _row(account: Account, team_id: str, place: int, now: datetime) -> dict[str, Any]:
    facts = account.facts or TokenFacts(account.name)
    return {
        "team_id": team_id,
        "place": place,
        "name": account.name,
        "kind": facts.kind,
        "login": facts.login,
        "account_id": facts.account_id,
        "scopes": None if facts.scopes is None else ", ".join(sorted(facts.scopes)),
        "expires_at": None if facts.is_renewed else facts.expires_at,
        "points_limit": account.budget.limit,
        "points_remaining": account.budget.remaining,
        "reset_at": account.budget.reset_at,
        "paused_until": account.budget.paused_until,
        "problem": account.refusal.reason if account.refusal else None,
        "checked_at": now,
    }
