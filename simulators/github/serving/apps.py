"""GitHub Apps: their keys, where they are installed, and the tokens that they get for an hour."""

from dataclasses import dataclass, field
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import extract_compact

from simulators.github.serving.bearers import Bearers
from simulators.github.store.records import iso

TOKEN_SECONDS = 3600.0
MAX_ASSERTION_SECONDS = 600.0
CLOCK_SECONDS = 60.0


class Refused(Exception):
    """An assertion that GitHub does not accept, in GitHub's words."""


@dataclass(frozen=True)
class App:
    """`installations` maps the id of an installation to the login of the account that it is on."""

    id: str
    public_key: str
    slug: str = "prflow"
    installations: dict[int, str] = field(default_factory=dict)
    token_seconds: float = TOKEN_SECONDS


@dataclass
class Apps:
    """All Apps. `tokens_made` counts the tokens of installations; `assertions` keeps what they were asked for with."""

    bearers: Bearers
    tokens_made: int = 0
    assertions: list[str] = field(default_factory=list)
    _apps: dict[str, App] = field(default_factory=dict)

    def register(self, app: App) -> None:
        self._apps[app.id] = app

    def authenticate(self, authorization: str, now: float) -> App:
        """The App whose key signed the JSON web token; Refused as GitHub does."""
        assertion = authorization.partition(" ")[2].strip()
        self.assertions.append(assertion)
        try:
            app = self._apps[str(_unverified(assertion)["iss"])]
            key = RSAKey.import_key(app.public_key)
            claims = jwt.decode(assertion, key, algorithms=["RS256"]).claims
        except (JoseError, ValueError, KeyError):
            raise Refused("A JSON web token could not be decoded") from None
        _check_times(claims, now)
        return app

    def listed(self, app: App) -> list[dict[str, Any]]:
        return [
            {"id": number, "app_slug": app.slug, "account": {"login": login}}
            for number, login in app.installations.items()
        ]

    def make_token(self, app: App, installation: int, now: float) -> dict[str, Any] | None:
        """A new token of an installation; None where the App has no such one."""
        if installation not in app.installations:
            return None
        self.tokens_made += 1
        expires_at = now + app.token_seconds
        token = self.bearers.issue("ghs_", f"{app.slug}[bot]", None, expires_at)
        return {"token": token, "expires_at": iso(expires_at), "permissions": {"pull_requests": "read"}}


def _unverified(assertion: str) -> dict[str, Any]:
    """The claims before the signature is looked at: they say whose key to look with."""
    claims: dict[str, Any] = orjson.loads(extract_compact(assertion.encode()).payload)
    return claims


def _check_times(claims: dict[str, Any], now: float) -> None:
    issued, ends = float(claims.get("iat", 0)), float(claims.get("exp", 0))
    if issued > now + CLOCK_SECONDS:
        raise Refused(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )
    if ends <= now:
        raise Refused("'Expiration time' claim ('exp') must be a numeric value representing the future time at which "
                      "the assertion expires")  # fmt: skip
    if ends > now + MAX_ASSERTION_SECONDS:
        raise Refused("'Expiration time' claim ('exp') is too far in the future")
