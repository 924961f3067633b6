"""The known tokens: their accounts, scopes and expiry.

An unknown token is accepted too, and belongs to the organisation's viewer; but tokens of the kinds that GitHub itself
issues (to Apps and logins) are accepted only if they were issued here.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b

from simulators.github.serving import replies
from simulators.github.serving.limits import Account, Limits
from simulators.github.serving.replies import Reply

BAD_TOKEN = "bad-token"  # noqa: S105  (always refused)
SCOPES = "read:org, repo"
ISSUED = ("ghs_", "gho_", "ghu_")
NO_SCOPES = ("ghs_", "github_pat_")


@dataclass(slots=True)
class AccessToken:
    """One token. `login` is None for the organisation's viewer; timestamps are seconds since 1970."""

    account: Account
    login: str | None = None
    scopes: str | None = SCOPES
    expires_at: float | None = None
    is_revoked: bool = False

    def is_good(self, now: float) -> bool:
        has_ended = self.expires_at is not None and now >= self.expires_at
        return not (self.is_revoked or self.account.is_revoked or has_ended)

    def headers(self) -> dict[str, str]:
        """Return the headers about the token; fine-grained and App tokens have no list of scopes."""
        headers = {} if self.scopes is None else {"x-oauth-scopes": self.scopes}
        if self.expires_at is not None:
            end = datetime.fromtimestamp(self.expires_at, UTC)
            headers["github-authentication-token-expiration"] = f"{end:%Y-%m-%d %H:%M:%S} UTC"
        return headers


@dataclass
class Tokens:
    """All tokens. Those of one login share an account, because GitHub counts points by user."""

    limits: Limits
    known: dict[str, AccessToken] = field(default_factory=dict)
    _by_login: dict[str, Account] = field(default_factory=dict)
    _issued_count: int = 0

    def accounts(self) -> list[Account]:
        return list({id(access_token.account): access_token.account for access_token in self.known.values()}.values())

    def by_login(self) -> dict[str, Account]:
        return dict(self._by_login)

    def grant(
        self,
        token: str,
        login: str,
        scopes: str | None = SCOPES,
        expires_at: float | None = None,
        limits: Limits | None = None,
    ) -> AccessToken:
        """Make a token known. `limits` is used only if the login is new."""
        account = self._by_login.setdefault(login, Account(limits or self.limits))
        shown = None if token.startswith(NO_SCOPES) else scopes
        self.known[token] = AccessToken(account, login, shown, expires_at)
        return self.known[token]

    def issue(self, prefix: str, login: str, scopes: str | None, expires_at: float | None) -> str:
        """Return a new token in GitHub's format."""
        self._issued_count += 1
        token = prefix + blake2b(f"{login}/{self._issued_count}".encode(), digest_size=18).hexdigest()
        self.grant(token, login, scopes, expires_at)
        return token

    def issued(self, prefix: str = "") -> list[str]:
        """Return the tokens issued here, oldest first."""
        return [token for token in self.known if token.startswith(prefix or ISSUED)]

    def revoke(self, token: str) -> None:
        self.known[token].is_revoked = True

    def find(self, authorization: str, now: float) -> AccessToken | Reply:
        """Return the token of an Authorization header, or the response that refuses it."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() not in ("bearer", "token") or not token:
            return replies.no_credentials()
        if token not in self.known and not token.startswith(ISSUED) and token != BAD_TOKEN:
            self.known[token] = AccessToken(Account(self.limits))
        access_token = self.known.get(token)
        return access_token if access_token is not None and access_token.is_good(now) else replies.bad_credentials()
