"""Credentials: the source of the token for each request.

A personal token stays the same; an App's token (`access/app.py`) lasts an hour and is renewed. Tokens are named by
their position ("token 2 of 3"), never by their value.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from pydantic import SecretStr

from warehouse.errors import NotConfigured

WAYS = (
    "Set GITHUB_TOKEN to a read-only token (https://github.com/settings/tokens), set PRFLOW_GITHUB_APP_ID and its "
    "private key, or run `prflow login`"
)
NO_TOKEN = f"GITHUB_TOKEN is not set: GitHub does not answer GraphQL queries without a token. {WAYS}."


class Credential(Protocol):
    """What authorises requests. `name` says which one it is, without its value."""

    @property
    def name(self) -> str: ...

    async def read(self) -> SecretStr:
        """Return the token for a request that is sent now. Raises GitHubError if there is none."""
        ...

    async def renew(self, refused: SecretStr) -> bool:
        """Renew the token after a 401 to `refused`; return whether `read` returns another one now."""
        ...


class FixedToken:
    """A token that a person created: it cannot be renewed."""

    def __init__(self, token: str, name: str = "the token") -> None:
        self.name = name
        self._token = SecretStr(token)

    async def read(self) -> SecretStr:
        return self._token

    async def renew(self, refused: SecretStr) -> bool:
        return False


def fixed_tokens(*texts: SecretStr) -> list[FixedToken]:
    """Return the tokens in these texts, each once, in their order. Raises NotConfigured if there is none."""
    tokens = split_tokens(*(text.get_secret_value() for text in texts))
    if not tokens:
        raise NotConfigured(NO_TOKEN)
    return named_tokens(tokens)


def named_tokens(tokens: Sequence[str], where: str = "") -> list[FixedToken]:
    """Return credentials named by their position and by `where` they are stored."""
    if len(tokens) == 1:
        return [FixedToken(tokens[0], f"the token{where}")]
    count = len(tokens)
    return [FixedToken(token, f"token {place} of {count}{where}") for place, token in enumerate(tokens, start=1)]


def split_tokens(*texts: str) -> list[str]:
    """Split tokens at commas and blanks; return each once."""
    return list(dict.fromkeys(part for text in texts for part in re.split(r"[,\s]+", text) if part))
