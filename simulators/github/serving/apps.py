"""GitHub Apps: their keys, their installations, and the tokens that they get for an hour."""

from dataclasses import dataclass, field

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import extract_compact

from simulators.github.serving.tokens import Tokens
from simulators.github.store.records import Record, iso

TOKEN_SECONDS = 3600.0
MAX_ASSERTION_SECONDS = 600.0
CLOCK_SECONDS = 60.0


class AssertionRejected(Exception):
    """An assertion that GitHub rejects, in GitHub's words."""


@dataclass(frozen=True)
class App:
    """A GitHub App. `installations` maps the id of an installation to the login of its account."""

    id: str
    public_key: str
    slug: str = "prflow"
    installations: dict[int, str] = field(default_factory=dict)
    account_ids: dict[str, int] = field(default_factory=dict)
    token_seconds: float = TOKEN_SECONDS


@dataclass
class Apps:
    """All Apps. `tokens_made` counts installation tokens; `assertions` keeps the assertions of all requests."""

    tokens: Tokens
    tokens_made: int = 0
    assertions: list[str] = field(default_factory=list)
    _apps: dict[str, App] = field(default_factory=dict)

    def register(self, app: App) -> None:
        self._apps[app.id] = app

    def authenticate(self, authorization: str, now: float) -> App:
        """Return the App whose key signed the JSON web token; raises AssertionRejected if GitHub would reject it."""
        assertion = authorization.partition(" ")[2].strip()
        self.assertions.append(assertion)
        try:
            app = self._apps[str(_unverified(assertion)["iss"])]
            key = RSAKey.import_key(app.public_key)
            claims = jwt.decode(assertion, key, algorithms=["RS256"]).claims
        except (JoseError, ValueError, KeyError):
            raise AssertionRejected("A JSON web token could not be decoded") from None
        _check_times(claims, now)
        return app

    def listed(self, app: App) -> list[Record]:
        return [
            {
                "id": number,
                "app_slug": app.slug,
                "account": {"login": login, "id": app.account_ids.get(login, number)},
            }
            for number, login in app.installations.items()
        ]

    def make_token(self, app: App, installation: int, now: float) -> Record | None:
        """Return a new token of an installation; None if the App does not have it."""
        if installation not in app.installations:
            return None
        self.tokens_made += 1
        expires_at = now + app.token_seconds
        token = self.tokens.issue("ghs_", f"{app.slug}[bot]", None, expires_at)
        return {"token": token, "expires_at": iso(expires_at), "permissions": {"pull_requests": "read"}}


def _unverified(assertion: str) -> Record:
    """Return the claims without checking the signature: they say whose key to check it with."""
    claims: Record = orjson.loads(extract_compact(assertion.encode()).payload)
    return claims


def _check_times(claims: Record, now: float) -> None:
    issued, ends = float(claims.get("iat", 0)), float(claims.get("exp", 0))
    if issued > now + CLOCK_SECONDS:
        raise AssertionRejected(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )
    if ends <= now:
        raise AssertionRejected(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the "
            "assertion expires"
        )
    if ends > now + MAX_ASSERTION_SECONDS:
        raise AssertionRejected("'Expiration time' claim ('exp') is too far in the future")
