"""Where a token comes from, and how it is renewed.

A `Credential` gives the token for each request. A personal token is what it is; an App's token (`app.py`) lasts
an hour and is made anew. Tokens are named by their place ("token 2 of 3"), never by their value.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from pydantic import SecretStr

from tasks.github.api.settings import GitHubSettings
from warehouse.errors import NotConfigured

WAYS = (
    "set GITHUB_TOKEN to a read-only token (https://github.com/settings/tokens), set PRFLOW_GITHUB_APP_ID and its "
    "private key, or run `prflow login`"
)
NO_TOKEN = f"GITHUB_TOKEN is not set: without a token GitHub does not answer GraphQL queries; {WAYS}."


class Credential(Protocol):
    """What authorises requests. `name` says which one it is, in words and without its value."""

    @property
    def name(self) -> str: ...

    async def read(self) -> SecretStr:
        """The token for a request that is sent now; GitHubError where there is none to be had."""
        ...

    async def renew(self, refused: SecretStr) -> bool:
        """After a 401 of the token `refused`: True where `read` gives another one now."""
        ...


class FixedToken:
    """A token that somebody made: nothing here can renew it."""

    def __init__(self, token: str, name: str = "the token") -> None:
        self.name = name
        self._token = SecretStr(token)

    async def read(self) -> SecretStr:
        return self._token

    async def renew(self, refused: SecretStr) -> bool:
        return False


def fixed_tokens(settings: GitHubSettings) -> list[FixedToken]:
    """Return the tokens of the settings, each once, in their order. Raises NotConfigured if there is none."""
    tokens = split_tokens(settings.token.get_secret_value(), settings.more_tokens.get_secret_value())
    if not tokens:
        raise NotConfigured(NO_TOKEN)
    return named_tokens(tokens)


def named_tokens(tokens: Sequence[str], where: str = "") -> list[FixedToken]:
    """Each with its place in its name, and `where` it stands."""
    if len(tokens) == 1:
        return [FixedToken(tokens[0], f"the token{where}")]
    count = len(tokens)
    return [FixedToken(token, f"token {place} of {count}{where}") for place, token in enumerate(tokens, start=1)]


def split_tokens(*texts: str) -> list[str]:
    """Tokens with commas or blanks between them, each once."""
    return list(dict.fromkeys(part for text in texts for part in re.split(r"[,\s]+", text) if part))
