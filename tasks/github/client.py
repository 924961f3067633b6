"""The one way to GitHub: a document in, an `Answer` out, limits waited for and faults retried.

    async with GitHub(settings, clock=clock, sleep=asyncio.sleep, on_wait=show) as github:
        answer = await github.execute(queries.OWNER, {"login": "acme"})

Nothing is sent while a limit says no. Redirects are not followed, so the token goes to no other host; it
is in no log line and in no exception, nor in one that an exception drags along.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import orjson

from tasks.github.answers import Answer, read_answer, read_remainder, read_skew
from tasks.github.budget import Budget, Clock
from tasks.github.errors import (
    Garbled,
    GitHubError,
    Limited,
    LimitedForTooLong,
    QueryRefused,
    TimedOut,
    TooHeavy,
    Unavailable,
    Unreachable,
)
from tasks.github.queries import Document, Variables
from tasks.settings import GitHubSettings

Sleep = Callable[[float], Awaitable[None]]
OnWait = Callable[[datetime | None], Awaitable[None]]
"""Called with the end of a wait when it begins, and with None when it is over."""

ATTEMPTS = 5
# A network that is gone for a minute comes back more often than a query that failed five times passes.
ATTEMPTS_TO_REACH = 8
MOST_LIMITS_IN_A_ROW = 30
FIRST_BACKOFF_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 30.0
# A long wait is slept in slices, so that a machine that was asleep does not wait again.
LONGEST_SLEEP_SECONDS = 60.0
# Waits shorter than this are pacing and not worth telling.
SHORTEST_WAIT_TOLD = timedelta(seconds=2)
# Successes after which a throttled client tries one more query in flight.
SUCCESSES_TO_WIDEN = 20
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def require_token(settings: GitHubSettings) -> str:
    """The token; ValueError naming GITHUB_TOKEN where there is none."""
    token = settings.token.get_secret_value().strip()
    if not token:
        raise ValueError("GITHUB_TOKEN is not set: without a token GitHub does not answer GraphQL queries.")
    return token


class GitHub:
    """A client of one token. Safe for concurrent use within one event loop.

    `requests` counts what was sent, `points_spent` what GitHub says it took, `remaining` and `reset_at`
    what it said last.
    """

    def __init__(
        self,
        settings: GitHubSettings,
        *,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        on_wait: OnWait | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.requests = 0
        self.skew: timedelta | None = None
        self.budget = Budget(reserve_points=settings.reserve_points)
        self._token = require_token(settings)
        self._sleep = sleep
        self._on_wait = on_wait
        self._jitter = jitter
        self._gate = _Gate(settings.workers, settings.most_workers)
        self._answered = asyncio.Event()
        self._looking, self._has_looked = asyncio.Lock(), False
        self._waiting_until: datetime | None = None
        self._waiters = 0
        self._http = httpx.AsyncClient(
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "User-Agent": "prflow",
                "Accept": "application/json",
            },
            timeout=settings.timeout_seconds,
            follow_redirects=False,
            trust_env=urlsplit(settings.graphql_url).hostname not in LOOPBACK,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @property
    def points_spent(self) -> int:
        return self.budget.spent

    @property
    def width(self) -> int:
        """Queries that may be in flight at once just now."""
        return self._gate.width

    @property
    def remaining(self) -> int | None:
        return self.budget.remaining

    @property
    def reset_at(self) -> datetime | None:
        return self.budget.reset_at

    def at(self, moment: datetime) -> datetime:
        """A moment of our clock by GitHub's, as far as that is known: what its `updatedAt` are compared with."""
        return moment + (self.skew or timedelta(0))

    async def execute(
        self, document: Document, variables: Variables, *, asked: str = "", attempts: int = ATTEMPTS
    ) -> Answer:
        """The answer to `document`.

        `asked` says in words what it is about, for messages. Limits are waited out and do not count as
        attempts. A query that GitHub finds too heavy is asked once if `attempts` is 1: the caller then
        asks for less. Raises GitHubError (see errors.py), never with a partial answer taken as whole.
        """
        await self._look_up()
        asked = f"{document.name} {asked}".strip()
        payload = orjson.dumps({"query": document.text, "variables": dict(variables)})
        limited = tried = 0
        while True:
            try:
                return await self._attempt(payload, document.cost(variables), asked)
            except Limited as error:
                limited += 1
                await self._heed(error, limited)
            except Unavailable as error:
                tried += 1
                if tried >= _attempts_for(error, attempts):
                    raise
                await self.back_off(tried)

    async def back_off(self, attempt: int) -> None:
        """Sleep before the next attempt: doubled each time, with full jitter, so that workers spread."""
        longest = min(FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1), LONGEST_BACKOFF_SECONDS)
        await self._sleep(longest * (0.5 + self._jitter() / 2))

    async def _look_up(self) -> None:
        """Once, what is left of the hour: an earlier run may have spent it. To ask costs no points.

        Only where REST is at the same place as GraphQL: the token goes nowhere else. Where it does not
        answer, the first query is sent without that knowledge, and says what is wrong.
        """
        async with self._looking:
            rest, graphql = urlsplit(self.settings.api_url), urlsplit(self.settings.graphql_url)
            if self._has_looked or (rest.scheme, rest.netloc) != (graphql.scheme, graphql.netloc):
                return
            self._has_looked = True
            with suppress(TimeoutError, httpx.HTTPError, httpx.InvalidURL):
                async with asyncio.timeout(self.settings.timeout_seconds):
                    self.requests += 1
                    response = await self._http.get(f"{self.settings.api_url.rstrip('/')}/rate_limit")
                self.skew = read_skew(response.headers, self.clock())
                self.budget.note(read_remainder(response.content, self.skew) if response.is_success else None)

    async def _attempt(self, payload: bytes, cost: int, asked: str) -> Answer:
        async with self._turn(cost):
            narrowings = self._gate.narrowings
            try:
                answer = await self._ask(payload, asked)
            except (Limited, TimedOut) as error:
                if not isinstance(error, Limited) or error.is_secondary:
                    self._gate.narrow(narrowings)
                raise
            self.budget.note(answer.rate_limit)
            self._gate.succeeded()
            return answer

    async def _ask(self, payload: bytes, asked: str) -> Answer:
        response = await self._post(payload, asked)
        now = self.clock()
        if self.skew is None:
            self.skew = read_skew(response.headers, now)
        return self._read(response, asked, now, self.skew)

    def _read(self, response: httpx.Response, asked: str, now: datetime, skew: timedelta) -> Answer:
        """The answer, or its error; a server that gives the token back does not get it into a message."""
        try:
            status, headers, content = response.status_code, response.headers, response.content
            return read_answer(status, headers, content, asked=asked, now=now, skew=skew)
        except GitHubError as error:
            error.args = tuple(str(part).replace(self._token, "[token]") for part in error.args)
            raise

    @asynccontextmanager
    async def _turn(self, cost: int) -> AsyncIterator[None]:
        """A place among the queries in flight, with `cost` points set aside."""
        async with self._gate:
            await self._wait_until_allowed(cost)
            self.budget.take(cost, self.clock())
            self._answered.clear()
            try:
                yield
            finally:
                self.budget.give_back(cost)
                self._answered.set()

    async def _wait_until_allowed(self, cost: int) -> None:
        is_telling = False
        try:
            while True:
                if self.budget.must_wait_for_answer():
                    await self._answered.wait()
                    continue
                until = self.budget.blocked_until(cost, self.clock())
                if until is None:
                    return
                if until - self.clock() >= SHORTEST_WAIT_TOLD:
                    is_telling = await self._tell_wait(until, is_telling)
                await self._sleep(min((until - self.clock()).total_seconds(), LONGEST_SLEEP_SECONDS))
        finally:
            if is_telling:
                await self._tell_wait_is_over()

    async def _tell_wait(self, until: datetime, is_telling: bool) -> bool:
        """Tell the end of the wait once for all queries that wait for it."""
        self._waiters += not is_telling
        if self._on_wait is not None and until != self._waiting_until:
            self._waiting_until = until
            await self._on_wait(until)
        return True

    async def _tell_wait_is_over(self) -> None:
        self._waiters -= 1
        if self._on_wait is not None and self._waiters == 0:
            self._waiting_until = None
            await self._on_wait(None)

    async def _heed(self, error: Limited, times: int) -> None:
        """Take note of a limit; the next attempt waits for it."""
        if times >= MOST_LIMITS_IN_A_ROW:
            raise LimitedForTooLong(str(error), until=error.until, is_secondary=error.is_secondary) from None
        now = self.clock()
        if error.is_secondary:
            self.budget.pause(error.until, now)
        else:
            self.budget.exhaust(error.until, now)

    async def _post(self, payload: bytes, asked: str) -> httpx.Response:
        """The response. Errors of httpx hold the request and so the token: none of them gets out of here."""
        fault: GitHubError
        try:
            async with asyncio.timeout(self.settings.timeout_seconds):
                self.requests += 1
                return await self._http.post(self.settings.graphql_url, content=payload)
        except (TimeoutError, httpx.TimeoutException):
            fault = TimedOut(f"{asked}: no answer within {self.settings.timeout_seconds:g} s")
        except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            fault = Unreachable(f"{asked}: no connection ({type(error).__name__})")
        except httpx.TransportError as error:
            fault = Unreachable(f"{asked}: the connection broke ({type(error).__name__})")
        except httpx.DecodingError:
            fault = Garbled(f"{asked}: the answer's compression is damaged")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            fault = QueryRefused(f"{asked}: {type(error).__name__}")
        raise fault


def _attempts_for(error: Unavailable, attempts: int) -> int:
    if isinstance(error, TooHeavy):
        return attempts
    return ATTEMPTS_TO_REACH if isinstance(error, Unreachable) else ATTEMPTS


class _Gate:
    """Queries in flight: `width` to begin with, halved by a secondary limit or a timeout, widened by successes."""

    def __init__(self, width: int, most: int) -> None:
        self.width, self._most = width, max(width, most)
        self.narrowings = self._inside = self._successes = 0
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._inside < self.width)
            self._inside += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def narrow(self, narrowings: int) -> None:
        """Once for all queries that were in flight together: `narrowings` is their number when one was sent."""
        if narrowings != self.narrowings:
            return
        self.narrowings += 1
        self.width = max(1, self.width // 2)
        self._successes = 0

    def succeeded(self) -> None:
        self._successes += 1
        if self._successes >= SUCCESSES_TO_WIDEN:
            self.width, self._successes = min(self._most, self.width + 1), 0
