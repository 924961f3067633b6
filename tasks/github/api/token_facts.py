"""Facts about a token, from the headers of responses: its owner, its scopes, its expiry.

A classic token (and an OAuth App's) comes with its scopes in `x-oauth-scopes`; a fine-grained token and an App's
have permissions that GitHub does not list. `github-authentication-token-expiration` is sent if a token expires.
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
KINDS_WITHOUT_SCOPES = {"fine-grained token", "GitHub App login", "GitHub App installation"}
"""Kinds whose permissions are not scopes: GitHub sends no list of scopes, or an empty one."""

# Scopes that include others: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
IMPLIED_BY = {"repo": {"repo"}, "read:org": {"read:org", "write:org", "admin:org"}}


@dataclass(frozen=True)
class TokenFacts:
    """A token, by its name. `scopes` is None if GitHub lists none, `expires_at` None if the token does not expire.

    `account_id` is the node id of its owner, `login` the owner's name of today.
    """

    name: str
    kind: str = "token"
    login: str | None = None
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    account_id: str | None = None

    @property
    def is_renewed(self) -> bool:
        """Whether it is renewed automatically, so that its expiry concerns nobody."""
        return self.kind == KINDS["ghs_"]

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """Those of `repo` and `read:org` that the token lacks; empty if its permissions are not listed."""
        if self.scopes is None:
            return ()
        return tuple(scope for scope, holders in IMPLIED_BY.items() if not holders & self.scopes)

    @property
    def can_sync(self) -> bool:
        """Whether it suffices for a sync: reading the teams that were asked for review takes `read:org`."""
        return "read:org" not in self.missing_scopes

    def warnings(self, now: datetime) -> list[str]:
        """Return what a person should fix: missing scopes, and an expiry within a week."""
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


def parse_token_facts(name: str, token: SecretStr, login: str | None, headers: Mapping[str, str]) -> TokenFacts:
    """Parse the headers of any response to a request with `token`."""
    kind = next((words for prefix, words in KINDS.items() if token.get_secret_value().startswith(prefix)), "token")
    listed = headers.get("x-oauth-scopes")
    scopes = (
        None
        if listed is None or kind in KINDS_WITHOUT_SCOPES
        else frozenset(filter(None, map(str.strip, listed.split(","))))
    )
    expires_at = parse_expiry(headers.get("github-authentication-token-expiration", ""))
    return TokenFacts(name, kind, login, scopes, expires_at)


def parse_expiry(text: str) -> datetime | None:
    """Parse `2026-12-01 12:00:00 UTC` or `2026-12-01 05:00:00 -0700`; return None for anything else."""
    try:
        timestamp = datetime.fromisoformat(
            text.strip().removesuffix("UTC").strip().replace(" -", "-").replace(" +", "+")
        )
    except ValueError:
        return None
    return timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp.astimezone(UTC)
