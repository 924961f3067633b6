"""What GitHub tells of a token beside its answers: whose it is, what it may, how long it lasts.

A classic token (and an OAuth App's) comes with its scopes in `x-oauth-scopes`; a fine-grained token and an App's
have permissions that GitHub does not list. `github-authentication-token-expiration` is there where a token ends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import SecretStr

from warehouse.sources import TOKEN_EXPIRY_WARNING

# By the prefix that GitHub gives tokens since 2021; older ones and other servers' have none.
KINDS = {
    "ghp_": "classic token",
    "gho_": "OAuth login",
    "github_pat_": "fine-grained token",
    "ghu_": "GitHub App login",
    "ghs_": "GitHub App installation",
}
UNLISTED = {"fine-grained token", "GitHub App login", "GitHub App installation"}
"""Kinds whose permissions are not scopes: GitHub sends no list of them, or an empty one."""

# Scopes that hold others: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
HOLDERS = {"repo": {"repo"}, "read:org": {"read:org", "write:org", "admin:org"}}


@dataclass(frozen=True)
class TokenFacts:
    """One token, by its name. `scopes` None where GitHub lists none; `expires_at` None where it does not end."""

    name: str
    kind: str = "token"
    login: str | None = None
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None

    @property
    def is_renewed(self) -> bool:
        """True where its end is nobody's concern: a new one is made in time."""
        return self.kind == KINDS["ghs_"]

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """Of `repo` and `read:org`, those that the token lacks; nothing where its permissions are not listed."""
        if self.scopes is None:
            return ()
        return tuple(scope for scope, holders in HOLDERS.items() if not holders & self.scopes)

    @property
    def can_sync(self) -> bool:
        """Every pull request names the teams that were asked for review, which takes `read:org`."""
        return "read:org" not in self.missing_scopes

    def warnings(self, now: datetime) -> list[str]:
        """In words, what a person should see to; an installation's token is renewed by itself."""
        return [*self._scope_warnings(), *self._expiry_warnings(now)]

    def _scope_warnings(self) -> Iterable[str]:
        if "read:org" in self.missing_scopes:
            yield f"{self.name} lacks the scope read:org: GitHub refuses queries that name teams"
        if "repo" in self.missing_scopes:
            yield f"{self.name} lacks the scope repo: private repositories are left out"

    def _expiry_warnings(self, now: datetime) -> Iterable[str]:
        if self.expires_at is None or self.is_renewed or self.expires_at - now > TOKEN_EXPIRY_WARNING:
            return
        when = f"{self.expires_at:%d %B %Y, %H:%M} UTC"
        yield f"{self.name} expired on {when}" if self.expires_at <= now else f"{self.name} expires on {when}"


def read_facts(name: str, token: SecretStr, login: str | None, headers: Mapping[str, str]) -> TokenFacts:
    """From the headers of any answer to `token`."""
    kind = next((words for prefix, words in KINDS.items() if token.get_secret_value().startswith(prefix)), "token")
    listed = headers.get("x-oauth-scopes")
    scopes = None if listed is None or kind in UNLISTED else frozenset(filter(None, map(str.strip, listed.split(","))))
    expires_at = read_expiry(headers.get("github-authentication-token-expiration", ""))
    return TokenFacts(name, kind, login, scopes, expires_at)


def read_expiry(text: str) -> datetime | None:
    """`2026-12-01 12:00:00 UTC` or `2026-12-01 05:00:00 -0700`; None for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip().removesuffix("UTC").strip().replace(" -", "-").replace(" +", "+"))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
