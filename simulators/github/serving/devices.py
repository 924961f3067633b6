"""The device flow: a person enters a code in a browser while a program polls for the token.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#device-flow
"""

from dataclasses import dataclass, field
from hashlib import blake2b

from simulators.github.serving.tokens import Tokens
from simulators.github.store.records import Record

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER_SECONDS = 5


@dataclass(slots=True)
class DeviceCode:
    """An issued code. `login` is the account that approved it."""

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
    """All codes. A client that polls before its interval is over gets `slow_down`, which is counted.

    Tokens expire after `token_seconds` like a GitHub App's; without it they do not expire, like an OAuth App's.
    """

    tokens: Tokens
    client_id: str = "Iv1.simulated"
    interval: int = 5
    seconds: int = 900
    token_seconds: int | None = None
    too_soon_count: int = 0
    _codes: dict[str, DeviceCode] = field(default_factory=dict)

    def start(self, client_id: str, scopes: str, web_url: str, now: float) -> Record:
        if client_id != self.client_id:
            return {"error": "incorrect_client_credentials"}
        digest = blake2b(f"device/{len(self._codes)}".encode(), digest_size=20).hexdigest()
        user_code = f"{digest[:4]}-{digest[4:8]}".upper()
        self._codes[digest] = DeviceCode(user_code, scopes.replace(" ", ", "), now + self.seconds, self.interval, now)
        return {
            "device_code": digest,
            "user_code": user_code,
            "verification_uri": f"{web_url}/login/device",
            "expires_in": self.seconds,
            "interval": self.interval,
        }

    def decide(self, user_code: str, login: str | None) -> None:
        """Approve as `login`, or deny if None; raises KeyError for an unknown code."""
        code = {each.user_code: each for each in self._codes.values()}[user_code]
        code.login, code.is_denied = login, login is None

    def last_user_code(self) -> str:
        """Return the last issued code, as the person enters it."""
        return list(self._codes.values())[-1].user_code

    def poll(self, client_id: str, device_code: str, grant: str, now: float) -> Record:
        code = self._codes.get(device_code)
        if grant != GRANT:
            return {"error": "unsupported_grant_type"}
        if client_id != self.client_id or code is None or code.is_used:
            return {"error": "incorrect_device_code"}
        return self._respond(code, now)

    def _respond(self, code: DeviceCode, now: float) -> Record:
        if now >= code.expires_at:
            return {"error": "expired_token"}
        if now - code.asked_at < code.interval - 0.01:
            self.too_soon_count += 1
            code.interval += SLOWER_SECONDS
            return {"error": "slow_down", "interval": int(code.interval)}
        code.asked_at = now
        if code.is_denied:
            return {"error": "access_denied"}
        if code.login is None:
            return {"error": "authorization_pending"}
        code.is_used = True
        if self.token_seconds is not None:
            token = self.tokens.issue("ghu_", code.login, "", now + self.token_seconds)
            return {"access_token": token, "token_type": "bearer", "scope": "", "expires_in": self.token_seconds}
        token = self.tokens.issue("gho_", code.login, code.scopes, None)
        return {"access_token": token, "token_type": "bearer", "scope": code.scopes.replace(", ", ",")}
