"""The GraphQL client: a document in, a `Response` out; rate limits are waited for and faults retried.

    async with GitHub(settings, clock=clock, sleep=asyncio.sleep, on_wait=show) as github:
        response = await github.execute(queries.OWNER, {"login": "acme"})

Nothing is sent while a rate limit forbids it. Redirects are not followed, so the token goes to no other host; it is
in no log line and in no exception, nor in the exceptions that one was raised from.
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
from tasks.github.api.envelope import MAX_WAIT
from tasks.github.api.errors import (
    Garbled,
    GitHubError,
    Limited,
    LimitedForTooLong,
    Misshapen,
    QueryRefused,
    TimedOut,
    TokenRefused,
    TooHeavy,
    Unavailable,
    Unreachable,
)
from tasks.github.api.kind_failures import KindFailures
from tasks.github.api.queries.document import Document, Variables
from tasks.github.api.queries.pull_requests import VIEWER
from tasks.github.api.response import (
    Response,
    parse_rate_limit_headers,
    parse_remaining_points,
    parse_response,
    parse_skew,
)
from tasks.github.api.rest import Bearer, HttpResponse, connection_error, hide_token, open_http, receive
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.shapes import check_shape
from tasks.github.api.sharing.renewing import Renewing
from tasks.github.api.tokens import Credential, fixed_tokens

Sleep = Callable[[float], Awaitable[None]]
OnWait = Callable[[datetime | None], Awaitable[None]]
"""Called with the end of a wait when it begins, and with None when it is over."""

MAX_CONSECUTIVE_LIMITS = 30
# A long wait is slept in slices, so that a machine that was asleep does not wait again.
MAX_SLEEP_SECONDS = 60.0
# Shorter waits are pacing and not worth announcing.
MIN_ANNOUNCED_WAIT = timedelta(seconds=2)


class GitHub:
    """A client with one or more tokens. Safe for concurrent use within one event loop.

    `requests` counts what was sent, `points_spent` what GitHub charged for it; `remaining` and `reset_at` are
    GitHub's latest figures. Without `credentials` the tokens are those of the settings.
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
        self.sharing: Renewing | None = None
        self.accounts = Accounts([self._open_account(one) for one in credentials or fixed_tokens(*settings.tokens)])
        self._sleep = sleep
        self._on_wait = on_wait
        self._jitter = jitter
        self._budgets_lock, self._has_budgets = asyncio.Lock(), False
        self._waiting_until: datetime | None = None
        self._waiters = 0
        self._kind_failures = KindFailures()
        settings.refuse_plain_http()
        self._http = open_http(settings.graphql_url, settings.timeout_seconds)

    def _open_account(self, credential: Credential) -> Account:
        concurrency = ConcurrencyLimit(self.settings.workers, self.settings.max_workers)
        return Account(credential, Budget(reserve_points=self.settings.reserve_points), concurrency)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @property
    def workers(self) -> int:
        """Queries that may ever be in flight at once, over all accounts."""
        return self.settings.max_workers * len(self.accounts.budgets)

    @property
    def points_spent(self) -> int:
        return sum(budget.spent for budget in self.accounts.budgets)

    @property
    def concurrency(self) -> int:
        """Queries that may be in flight at once right now."""
        limits = {id(account.concurrency): account.concurrency.limit for account in self.accounts.live}
        return sum(limits.values())

    @property
    def remaining(self) -> int | None:
        """Points left of the hour, of all accounts that know theirs; None if none does."""
        known = [budget.remaining for budget in self.accounts.budgets if budget.remaining is not None]
        return sum(known) if known else None

    @property
    def reset_at(self) -> datetime | None:
        """When the first account gets its points for the next hour."""
        return min((budget.reset_at for budget in self.accounts.budgets if budget.reset_at is not None), default=None)

    @property
    def waiting_until(self) -> datetime | None:
        """When the wait for a rate limit ends that was announced and is not over; None if there is none."""
        return self._waiting_until

    def at(self, timestamp: datetime) -> datetime:
        """Convert a time of the local clock to GitHub's, for comparison with its `updatedAt`."""
        return timestamp + (self.skew or timedelta(0))

    async def execute(
        self, document: Document, variables: Variables, *, subject: str = "", attempts: int = ATTEMPTS
    ) -> Response:
        """Send `document` and return the response.

        `subject` says in words what the query is about, for messages. Rate limits are waited out and do not count as
        attempts. A query that is too heavy for GitHub is sent once if `attempts` is 1: the caller then asks for less.
        Raises GitHubError (see errors.py), KindFails without sending it if queries of its kind keep failing. A partial
        response is never taken for a complete one.
        """
        await self._fetch_budgets()
        payload = orjson.dumps({"query": document.text, "variables": dict(variables)})
        limited = failed = renewals = 0
        while True:
            await self._check_kind(document, subject)
            try:
                response = await self._attempt(payload, document.cost(variables), subject, renewals)
                check_shape(document.name, response.data, subject)
            except LimitedForTooLong:
                raise
            except Limited as error:
                limited += 1
                if limited >= MAX_CONSECUTIVE_LIMITS:
                    reason, subject, until = error.reason, error.subject, error.until
                    raise LimitedForTooLong(
                        reason, subject=subject, until=until, is_secondary=error.is_secondary
                    ) from None
            except TokenRefused:
                # Final if no account is left. Otherwise the token was renewed, is asked once more, or another account
                # is chosen.
                if not self.accounts.live:
                    raise
                renewals += 1
            except Unavailable as error:
                failed += 1
                self._kind_failures.record_failure(document, variables, error, self.clock())
                if failed >= _attempts_for(error, attempts):
                    raise
                await self.back_off(failed)
            else:
                self._kind_failures.record_success(document)
                return response

    async def _check_kind(self, document: Document, subject: str) -> None:
        """Raise KindFails if queries like this one keep failing while others succeed."""
        if self._kind_failures.is_suspect(document):
            with suppress(Unavailable):
                await self.execute(VIEWER, {}, subject="the user of the token", attempts=1)
        if self._kind_failures.is_suspect(document):
            self._kind_failures.clear(document)
        self._kind_failures.check(document, subject, self.clock())

    async def wait_out_pauses(self, ends: Mapping[str, datetime]) -> None:
        """Wait until the pauses are over that GitHub demanded of an earlier run: ends by account name."""
        paused = [account for account in self.accounts.all if account.name in ends]
        if not paused:
            return
        latest = self.clock() + MAX_WAIT
        for account in paused:
            account.budget.restore_pause(min(ends[account.name], latest))
        until = min(max(ends[account.name] for account in paused), latest)
        await self._announce_wait(until, is_announced=False)
        try:
            while (left := (until - self.clock()).total_seconds()) > 0:
                await self._sleep(min(left, MAX_SLEEP_SECONDS))
        finally:
            await self._announce_wait_is_over()

    async def back_off(self, attempt: int) -> None:
        """Sleep before the next attempt (see `backoff_seconds`)."""
        await self._sleep(backoff_seconds(attempt, self._jitter()))

    async def _fetch_budgets(self) -> None:
        """Fetch, once, the points left of each account's hour, since an earlier run may have spent some.

        Costs no points. Skipped unless REST and GraphQL are on the same host: the tokens go nowhere else. If REST does
        not respond, the first query is sent anyway, and its response says what is wrong.
        """
        async with self._budgets_lock:
            rest, graphql = urlsplit(self.settings.api_url), urlsplit(self.settings.graphql_url)
            if self._has_budgets or (rest.scheme, rest.netloc) != (graphql.scheme, graphql.netloc):
                return
            self._has_budgets = True
            for account in (one for one in self.accounts.live if not one.budget.is_known):
                with suppress(TimeoutError, httpx.HTTPError, httpx.InvalidURL, GitHubError):
                    await self._fetch_budget(account)

    async def _fetch_budget(self, account: Account) -> None:
        token = await account.credential.read()
        async with asyncio.timeout(self.settings.timeout_seconds):
            self.requests += 1
            request = self._http.build_request("GET", f"{self.settings.api_url.rstrip('/')}/rate_limit")
            http_response = await receive(self._http, request, Bearer(token), "the rate limit")
        self.skew = parse_skew(http_response.headers, self.clock())
        account.budget.record(
            parse_remaining_points(http_response.content, self.skew) if http_response.is_success else None
        )

    async def _attempt(self, payload: bytes, cost: int, subject: str, renewals: int) -> Response:
        async with self._slot(cost) as account:
            token: SecretStr | None = None
            decreases, doubts = account.concurrency.decreases, account.doubts
            try:
                token = await account.credential.read()
                http_response = await self._post(payload, subject, token)
                self._record_headers(http_response, account)
                response = self._read(http_response, subject, token)
            except (Limited, TimedOut) as error:
                if not isinstance(error, Limited) or error.is_secondary:
                    account.concurrency.decrease(decreases)
                if isinstance(error, Limited):
                    self._apply_limit(error, account)
                raise
            except TokenRefused as error:
                if not account.doubt(doubts, renewals):
                    await self.accounts.refuse(account, token, error, renewals)
                raise
            account.budget.record(response.rate_limit)
            account.concurrency.record_success()
            account.is_accepted = True
            return response

    def _record_headers(self, http_response: HttpResponse, account: Account) -> None:
        """Record the rate limit in the headers before the reserved points are released: a refusal may cost some."""
        if self.skew is None:
            self.skew = parse_skew(http_response.headers, self.clock())
        # The limits in a 401 belong to no account.
        if http_response.status_code != 401 and (
            rate_limit := parse_rate_limit_headers(http_response.headers, self.skew)
        ):
            account.budget.update(rate_limit)

    def _read(self, http_response: HttpResponse, subject: str, token: SecretStr) -> Response:
        """Return the response or raise its error; a token that the server echoes does not get into a message."""
        status, headers, content = http_response.status_code, http_response.headers, http_response.content
        skew = self.skew or timedelta(0)
        with hide_token(token):
            return parse_response(status, headers, content, subject=subject, now=self.clock(), skew=skew)

    @asynccontextmanager
    async def _slot(self, cost: int) -> AsyncIterator[Account]:
        """Wait for a free slot of the account with most points left, and reserve `cost` points of it."""
        while True:
            if self.sharing is not None:
                await self.sharing.renew_if_due(self.accounts, self.clock())
            account = self.accounts.choose(cost, self.clock())
            async with account.concurrency:
                if not await self._wait_until_allowed(account, cost):
                    continue
                budget, responded = account.budget, account.responded
                budget.reserve(cost, self.clock())
                responded.clear()
                try:
                    yield account
                finally:
                    budget.release(cost)
                    responded.set()
                return

    async def _wait_until_allowed(self, account: Account, cost: int) -> bool:
        """Wait for the account's limits; return False if another account should be chosen instead."""
        is_announced = False
        try:
            while True:
                if self.accounts.should_switch(account, cost, self.clock()):
                    return False
                if account.budget.must_wait_for_response():
                    await account.responded.wait()
                    continue
                until = account.budget.blocked_until(cost, self.clock())
                if until is None:
                    return True
                if until - self.clock() >= MIN_ANNOUNCED_WAIT:
                    is_announced = await self._announce_wait(until, is_announced)
                await self._sleep(min((until - self.clock()).total_seconds(), MAX_SLEEP_SECONDS))
        finally:
            if is_announced:
                await self._announce_wait_is_over()

    async def _announce_wait(self, until: datetime, is_announced: bool) -> bool:
        """Announce the end of the wait, once for all queries that wait for it."""
        self._waiters += not is_announced
        if self._on_wait is not None and until != self._waiting_until:
            self._waiting_until = until
            await self._on_wait(until)
        return True

    async def _announce_wait_is_over(self) -> None:
        self._waiters -= 1
        if self._on_wait is not None and self._waiters == 0:
            self._waiting_until = None
            await self._on_wait(None)

    def _apply_limit(self, error: Limited, account: Account) -> None:
        """Record a rate limit; the next attempt waits for it, or goes to another account."""
        now = self.clock()
        if self.sharing is not None:
            self.sharing.renew_next()
        if error.is_secondary:
            account.budget.pause(error.until, now)
        else:
            account.budget.exhaust(error.until, now)

    async def _post(self, payload: bytes, subject: str, token: SecretStr) -> HttpResponse:
        """Send a query. httpx errors hold the request and so the token: none of them leaves this function."""
        fault: GitHubError
        try:
            async with asyncio.timeout(self.settings.timeout_seconds):
                self.requests += 1
                request = self._http.build_request("POST", self.settings.graphql_url, content=payload)
                return await receive(self._http, request, Bearer(token), subject)
        except (TimeoutError, httpx.TimeoutException):
            fault = TimedOut(f"GitHub did not respond within {self.settings.timeout_seconds:g} s", subject=subject)
        except httpx.TransportError as error:
            fault = connection_error(error, subject)
        except httpx.DecodingError:
            fault = Garbled("the compression of the response is damaged", subject=subject)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            fault = QueryRefused(type(error).__name__, subject=subject)
        raise fault


def _attempts_for(error: Unavailable, attempts: int) -> int:
    if isinstance(error, TooHeavy | Misshapen):
        return attempts
    return ATTEMPTS_TO_REACH if isinstance(error, Unreachable) else ATTEMPTS
