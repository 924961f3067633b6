"""A GitHub App as the source of tokens: each lasts an hour and is renewed before it expires, or if it is refused.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from tasks.github.api.envelope import as_object, parse_iso_time, parse_number
from tasks.github.api.errors import Garbled, TokenRefused, Unavailable
from tasks.github.api.rest import Rest, RestResponse
from tasks.github.api.settings import GitHubSettings
from warehouse.errors import NotConfigured

# GitHub accepts an assertion for at most ten minutes, and none from the future: clocks differ by seconds.
ASSERTION_BACK, ASSERTION_AHEAD = timedelta(seconds=60), timedelta(minutes=9)
RENEW_BEFORE_EXPIRY = timedelta(minutes=5)
PER_PAGE = 100
NOT_FOUND = 404
KEY_VARIABLE = "PRFLOW_GITHUB_APP_PRIVATE_KEY"
KEY_HINT = "Check PRFLOW_GITHUB_APP_ID and its private key, and whether the App was deleted or suspended."


@dataclass(frozen=True)
class Installation:
    """An installation of an App; `login` is the organisation or user, `account_id` its databaseId."""

    id: int
    login: str
    account_id: int | None = None


class App:
    """A GitHub App by its ID and private key."""

    def __init__(self, settings: GitHubSettings, rest: Rest) -> None:
        """Read the private key. Raises NotConfigured, naming the variable, if there is none or it cannot be read."""
        self._id = settings.app_id.strip()
        self._key = read_private_key(settings)
        self._api_url = settings.api_url
        self._rest = rest

    async def list_installations(self) -> list[Installation]:
        """Return all installations."""
        found: list[Installation] = []
        page = 1
        while True:
            path = f"/app/installations?per_page={PER_PAGE}&page={page}"
            items = (await self._request("GET", path, "installations of the GitHub App")).read("items")
            found += [
                Installation(int(item["id"]), str(item["account"]["login"]), item["account"].get("id"))
                for item in items
            ]
            if len(items) < PER_PAGE:
                return found
            page += 1

    async def find_installation(self, owner: str, account_id: int | None = None) -> Installation:
        """Return the installation on `owner`, or on the account of this databaseId, whatever its login is today.

        Raises TokenRefused if there is none.
        """
        installations = await self.list_installations()
        by_id = [each for each in installations if account_id is not None and each.account_id == account_id]
        by_login = [each for each in installations if each.login.lower() == owner.lower()]
        if found := by_id or by_login:
            return found[0]
        places = ", ".join(sorted(each.login for each in installations)[:5]) or "no account"
        raise self._not_installed(f"is not installed on {owner}; it is installed on {places}")

    async def find_first_installation(self) -> Installation:
        """Return any installation. Raises TokenRefused if there is none."""
        installations = await self.list_installations()
        if not installations:
            raise self._not_installed("is installed on no account")
        return installations[0]

    async def make_token(self, installation_id: int) -> tuple[SecretStr, datetime]:
        """Return a new token and its expiry by GitHub's clock. Raises TokenRefused if the installation is unknown."""
        subject = f"token of the GitHub App's installation {installation_id}"
        made = await self._request("POST", f"/app/installations/{installation_id}/access_tokens", subject)
        if made.status == NOT_FOUND:
            raise self._not_installed(f"has no installation {installation_id}")
        expires_at = parse_iso_time(made.read("expires_at"))
        if expires_at is None:
            raise Garbled("the expiry of the token is not a timestamp", subject=subject)
        return made.secret("token"), expires_at

    async def _request(self, method: str, path: str, subject: str) -> RestResponse:
        """Send a request as the App itself. If it is refused because the local clock is wrong, correct it once."""
        had_skew = self._rest.skew is not None
        try:
            return await self._send(method, path, subject)
        except TokenRefused as error:
            if not had_skew and self._rest.skew:
                return await self._send(method, path, subject)
            error.hint = KEY_HINT
            raise

    async def _send(self, method: str, path: str, subject: str) -> RestResponse:
        url, expected = f"{self._api_url}{path}", frozenset({NOT_FOUND})
        return await self._rest.request(method, url, subject=subject, token=self._assertion(), expected=expected)

    def _not_installed(self, words: str) -> TokenRefused:
        """Return an error that ends the run: no request can succeed without a token."""
        error = TokenRefused(f"The GitHub App {self._id} {words}")
        error.hint = "Install it on the organisation, on the App's page on GitHub: Install App."
        return error

    def _assertion(self) -> SecretStr:
        now = self._rest.now()
        claims = {
            "iss": self._id,
            "iat": int((now - ASSERTION_BACK).timestamp()),
            "exp": int((now + ASSERTION_AHEAD).timestamp()),
        }
        return SecretStr(jwt.encode({"alg": "RS256"}, claims, self._key))


def _parse_installation(item: object) -> Installation:
    number, login = parse_number(as_object(item).get("id")), as_object(as_object(item).get("account")).get("login")
    if number is None or not isinstance(login, str):
        raise Garbled("an installation has no id or no account", subject="installations of the GitHub App")
    return Installation(number, login)


class InstallationToken:
    """The credential of an App's installation on `owner`."""

    def __init__(
        self,
        app: App,
        rest: Rest,
        owner: str,
        installation_id: int | None = None,
        account_id: int | None = None,
    ) -> None:
        self.name = f"the GitHub App on {owner}" if owner else "the GitHub App"
        self._app = app
        self._rest = rest
        self._owner = owner
        self._account_id = account_id
        self._installation_id = installation_id
        self._token: SecretStr | None = None
        self._expires_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def read(self) -> SecretStr:
        """Return the token, renewed five minutes before it expires; if that fails, the old one until it expires."""
        async with self._lock:
            if self._token is None or self._expires_within(timedelta(0)):
                return await self._make_token()
            if self._expires_within(RENEW_BEFORE_EXPIRY):
                try:
                    return await self._make_token()
                except Unavailable:
                    return self._token
            return self._token

    async def renew(self, refused: SecretStr) -> bool:
        """Renew the token. If many requests are refused at once, the first one renews it for all."""
        async with self._lock:
            if self._token == refused:
                await self._make_token()
        return True

    async def _make_token(self) -> SecretStr:
        if self._installation_id is None:
            self._installation_id = (await self._app.find_installation(self._owner, self._account_id)).id
        self._token, self._expires_at = await self._app.make_token(self._installation_id)
        return self._token

    def _expires_within(self, span: timedelta) -> bool:
        return self._expires_at is not None and self._expires_at - self._rest.now() <= span


def read_private_key(settings: GitHubSettings) -> RSAKey:
    """Read the App's key from the variable or the file. Raises NotConfigured, which shows nothing of the key."""
    text = settings.app_private_key.get_secret_value().strip()
    name = KEY_VARIABLE
    if not text and settings.app_private_key_file is not None:
        name = f"{KEY_VARIABLE}_FILE"
        try:
            text = settings.app_private_key_file.expanduser().read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            reason = type(error).__name__
            raise NotConfigured(f"{name} cannot be read ({reason}): {settings.app_private_key_file}") from None
    if not text:
        raise NotConfigured(f"{name} is not set: PRFLOW_GITHUB_APP_ID needs the App's private key.")
    return _import_key(text.replace("\\n", "\n"), name)


def _import_key(text: str, name: str) -> RSAKey:
    try:
        key = RSAKey.import_key(text)
    except (ValueError, TypeError):
        key = None
    if key is None or not key.is_private:
        raise NotConfigured(f"{name} holds no private RSA key as PEM, as GitHub gives it for an App.")
    return key
