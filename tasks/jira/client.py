"""One request to Jira: its token, its limits, what comes back.

Redirects are not followed, for the token would go along; a response is read up to a bound. What is worth another try
is tried again here (429, 5xx, no response), as long as Jira asks to wait, but never for longer than a run waits.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic, sleep
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from tasks.jira.errors import BadBatch, JiraBusy, JiraError, JiraRefused, JiraUnavailable
from tasks.jira.settings import JiraSettings
from tasks.plain_http import refuse_plain_http
from warehouse.errors import NotConfigured
from warehouse.guard.loopback import is_loopback
from warehouse.guard.masking import Masking
from warehouse.guard.untrusted import one_line

TIMEOUT = httpx.Timeout(60, connect=10)
MAX_TRIES = 5
# Longer waits are left to the next run: the pull requests are done, and nobody waits for an issue.
MAX_WAIT_SECONDS = 300.0
MAX_RESPONSE_BYTES = 64 << 20
MAX_RESPONSE_SECONDS = 180.0
MAX_REASON = 200
# A run reads a hundred thousand issues in a few hundred requests: beyond this something is wrong with the pages.
MAX_REQUESTS = 10_000
JSON = dict[str, object]


@dataclass
class Jira(AbstractContextManager["Jira"]):
    """A connection to one Jira. `sleep` and `clock` are passed in by tests."""

    settings: JiraSettings
    token: SecretStr
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = sleep
    requests: int = 0
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        url = check_address(self.settings)
        is_outside = not is_loopback(urlsplit(url).hostname or "")
        self._http = httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=is_outside)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> object:
        """Return the JSON of a GET; raise JiraError."""
        return self._ask("GET", path, parameters, None)

    def post(self, path: str, body: Mapping[str, object]) -> object:
        """Return the JSON of a POST that only reads; raise JiraError."""
        return self._ask("POST", path, None, body)

    def find(self, path: str, parameters: Mapping[str, str | int]) -> tuple[int, object]:
        """Return status and JSON of a GET of which 403 and 404 are results; raise JiraError for the rest."""
        status, _, content = self._try(("GET", path), parameters, None)
        if status in {httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}:
            return status, None
        return status, self._read(path, status, content)

    def _ask(
        self, method: str, path: str, parameters: Mapping[str, str | int] | None, body: Mapping[str, object] | None
    ) -> object:
        status, _, content = self._try((method, path), parameters, body)
        return self._read(path, status, content)

    def _try(
        self, what: tuple[str, str], parameters: Mapping[str, str | int] | None, body: Mapping[str, object] | None
    ) -> tuple[int, httpx.Headers, bytes]:
        """Send a request until Jira says something that another try would not change."""
        reason = ""
        for attempt in range(1, MAX_TRIES + 1):
            try:
                status, headers, content = self._send(what, parameters, body)
            except (httpx.HTTPError, OSError) as error:
                reason, wait = f"{type(error).__name__}: {error}", 2.0**attempt
            else:
                if status != httpx.codes.TOO_MANY_REQUESTS and status < httpx.codes.INTERNAL_SERVER_ERROR:
                    return status, headers, content
                reason, wait = f"status {status}", read_wait(headers, self.clock()) or 2.0**attempt
                if wait > MAX_WAIT_SECONDS:
                    raise JiraBusy(f"Jira asks to wait for {wait / 60:.0f} minutes before the next request ({reason}).")
            if attempt < MAX_TRIES:
                self.sleep(wait)
        kind = JiraBusy if reason == "status 429" else JiraUnavailable
        raise kind(f"Jira could not be reached in {MAX_TRIES} tries: {self._say(reason)}")

    def _send(
        self, what: tuple[str, str], parameters: Mapping[str, str | int] | None, body: Mapping[str, object] | None
    ) -> tuple[int, httpx.Headers, bytes]:
        self.requests += 1
        if self.requests > MAX_REQUESTS:
            raise JiraUnavailable(f"Jira's pages do not end: {MAX_REQUESTS:,} requests were sent in one run.")
        method, path = what
        until, content = monotonic() + MAX_RESPONSE_SECONDS, bytearray()
        with self._http.stream(
            method,
            self.settings.base_url + path,
            params=parameters,
            content=None if body is None else json.dumps(body).encode(),
            headers=self._headers(is_post=body is not None),
        ) as response:
            for chunk in response.iter_raw():  # never unpacked: a few bytes of gzip may stand for gigabytes
                content += chunk
                if len(content) > MAX_RESPONSE_BYTES or monotonic() > until:
                    raise JiraUnavailable("Jira's response is too large or too slow.")
        return response.status_code, response.headers, bytes(content)

    def _headers(self, *, is_post: bool) -> dict[str, str]:
        """Authorise by e-mail and API token (Cloud) or by a personal access token (Data Center).

        https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
        https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html
        """
        secret, email = self.token.get_secret_value().strip(), self.settings.email.strip()
        basic = b64encode(f"{email}:{secret}".encode()).decode()
        authorisation = f"Basic {basic}" if email else f"Bearer {secret}"
        headers = {"Authorization": authorisation, "Accept": "application/json", "Accept-Encoding": "identity"}
        return headers | ({"Content-Type": "application/json"} if is_post else {})

    def _read(self, path: str, status: int, content: bytes) -> object:
        if status == httpx.codes.OK:
            try:
                return json.loads(content)
            except (ValueError, RecursionError):
                raise JiraRefused(
                    f"{self.settings.base_url} does not respond as Jira's API does: a login page, or no Jira at all."
                ) from None
        raise self._explain(path, status, content)

    def _explain(self, path: str, status: int, content: bytes) -> JiraError:
        said = self._say(read_messages(content))
        because = f" It says: {said}" if said else ""
        if status == httpx.codes.BAD_REQUEST:
            return BadBatch(f"Jira refuses a request to {path}.{because}")
        if status == httpx.codes.UNAUTHORIZED:
            return JiraRefused(f"Jira does not accept the token: it is wrong, expired or revoked.{because}")
        if status == httpx.codes.FORBIDDEN:
            return JiraRefused(f"Jira accepts the token, and does not let it read {path}.{because}")
        if status == httpx.codes.NOT_FOUND:
            return JiraRefused(f"There is no Jira at {self.settings.base_url}: it does not know {path}.")
        if httpx.codes.is_redirect(status):
            return JiraRefused(f"{self.settings.base_url} redirects elsewhere. Set PRFLOW_JIRA_URL to Jira itself.")
        return JiraRefused(f"Jira responds to {path} with status {status}.{because}")

    def _say(self, text: str) -> str:
        """Return what Jira or a library said as one line, without the token in any of its forms."""
        secret = self.token.get_secret_value().strip()
        pair = f"{self.settings.email.strip()}:{secret}"
        forms = (secret, b64encode(pair.encode()).decode(), b64encode(secret.encode()).decode())
        return one_line(Masking(secrets=tuple(form for form in forms if form)).mask(text), MAX_REASON)


def check_address(settings: JiraSettings) -> str:
    """Return the address of Jira; raise NotConfigured if it cannot be used."""
    url = settings.base_url
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise NotConfigured("PRFLOW_JIRA_URL is not an address.", "For example: https://acme.atlassian.net")
    refuse_plain_http(url, name="PRFLOW_JIRA_URL", what="the token", is_allowed=settings.allow_plain_http)
    return url


def read_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that Jira asks to wait; None if it does not say.

    `Retry-After` is seconds or a date; `X-RateLimit-Reset` is a time in ISO 8601, to the minute.
    https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
    """
    after = headers.get("Retry-After", "").strip()
    if after.isascii() and after.isdigit():
        return float(after)
    for text, parse in (
        (after, parsedate_to_datetime),
        (headers.get("X-RateLimit-Reset", ""), datetime.fromisoformat),
    ):
        try:
            at = parse(text)
        except (ValueError, OverflowError):
            continue
        return max((at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds(), 1.0)
    return None


def read_messages(content: bytes) -> str:
    """Return the messages of an error of Jira's: `errorMessages`, and those of single fields."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    messages, errors = found.get("errorMessages"), found.get("errors")
    texts = [*(messages if isinstance(messages, list) else ()), *(errors.values() if isinstance(errors, dict) else ())]
    return " ".join(str(text) for text in (*texts, found.get("message") or ""))
