"""The token of a set-up: checked at GitHub, kept in Prefect's encrypted store, and used for what its steps ask."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from flows.lifecycle.clock import now
from flows.services import prefect_api
from flows.services.settings import ServiceSettings
from tasks.github.access import connect
from tasks.github.access.check import TokenCheck, check_tokens
from tasks.github.access.credentials import BLOCK, block_name, has_tokens
from tasks.github.api.client import GitHub, OnWait
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.tokens import FixedToken
from tasks.plain_http import refuse_plain_http
from warehouse.errors import BadArgument

# The token of a set-up that is under way, if it is to be the team's own. No team's block has this name.
PENDING = "set-up-github-token"
GIVEN = "the token that you gave"
# GitHub's longest tokens have some 100 characters; an App's may have more.
TOKEN = re.compile(r"[\x21-\x7e]{8,512}")


class TokenStore:
    """Tokens in the Prefect server of this process. `home` holds the logins of `prflow login`."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def address(self) -> str:
        return ServiceSettings().prefect_api_url

    async def read(self, name: str) -> SecretStr | None:
        """Return the value of a block; None if there is none, or no Prefect server is known."""
        return await asyncio.to_thread(prefect_api.read_secret, self.address, name) if self.address else None

    async def save(self, name: str, token: SecretStr) -> None:
        refuse_plain_http(
            self.address,
            name="PREFECT_API_URL",
            what="the GitHub token",
            is_allowed=GitHubSettings().allow_plain_http,
        )
        await asyncio.to_thread(prefect_api.save_secret, self.address, name, token)

    async def delete(self, name: str) -> bool:
        return await asyncio.to_thread(prefect_api.delete_secret, self.address, name) if self.address else False

    async def check(self, team: str) -> list[TokenCheck]:
        """Check the tokens that a set-up of `team` would use. Raises NotConfigured if there is none."""
        if (pending := await self.read(PENDING)) is not None:
            return await check_token(pending)
        return await connect.check_owner(team, home=self.home, clock=now, read_block=self.read)

    @asynccontextmanager
    async def open_github(self, team: str, on_wait: OnWait | None = None) -> AsyncIterator[GitHub]:
        """Open a client with these tokens."""
        if (pending := await self.read(PENDING)) is not None:
            credentials = [FixedToken(pending.get_secret_value(), GIVEN)]
            async with GitHub(GitHubSettings(), clock=now, on_wait=on_wait, credentials=credentials) as github:
                yield github
        else:
            async with connect.open_github(team, home=self.home, clock=now, read_block=self.read, on_wait=on_wait) as (
                github,
                _,
            ):
                yield github

    async def keep(self, token: SecretStr, *, has_other_teams: bool) -> TokenCheck:
        """Check a token, then keep it: for all teams as `prflow login` does, or else for the team that is set up.

        It is the team's own if a GitHub App or GITHUB_TOKEN is set, or if other teams may use the token of all teams.
        Raises GitHubError or BadArgument if it cannot be used.
        """
        (checked,) = await check_token(clean_token(token))
        if checked.problem is not None:
            raise checked.problem
        settings = GitHubSettings()
        is_own = has_other_teams or bool(settings.app_id.strip()) or has_tokens(settings)
        await self.save(PENDING if is_own else BLOCK, clean_token(token))
        return checked

    async def hand_over(self, team: str) -> None:
        """Make the token that was given for a set-up the team's own. Done twice, it does no harm."""
        if (pending := await self.read(PENDING)) is not None:
            await self.save(block_name(team), pending)
            await self.delete(PENDING)


async def check_token(token: SecretStr) -> list[TokenCheck]:
    """Check one token with one request and no retries. Raises GitHubError if GitHub does not respond."""
    settings = GitHubSettings()
    seconds = min(settings.timeout_seconds, connect.CHECK_TIMEOUT_SECONDS)
    rest = Rest(seconds, clock=now, attempts=1, allow_plain_http=settings.allow_plain_http)
    return await check_tokens(rest, settings, [FixedToken(token.get_secret_value(), GIVEN)])


def clean_token(token: SecretStr) -> SecretStr:
    """Return the token without the blanks around it. Raises BadArgument, which shows nothing of it."""
    text = token.get_secret_value().strip()
    if not TOKEN.fullmatch(text):
        raise BadArgument(
            "This is not a token: a token is one word of letters, digits and underscores.",
            "Copy it again from GitHub, where it is shown once, right after it was created.",
        )
    return SecretStr(text)
