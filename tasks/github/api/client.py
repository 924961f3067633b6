"""The one way to GitHub: a document in, an `Answer` out, limits waited for and faults retried.

    async with GitHub(settings, clock=clock, sleep=asyncio.sleep, on_wait=show) as github:
        answer = await github.execute(queries.OWNER, {"login": "acme"})

Nothing is sent while a limit says no. Redirects are not followed, so the token goes to no other host; it
is in no log line and in no exception, nor in one that an exception drags along.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import orjson
from pydantic import SecretStr

from tasks.github.api.accounts import Account, Accounts
from tasks.github.api.backoff import ATTEMPTS, ATTEMPTS_TO_REACH, backoff_seconds
from tasks.github.api.budget import Budget, Clock
from tasks.github.api.concurrency import ConcurrencyLimit
from tasks.github.api.document import Document, Variables
from tasks.github.api.errors import (
    Garbled,
    GitHubError,
    Limited,
    LimitedForTooLong,
    QueryRefused,
    TimedOut,
    TokenRefused,
    TooHeavy,
    Unavailable,
    Unreachable,
)
from tasks.github.api.response import Response, read_remainder, read_response, read_skew, read_told_limit
from tasks.github.api.rest import Bearer, hidden, open_http
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.tokens import Credential, fixed_tokens

Sleep = Callable[[float], Awaitable[None]]
OnWait = Callable[[datetime | None], Awaitable[None]]
"""Called with the end of a wait when it begins, and with None when it is over."""

MAX_CONSECUTIVE_LIMITS = 30
# A long wait is slept in slices, so that a machine that was asleep does not wait again.
MAX_SLEEP_SECONDS = 60.0
# Waits shorter than this are pacing and not worth telling.
MIN_WAIT_TOLD = timedelta(seconds=2)


class GitHub:
    """A client of one token or several. Safe for concurrent use within one event loop.

    `requests` counts what was sent, `points_spent` what GitHub says it took, `remaining` and `reset_at`
    what it said last. Without `credentials` the tokens are those of the settings.
    """

    def __init__(
        self,
        settings: GitHubSettings,
        *,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        on_wait: OnWait | None = None,
        jitter: Callable[[], float] = random.random,
        credentials: Sequence[Credential] = (),
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.requests = 0
        self.skew: timedelta | None = None
        self.accounts = Accounts([self._open_account(one) for one in credentials or fixed_tokens(settings)])
        self._sleep = sleep
        self._on_wait = on_wait
        self._jitter = jitter
        self._looking, self._has_looked = asyncio.Lock(), False
        self._waiting_until: datetime | None = None
        self._waiters = 0
        self._http = open_http(settings.graphql_url, settings.timeout_seconds)

    def _open_account(self, credential: Credential) -> Account:
        gate = ConcurrencyLimit(self.settings.workers, self.settings.most_workers)
        return Account(credential, Budget(reserve_points=self.settings.reserve_points), gate)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @property
    def workers(self) -> int:
        """Queries that may ever be in flight at once, over all accounts."""
        return self.settings.most_workers * len(self.accounts.budgets)

    @property
    def points_spent(self) -> int:
        return sum(budget.spent for budget in self.accounts.budgets)

    @property
    def width(self) -> int:
        """Queries that may be in flight at once just now."""
        return sum(gate.width for gate in {id(one.gate): one.gate for one in self.accounts.live}.values())

    @property
    def remaining(self) -> int | None:
        """Points left of the hour, of all accounts that have told; None while none has."""
        told = [budget.remaining for budget in self.accounts.budgets if budget.remaining is not None]
        return sum(told) if told else None

    @property
    def reset_at(self) -> datetime | None:
        """The first moment at which an account has its whole hour again."""
        return min((budget.reset_at for budget in self.accounts.budgets if budget.reset_at is not None), default=None)

    def at(self, moment: datetime) -> datetime:
        """A moment of our clock by GitHub's, as far as that is known: what its `updatedAt` are compared with."""
        return moment + (self.skew or timedelta(0))

    async def execute(
        self, document: Document, variables: Variables, *, asked: str = "", attempts: int = ATTEMPTS
    ) -> Response:
        """The answer to `document`.

        `asked` says in words what it is about, for messages. Limits are waited out and do not count as
        attempts. A query that GitHub finds too heavy is asked once if `attempts` is 1: the caller then
        asks for less. Raises GitHubError (see errors.py), never with a partial answer taken as whole.
        """
        await self._look_up()
        payload = orjson.dumps({"query": document.text, "variables": dict(variables)})
        limited = tried = renewals = 0
        while True:
            try:
                return await self._attempt(payload, document.cost(variables), asked, renewals)
            except Limited as error:
                limited += 1
                if limited >= MAX_CONSECUTIVE_LIMITS:
                    said, asked, until = error.said, error.asked, error.until
                    raise LimitedForTooLong(said, asked=asked, until=until, is_secondary=error.is_secondary) from None
            except TokenRefused:
                # What was raised on purpose is final; else the token is new, or another account's is taken.
                if not self.accounts.live:
                    raise
                renewals += 1
            except Unavailable as error:
                tried += 1
                if tried >= _attempts_for(error, attempts):
                    raise
                await self.back_off(tried)

    async def heed_earlier(self, ends: Mapping[str, datetime]) -> None:
        """Waits out the pauses that an earlier run was told of, by the names of their accounts."""
        paused = [account for account in self.accounts.all if account.name in ends]
        if not paused:
            return
        for account in paused:
            account.budget.resume_pause(ends[account.name])
        until = max(ends[account.name] for account in paused)
        await self._tell_wait(until, is_telling=False)
        try:
            while (left := (until - self.clock()).total_seconds()) > 0:
                await self._sleep(min(left, MAX_SLEEP_SECONDS))
        finally:
            await self._tell_wait_is_over()

    async def back_off(self, attempt: int) -> None:
        """Sleep before the next attempt: doubled each time, with full jitter, so that workers spread."""
        await self._sleep(backoff_seconds(attempt, self._jitter()))

    async def _look_up(self) -> None:
        """Once, what is left of the hour of each account that has not told: an earlier run may have spent it.

        To ask costs no points.

        Only where REST is at the same place as GraphQL: the tokens go nowhere else. Where it does not
        answer, the first query is sent without that knowledge, and says what is wrong.
        """
        async with self._looking:
            rest, graphql = urlsplit(self.settings.api_url), urlsplit(self.settings.graphql_url)
            if self._has_looked or (rest.scheme, rest.netloc) != (graphql.scheme, graphql.netloc):
                return
            self._has_looked = True
            for account in (one for one in self.accounts.live if not one.budget.is_told):
                with suppress(TimeoutError, httpx.HTTPError, httpx.InvalidURL, GitHubError):
                    await self._look_up_one(account)

    async def _look_up_one(self, account: Account) -> None:
        token = await account.credential.read()
        async with asyncio.timeout(self.settings.timeout_seconds):
            self.requests += 1
            response = await self._http.get(f"{self.settings.api_url.rstrip('/')}/rate_limit", auth=Bearer(token))
        self.skew = read_skew(response.headers, self.clock())
        account.budget.note(read_remainder(response.content, self.skew) if response.is_success else None)

    async def _attempt(self, payload: bytes, cost: int, asked: str, renewals: int) -> Response:
        async with self._turn(cost) as account:
            token: SecretStr | None = None
            narrowings = account.gate.narrowings
            try:
                token = await account.credential.read()
                response = await self._post(payload, asked, token)
                self._learn(response, account)
                answer = self._read(response, asked, token)
            except (Limited, TimedOut) as error:
                if not isinstance(error, Limited) or error.is_secondary:
                    account.gate.narrow(narrowings)
                if isinstance(error, Limited):
                    self._heed(error, account)
                raise
            except TokenRefused as error:
                await self.accounts.refuse(account, token, error, renewals)
                raise
            account.budget.note(answer.rate_limit)
            account.gate.succeeded()
            return answer

    def _learn(self, response: httpx.Response, account: Account) -> None:
        """Keep what each response tells before its points are given back: a refusal may have cost some too."""
        if self.skew is None:
            self.skew = read_skew(response.headers, self.clock())
        # A 401 speaks of nobody's limits.
        if response.status_code != 401 and (told := read_told_limit(response.headers, self.skew)):
            account.budget.learn(told)

    def _read(self, response: httpx.Response, asked: str, token: SecretStr) -> Response:
        """The answer, or its error; a server that gives the token back does not get it into a message."""
        status, headers, content = response.status_code, response.headers, response.content
        skew = self.skew or timedelta(0)
        with hidden(token):
            return read_response(status, headers, content, asked=asked, now=self.clock(), skew=skew)

    @asynccontextmanager
    async def _turn(self, cost: int) -> AsyncIterator[Account]:
        """A place among the queries in flight of the account with most left, with `cost` points set aside."""
        while True:
            account = self.accounts.choose(cost, self.clock())
            async with account.gate:
                if not await self._wait_until_allowed(account, cost):
                    continue
                budget, answered = account.budget, account.answered
                budget.take(cost, self.clock())
                answered.clear()
                try:
                    yield account
                finally:
                    budget.give_back(cost)
                    answered.set()
                return

    async def _wait_until_allowed(self, account: Account, cost: int) -> bool:
        """False where meanwhile another account may send: then choose again."""
        is_telling = False
        try:
            while True:
                if self.accounts.is_better_elsewhere(account, cost, self.clock()):
                    return False
                if account.budget.must_wait_for_answer():
                    await account.answered.wait()
                    continue
                until = account.budget.blocked_until(cost, self.clock())
                if until is None:
                    return True
                if until - self.clock() >= MIN_WAIT_TOLD:
                    is_telling = await self._tell_wait(until, is_telling)
                await self._sleep(min((until - self.clock()).total_seconds(), MAX_SLEEP_SECONDS))
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

    def _heed(self, error: Limited, account: Account) -> None:
        """Take note of a limit; the next attempt waits for it, or goes to another account."""
        now = self.clock()
        if error.is_secondary:
            account.budget.pause(error.until, now)
        else:
            account.budget.exhaust(error.until, now)

    async def _post(self, payload: bytes, asked: str, token: SecretStr) -> httpx.Response:
        """The response. Errors of httpx hold the request and so the token: none of them gets out of here."""
        fault: GitHubError
        try:
            async with asyncio.timeout(self.settings.timeout_seconds):
                self.requests += 1
                return await self._http.post(self.settings.graphql_url, content=payload, auth=Bearer(token))
        except (TimeoutError, httpx.TimeoutException):
            fault = TimedOut(f"GitHub gave no answer within {self.settings.timeout_seconds:g} s", asked=asked)
        except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            fault = Unreachable(f"no connection to GitHub ({type(error).__name__})", asked=asked)
        except httpx.TransportError as error:
            fault = Unreachable(f"the connection to GitHub broke ({type(error).__name__})", asked=asked)
        except httpx.DecodingError:
            fault = Garbled("the answer's compression is damaged", asked=asked)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            fault = QueryRefused(type(error).__name__, asked=asked)
        raise fault


def _attempts_for(error: Unavailable, attempts: int) -> int:
    if isinstance(error, TooHeavy):
        return attempts
    return ATTEMPTS_TO_REACH if isinstance(error, Unreachable) else ATTEMPTS
