"""The device flow, as `gh` does it: a code is shown, a person enters it in a browser, and the token comes.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#device-flow (RFC 8628).
It takes no client secret, so there is none to keep.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import SecretStr

from tasks.github.api.errors import LoginFailed
from tasks.github.api.rest import Rest, RestResponse
from tasks.github.api.settings import GitHubSettings

SCOPES = "repo read:org"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# RFC 8628, 3.5: what a client waits between polls where it is not told, and what `slow_down` adds.
INTERVAL, SLOWER = timedelta(seconds=5), timedelta(seconds=5)
BAD_REQUEST = frozenset({400})  # GitHub says its errors with 200, the standard with 400

ENDS = {
    "expired_token": ("The code was not entered in time", "Run `prflow login` again."),
    "access_denied": ("The login was denied in the browser", "Run `prflow login` again, and approve it there."),
    "device_flow_disabled": (
        "The app of PRFLOW_GITHUB_CLIENT_ID has its device flow switched off",
        "Switch it on in the app's settings on GitHub: Enable Device Flow.",
    ),
    "incorrect_client_credentials": (
        "GitHub knows no app with the client ID of PRFLOW_GITHUB_CLIENT_ID",
        "Copy it from the app's settings on GitHub.",
    ),
    "incorrect_device_code": ("GitHub does not know the code any more", "Run `prflow login` again."),
}


@dataclass(frozen=True)
class DeviceCode:
    """What a person enters at `verification_url`, until `expires_at`."""

    user_code: str
    verification_url: str
    device_code: SecretStr
    interval: timedelta
    expires_at: datetime


@dataclass(frozen=True)
class Granted:
    """The token, and the scopes that came with it. `lasts` None where it does not end by itself."""

    token: SecretStr
    scopes: str
    lasts: timedelta | None = None


async def start_login(rest: Rest, settings: GitHubSettings) -> DeviceCode:
    """Ask for a code; LoginFailed where GitHub gives none."""
    sent = {"client_id": settings.client_id.strip(), "scope": SCOPES}
    url = f"{settings.web_url}/login/device/code"
    answer = await rest.ask("POST", url, asked="login: the code", form=sent, expected=BAD_REQUEST)
    if error := answer.body.get("error"):
        raise _failure(str(error))
    return DeviceCode(
        user_code=str(answer.read("user_code")),
        verification_url=str(answer.read("verification_uri")),
        device_code=answer.secret("device_code"),
        interval=timedelta(seconds=float(answer.body.get("interval") or INTERVAL.total_seconds())),
        expires_at=rest.clock() + timedelta(seconds=float(answer.read("expires_in"))),
    )


async def await_login(rest: Rest, settings: GitHubSettings, code: DeviceCode) -> Granted:
    """Polls until the person has decided; LoginFailed where they deny it or let the time pass."""
    interval = code.interval
    while rest.clock() + interval < code.expires_at:
        await rest.sleep(interval.total_seconds())
        answer = await _poll(rest, settings, code)
        error = answer.body.get("error")
        if error is None:
            seconds = answer.body.get("expires_in")
            lasts = timedelta(seconds=float(seconds)) if seconds else None
            return Granted(answer.secret("access_token"), str(answer.body.get("scope", "")), lasts)
        if error == "slow_down":
            # GitHub names the new interval; it never gets shorter.
            interval = max(interval + SLOWER, timedelta(seconds=float(answer.body.get("interval") or 0)))
        elif error != "authorization_pending":
            raise _failure(str(error))
    raise _failure("expired_token")


async def _poll(rest: Rest, settings: GitHubSettings, code: DeviceCode) -> RestResponse:
    return await rest.ask(
        "POST",
        f"{settings.web_url}/login/oauth/access_token",
        asked="login: the token",
        form={
            "client_id": settings.client_id.strip(),
            "device_code": code.device_code,
            "grant_type": GRANT,
        },
        expected=BAD_REQUEST,
    )


def _failure(error: str) -> LoginFailed:
    words, hint = ENDS.get(error, (f"GitHub refused the login ({error[:80]})", LoginFailed.hint))
    failure = LoginFailed(words)
    failure.hint = hint
    return failure
