"""The device flow, as in `gh`: a code is shown, a person enters it in a browser, and GitHub issues a token.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#device-flow (RFC 8628).
It needs no client secret.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pydantic import SecretStr

from tasks.github.api.errors import LoginFailed
from tasks.github.api.rest import Rest, RestResponse
from tasks.github.api.settings import GitHubSettings
from warehouse.guard.untrusted import one_line

SCOPES = "repo read:org"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# RFC 8628, 3.5: the default wait between polls, and what `slow_down` adds to it.
DEFAULT_INTERVAL, SLOW_DOWN = timedelta(seconds=5), timedelta(seconds=5)
# GitHub's are like WDJB-MJHT; RFC 8628, 6.1, wants them short and easy to type.
USER_CODE = re.compile(r"[A-Za-z0-9-]{1,40}")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
BAD_REQUEST = frozenset({400})  # GitHub sends errors with 200, the standard says 400

FAILURES = {
    "expired_token": ("The code was not entered in time", "Run `prflow login` again."),
    "access_denied": ("The login was denied in the browser", "Run `prflow login` again, and approve it there."),
    "device_flow_disabled": (
        "The device flow of the app in PRFLOW_GITHUB_CLIENT_ID is disabled",
        "Enable it in the app's settings on GitHub: Enable Device Flow.",
    ),
    "incorrect_client_credentials": (
        "GitHub knows no app with the client ID in PRFLOW_GITHUB_CLIENT_ID",
        "Copy it from the app's settings on GitHub.",
    ),
    "incorrect_device_code": ("GitHub no longer knows the code", "Run `prflow login` again."),
}


@dataclass(frozen=True)
class DeviceCode:
    """The code that a person enters at `verification_url`, before `expires_at`."""

    user_code: str
    verification_url: str
    device_code: SecretStr
    interval: timedelta
    expires_at: datetime


@dataclass(frozen=True)
class GrantedToken:
    """The token that was granted, with its scopes. `lifetime` is None if it does not expire by itself."""

    token: SecretStr
    scopes: str
    lifetime: timedelta | None = None


async def start_login(rest: Rest, settings: GitHubSettings) -> DeviceCode:
    """Request a code. Raises LoginFailed if GitHub issues none."""
    form = {"client_id": settings.client_id.strip(), "scope": SCOPES}
    url = f"{settings.web_url}/login/device/code"
    response = await rest.request("POST", url, subject="login: the code", form=form, expected=BAD_REQUEST)
    if error := response.body.get("error"):
        raise _failure(str(error))
    return DeviceCode(
        user_code=_check_code(str(response.read("user_code"))),
        verification_url=_check_address(str(response.read("verification_uri"))),
        device_code=response.secret("device_code"),
        interval=timedelta(seconds=float(response.body.get("interval") or DEFAULT_INTERVAL.total_seconds())),
        expires_at=rest.clock() + timedelta(seconds=float(response.read("expires_in"))),
    )


def _check_code(code: str) -> str:
    """Return a code that a person can type; LoginFailed for anything else, as control characters."""
    if not USER_CODE.fullmatch(code):
        raise _failure("a code that cannot be typed")
    return code


def _check_address(address: str) -> str:
    """Return an address of https, or of this machine, without a user in it; LoginFailed for anything else."""
    try:
        parts = urlsplit(address)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        is_plain = address.isascii() and address.isprintable() and not re.search(r"[\s@\\]", address)
    except ValueError:
        is_safe = is_plain = False
    if not (is_safe and is_plain and parts.hostname):
        raise _failure("an address that is not https")
    return address


async def await_login(rest: Rest, settings: GitHubSettings, code: DeviceCode) -> GrantedToken:
    """Poll until the person has decided. Raises LoginFailed if they deny it or do not decide in time."""
    interval = code.interval
    while rest.clock() + interval < code.expires_at:
        await rest.sleep(interval.total_seconds())
        response = await _poll(rest, settings, code)
        error = response.body.get("error")
        if error is None:
            seconds = response.body.get("expires_in")
            lifetime = timedelta(seconds=float(seconds)) if seconds else None
            return GrantedToken(response.secret("access_token"), str(response.body.get("scope", "")), lifetime)
        if error == "slow_down":
            # GitHub names the new interval; it never gets shorter.
            interval = max(interval + SLOW_DOWN, timedelta(seconds=float(response.body.get("interval") or 0)))
        elif error != "authorization_pending":
            raise _failure(str(error))
    raise _failure("expired_token")


async def _poll(rest: Rest, settings: GitHubSettings, code: DeviceCode) -> RestResponse:
    return await rest.request(
        "POST",
        f"{settings.web_url}/login/oauth/access_token",
        subject="login: the token",
        form={
            "client_id": settings.client_id.strip(),
            "device_code": code.device_code,
            "grant_type": GRANT,
        },
        expected=BAD_REQUEST,
    )


def _failure(error: str) -> LoginFailed:
    message, hint = FAILURES.get(error, (f"GitHub refused the login ({one_line(error, 80)})", LoginFailed.hint))
    failure = LoginFailed(message)
    failure.hint = hint
    return failure
