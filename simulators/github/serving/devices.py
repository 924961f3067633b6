"""The device flow: a code that a person types in a browser, and a program that asks meanwhile whether they have.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#device-flow
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from simulators.github.serving.bearers import Bearers

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER_SECONDS = 5


@dataclass(slots=True)
class Waiting:
    """A code that was given out. `login` is who approved it."""

    user_code: str
    scopes: str
    expires_at: float
    interval: float
    asked_at: float
    login: str | None = None
    is_denied: bool = False
    is_used: bool = False


@dataclass
class Devices:
    """All codes. A client that polls sooner than its interval is told to slow down, and that is counted.

    An OAuth App's tokens last; with `token_seconds` they are a GitHub App's, which end.
    """

    bearers: Bearers
    client_id: str = "Iv1.simulated"
    interval: int = 5
    seconds: int = 900
    token_seconds: int | None = None
    too_soon_count: int = 0
    _codes: dict[str, Waiting] = field(default_factory=dict)

    def start(self, client_id: str, scopes: str, web_url: str, now: float) -> dict[str, Any]:
        if client_id != self.client_id:
            return {"error": "incorrect_client_credentials"}
        digest = blake2b(f"device/{len(self._codes)}".encode(), digest_size=20).hexdigest()
        user_code = f"{digest[:4]}-{digest[4:8]}".upper()
        self._codes[digest] = Waiting(user_code, scopes.replace(" ", ", "), now + self.seconds, self.interval, now)
        return {
            "device_code": digest,
            "user_code": user_code,
            "verification_uri": f"{web_url}/login/device",
            "expires_in": self.seconds,
            "interval": self.interval,
        }

    def decide(self, user_code: str, login: str | None) -> None:
        """The person approves as `login`, or denies; KeyError for a code that was not given out."""
        waiting = {each.user_code: each for each in self._codes.values()}[user_code]
        waiting.login, waiting.is_denied = login, login is None

    def last_user_code(self) -> str:
        """The code that was given out last, as the person would read it."""
        return list(self._codes.values())[-1].user_code

    def poll(self, client_id: str, device_code: str, grant: str, now: float) -> dict[str, Any]:
        waiting = self._codes.get(device_code)
        if grant != GRANT:
            return {"error": "unsupported_grant_type"}
        if client_id != self.client_id or waiting is None or waiting.is_used:
            return {"error": "incorrect_device_code"}
        return self._answer(waiting, now)

    def _answer(self, waiting: Waiting, now: float) -> dict[str, Any]:
        if now >= waiting.expires_at:
            return {"error": "expired_token"}
        if now - waiting.asked_at < waiting.interval - 0.01:
            self.too_soon_count += 1
            waiting.interval += SLOWER_SECONDS
            return {"error": "slow_down", "interval": int(waiting.interval)}
        waiting.asked_at = now
        if waiting.is_denied:
            return {"error": "access_denied"}
        if waiting.login is None:
            return {"error": "authorization_pending"}
        waiting.is_used = True
        if self.token_seconds is not None:
            token = self.bearers.issue("ghu_", waiting.login, "", now + self.token_seconds)
            return {"access_token": token, "token_type": "bearer", "scope": "", "expires_in": self.token_seconds}
        token = self.bearers.issue("gho_", waiting.login, waiting.scopes, None)
        return {"access_token": token, "token_type": "bearer", "scope": waiting.scopes.replace(", ", ",")}
