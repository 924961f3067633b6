"""Clients for the team `owner`: its credentials looked up, then a GitHub client or a check of each token."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tasks.checks import ReadBlock
from tasks.github.access.app import App
from tasks.github.access.check import TokenCheck, check_tokens
from tasks.github.access.credentials import find_credentials
from tasks.github.access.logins import Logins
from tasks.github.api.budget import Clock
from tasks.github.api.client import GitHub, OnWait
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.tokens import Credential
from warehouse.connection import Warehouse, WarehouseError
from warehouse.identity.teams import UNKNOWN, KnownOwner, read_owner
from warehouse.migrations import is_current

CHECK_TIMEOUT_SECONDS = 10.0


@asynccontextmanager
async def open_github(
    owner: str, *, home: Path, clock: Clock, read_block: ReadBlock | None = None, on_wait: OnWait | None = None
) -> AsyncIterator[tuple[GitHub, Rest]]:
    """Open a client with the tokens for `owner`, and a REST client beside it.

    `home` holds the logins of `prflow login`. Raises NotConfigured if there is no token.
    """
    settings = GitHubSettings()
    rest = Rest(settings.timeout_seconds, clock=clock, allow_plain_http=settings.allow_plain_http)
    credentials = await _find_credentials(settings, owner, rest, Logins(home), read_block)
    async with GitHub(settings, clock=clock, on_wait=on_wait, credentials=credentials) as github:
        yield github, rest


async def check_owner(owner: str, *, home: Path, clock: Clock, read_block: ReadBlock | None = None) -> list[TokenCheck]:
    """Check every token for `owner` with one request each and no retries.

    `owner` may be empty before the first team. Raises NotConfigured if there is no token.
    """
    settings = GitHubSettings()
    seconds = min(settings.timeout_seconds, CHECK_TIMEOUT_SECONDS)
    rest = Rest(seconds, clock=clock, attempts=1, allow_plain_http=settings.allow_plain_http)
    return await check_tokens(rest, settings, await _find_credentials(settings, owner, rest, Logins(home), read_block))


async def _find_credentials(
    settings: GitHubSettings, owner: str, rest: Rest, logins: Logins, read_block: ReadBlock | None
) -> Sequence[Credential]:
    """Find the credentials; without an owner, those of an App are for its first installation."""
    if not owner and settings.app_id.strip() and settings.app_installation_id is None:
        owner = (await App(settings, rest).find_first_installation()).login
    known = await asyncio.to_thread(read_known_owner, owner) if owner and not settings.is_simulated else UNKNOWN
    return await find_credentials(settings, owner, rest, logins, read_block, known)


def read_known_owner(owner: str) -> KnownOwner:
    """Read what the warehouse knows of an owner; nothing if it cannot be read, or is to be migrated first."""
    try:
        with Warehouse(read_only=True) as warehouse:
            return read_owner(warehouse, owner) if is_current(warehouse) else UNKNOWN
    except WarehouseError:
        return UNKNOWN
