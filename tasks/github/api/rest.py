"""The HTTP client and REST requests: no redirects, no proxy for this machine, no token in any error.

httpx errors hold the request and so the token: none of them leaves this module.
"""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import orjson
from pydantic import SecretStr

from tasks.github.api.backoff import ATTEMPTS, backoff_seconds
from tasks.github.api.budget import Clock
from tasks.github.api.errors import (
    CertificateRefused,
    Garbled,
    GitHubError,
    QueryRefused,
    TimedOut,
    TokenRefused,
    Unavailable,
    Unreachable,
)
from tasks.github.api.response import NO_SKEW, Json, Response, check_status, parse_response, parse_skew
from tasks.plain_http import refuse_plain_http

# The largest response of a batch of 25 pull requests that was seen is 6 MB.
MAX_RESPONSE_BYTES = 64 << 20
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
HEADERS = {"Content-Type": "application/json", "User-Agent": "prflow", "Accept": "application/json"}

# A 401 to a query is asked once more before it counts.
MAX_REFUSALS = 2

Form = Mapping[str, str | SecretStr]
T = TypeVar("T")


class Bearer(httpx.Auth):
    """The `Authorization` header of a token, which is readable nowhere but on the wire."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


def open_http(url: str, timeout_seconds: float) -> httpx.AsyncClient:
    """Return a client for the host of `url`. It follows no redirects, so that a token goes to no other host."""
    address = urlsplit(url)
    return httpx.AsyncClient(
        headers=HEADERS,
        timeout=timeout_seconds,
        follow_redirects=False,
        trust_env=address.hostname not in LOOPBACK,
        # Loading certificates takes longer than a request: plain HTTP to this machine needs none.
        verify=address.scheme != "http" or address.hostname not in LOOPBACK,
    )


@dataclass(frozen=True)
class HttpResponse:
    """A response that was read to its end. Its content is not shown when it is printed."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return httpx.codes.is_success(self.status_code)


async def receive(
    http: httpx.AsyncClient, request: httpx.Request, auth: httpx.Auth | None, subject: str
) -> HttpResponse:
    """Send `request` and read its response, at most MAX_RESPONSE_BYTES of it, also once it is unpacked.

    A few bytes of gzip may stand for gigabytes, so it is read piece by piece. Raises Garbled if it is too large, and
    httpx's errors.
    """
    response = await http.send(request, auth=auth, stream=True)
    try:
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > MAX_RESPONSE_BYTES:
                raise Garbled(f"the response is larger than {MAX_RESPONSE_BYTES >> 20} MB", subject=subject)
        return HttpResponse(response.status_code, response.headers, bytes(content))
    finally:
        await response.aclose()


def connection_error(error: httpx.TransportError, subject: str) -> GitHubError:
    """Return what a broken connection means; a certificate that is not trusted now will not be later."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = f"the certificate of the server is not trusted ({cause.verify_message.rstrip('.')})"
            return CertificateRefused(reason, subject=subject)
        cause = cause.__cause__ or cause.__context__
    is_open = not isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol)
    reason = "the connection to GitHub broke" if is_open else "no connection to GitHub"
    return Unreachable(f"{reason} ({type(error).__name__})", subject=subject)


@dataclass(frozen=True)
class RestResponse:
    """A complete response. `body` is its JSON object, or its list under `items`.

    It may hold a token, so its content is not shown when it is printed.
    """

    subject: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    body: Json = field(repr=False)

    def read(self, name: str) -> Any:
        """Return a required field. Raises Garbled if it is missing."""
        if self.body.get(name) is None:
            raise Garbled(f"the response has no {name}", subject=self.subject)
        return self.body[name]

    def secret(self, name: str) -> SecretStr:
        """Return a required field that must not be shown."""
        return SecretStr(str(self.read(name)))


class Rest:
    """A client for single requests: an App's tokens, the device flow, the check of a token.

    Makes up to `attempts` attempts if a fault may pass. Raises GitHubError; rate limits are not waited for.
    A token, or a form that is answered with one, goes over plain http only to this machine, unless it is allowed.
    """

    def __init__(
        self,
        timeout_seconds: float,
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        attempts: int = ATTEMPTS,
        jitter: Callable[[], float] = random.random,
        allow_plain_http: bool = False,
    ) -> None:
        self.clock = clock
        self.sleep = sleep
        self.requests = 0
        self.skew: timedelta | None = None
        self._timeout_seconds = timeout_seconds
        self._attempts = attempts
        self._jitter = jitter
        self._allow_plain_http = allow_plain_http

    def now(self) -> datetime:
        """Return the time by GitHub's clock, as far as its responses have told it."""
        return self.clock() + (self.skew or NO_SKEW)

    async def request(
        self,
        method: str,
        url: str,
        *,
        subject: str,
        token: SecretStr | None = None,
        body: Mapping[str, object] | None = None,
        form: Form | None = None,
        expected: frozenset[int] = frozenset(),
    ) -> RestResponse:
        """Send a request and return a successful response, or one whose status is `expected`.

        `subject` says in words what the request is about, for messages.
        """
        request = _Request(method, url, subject, token, body, form)

        async def attempt() -> RestResponse:
            return self._read(await self._send(request), subject, token, expected)

        return await self._repeat(attempt)

    async def query(self, url: str, text: str, *, subject: str, token: SecretStr) -> tuple[Response, Mapping[str, str]]:
        """Send a GraphQL query without variables; return its response and the headers.

        An error in a body of HTTP 200 is retried by the same rules as any other, and a 401 is asked once more: GitHub
        sends some by mistake.
        """
        request = _Request("POST", url, subject, token, {"query": text, "variables": {}})

        async def attempt() -> tuple[Response, Mapping[str, str]]:
            raw = await self._send(request)
            self._note_skew(raw.headers)
            status, headers, content, now = raw.status_code, raw.headers, raw.content, self.clock()
            with hide_token(token):
                skew = self.skew or NO_SKEW
                return parse_response(status, headers, content, subject=subject, now=now, skew=skew), headers

        return await self._repeat(attempt, refusals=MAX_REFUSALS)

    def _refuse_plain_http(self, request: "_Request") -> None:
        if request.token or request.form:
            allowed = self._allow_plain_http
            refuse_plain_http(request.url, name="GitHub's address", what="a token", is_allowed=allowed)

    async def _repeat(self, attempt: Callable[[], Awaitable[T]], refusals: int = 1) -> T:
        """Return the result of the first attempt that succeeds; with several `refusals` also a 401 is tried again."""
        for number in range(1, self._attempts + 1):
            try:
                return await attempt()
            except TokenRefused:
                if number >= min(refusals, self._attempts):
                    raise
            except Unavailable:
                if number == self._attempts:
                    raise
            await self.sleep(backoff_seconds(number, self._jitter()))
        raise AssertionError("the last attempt returns or raises")

    async def _send(self, request: "_Request") -> HttpResponse:
        fault: GitHubError
        subject, seconds = request.subject, self._timeout_seconds
        self._refuse_plain_http(request)
        try:
            async with asyncio.timeout(seconds), open_http(request.url, seconds) as http:
                self.requests += 1
                return await request.send(http)
        except (TimeoutError, httpx.TimeoutException):
            fault = TimedOut(f"GitHub did not respond within {seconds:g} s", subject=subject)
        except httpx.TransportError as error:
            fault = connection_error(error, subject)
        except httpx.DecodingError:
            fault = Garbled("the compression of the response is damaged", subject=subject)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            fault = QueryRefused(type(error).__name__, subject=subject)
        raise fault

    def _note_skew(self, headers: Mapping[str, str]) -> None:
        if self.skew is None:
            self.skew = parse_skew(headers, self.clock())

    def _read(
        self, response: HttpResponse, subject: str, token: SecretStr | None, expected: frozenset[int]
    ) -> RestResponse:
        status, headers, content = response.status_code, response.headers, response.content
        self._note_skew(headers)
        if status not in expected:
            with hide_token(token):
                check_status(status, headers, content, subject, self.clock(), self.skew or NO_SKEW)
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict | list):
            raise Garbled("the response is not JSON", subject=subject)
        return RestResponse(subject, status, headers, content, body if isinstance(body, dict) else {"items": body})


@dataclass(frozen=True)
class _Request:
    """A request. Its content is not shown when it is printed."""

    method: str
    url: str
    subject: str
    token: SecretStr | None = None
    body: Mapping[str, object] | None = field(default=None, repr=False)
    form: Form | None = field(default=None, repr=False)

    async def send(self, http: httpx.AsyncClient) -> HttpResponse:
        auth = Bearer(self.token) if self.token is not None else None
        if self.form is None:
            request = http.build_request(self.method, self.url, json=self.body)
        else:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            request = http.build_request(self.method, self.url, data=_revealed(self.form), headers=kind)
        return await receive(http, request, auth, self.subject)


def _revealed(form: Form) -> dict[str, str]:
    return {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in form.items()}


@contextmanager
def hide_token(token: SecretStr | None) -> Iterator[None]:
    """Replace the token in errors, since a server may echo it."""
    try:
        yield
    except GitHubError as error:
        if token is not None:
            error.args = tuple(str(part).replace(token.get_secret_value(), "[token]") for part in error.args)
        raise
