"""The rate limiter: a request is sent as soon as the log of requests allows it.

That is when 60 + guard seconds have passed since the request `rpm` requests before it; when its tokens fit into
the minute, by our own count against the limit that is set or that the provider's headers name, and by what the
headers say is left; and when the daily limits are not used up. No burst is faster than twice the even rate.
The slot is marked again once the body was written, since the provider counts from then and not from our decision.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tasks.llm.errors import QuotaExhausted
from tasks.llm.provider.headers import RateLimitState, parse_rate_limit
from tasks.llm.provider.providers import resolve_base_url
from tasks.llm.provider.request_database import open_database
from tasks.llm.provider.request_log import DAY, MINUTE, ReportedTokens, RequestLog
from tasks.llm.provider.settings import LlmSettings

# If the wait would be longer, the run ends as partial instead, and the next one continues.
MAX_WAIT_SECONDS = 120.0
# The provider's count may differ from ours by this share without anybody else using the key.
UNEXPLAINED_SHARE = 0.02
# Clocks round: without a minimum, a wait could end just before the limit allows the request.
MIN_WAIT_SECONDS = 0.001

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


@dataclass(frozen=True)
class RateLimits:
    """Limits of one model; None for no limit of ours."""

    rpm: int
    tpm: int | None = None
    rpd: int | None = None
    tpd: int | None = None
    guard_seconds: float = 0.9
    minute_seconds: float = MINUTE  # shorter only in tests that cannot wait for a minute

    @property
    def window_seconds(self) -> float:
        return self.minute_seconds + self.guard_seconds

    @property
    def burst(self) -> int:
        """Requests of one second at the even rate, which may be sent in half of their time.

        That makes up for tasks that wake up late.
        """
        return max(round(self.rpm / self.minute_seconds), 1)

    @property
    def burst_seconds(self) -> float:
        return self.burst * self.minute_seconds / self.rpm / 2

    @property
    def token_burst_seconds(self) -> float:
        """Seconds in which a third of the minute's tokens may be used."""
        return self.minute_seconds / 6


class RateLimiter:
    """Keeps the rate limits of one model, together with all processes that use the same log.

    `clock` gives seconds since 1970. Callers wait in the order in which they came. `reported` is the state of
    requests and of tokens by the provider's last headers.
    """

    def __init__(self, log: RequestLog, limits: RateLimits, *, clock: Clock, sleep: Sleep) -> None:
        self._log = log
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._idle: set[asyncio.Task[object]] = set()
        self._stopped = False
        self.requests = 0
        self.waiting_until: float | None = None
        self.reported: tuple[RateLimitState | None, RateLimitState | None] = (None, None)

    def close(self) -> None:
        self._log.close()

    async def acquire(self, tokens: int) -> int:
        """Wait until a request of `tokens` may be sent, and return its slot. QuotaExhausted if the wait is too long."""
        with self.idle():
            async with self._turn:
                while (wait := self._try_acquire(tokens)) > 0:
                    await self._sleep(wait)
                self.waiting_until = None
                return self._slot

    def mark_sent(self, slot: int) -> float:
        """Mark that the request's body was written just now, and return the current time."""
        now = self._clock()
        self._log.mark_sent(slot, now)
        return now

    def record_usage(self, slot: int, minute_tokens: int, day_tokens: int) -> None:
        """Replace the reservation by the tokens that count: by the minute those requested, by the day those used."""
        self._log.record_usage(slot, minute_tokens, day_tokens)

    def pause(self, seconds: float) -> None:
        """Let no process send anything for `seconds`."""
        self._log.pause(self._clock() + seconds)

    def observe_headers(self, headers: Mapping[str, str], sent_at: float | None = None) -> None:
        """Follow the provider's own count down, but never up, since our limits may be the stricter ones.

        The provider counted when the request arrived: its count does not include what was sent after `sent_at`
        (now unless given).
        """
        requests, tokens = parse_rate_limit(headers, "requests"), parse_rate_limit(headers, "tokens")
        self.reported = (requests or self.reported[0], tokens or self.reported[1])
        if requests is not None and requests.remaining == 0 and requests.seconds:
            self.pause(requests.seconds)
        if tokens is not None and tokens.seconds is not None:
            self._log.store_reported_tokens(_reported_tokens(tokens, self._clock() if sent_at is None else sent_at))

    async def wait_for_retry(self, seconds: float) -> None:
        """Wait between two attempts at one pull request, without holding up others."""
        with self.idle():
            await self._sleep(seconds)

    @contextmanager
    def idle(self) -> Iterator[None]:
        """Mark the task as having no request in flight: `stop` may cancel it without losing an answer."""
        if self._stopped:
            raise asyncio.CancelledError
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("the rate limiter is used outside of a task")
        self._idle.add(task)
        try:
            yield
        finally:
            self._idle.discard(task)

    def stop(self) -> None:
        """Cancel all tasks that wait for a slot or a retry; requests in flight may finish."""
        self._stopped = True
        for task in tuple(self._idle):
            task.cancel()

    def _try_acquire(self, tokens: int) -> float:
        """Return 0 if a slot was taken, else the seconds to wait before trying again."""
        with self._log.exclusive():
            now = self._clock()
            self._log.correct_future_times(now)
            ready_at = max(self._ready_times(now, tokens), default=now)
            if ready_at <= now:
                self._slot = self._log.add(now, tokens)
                self.requests += 1
                return 0.0
        self.waiting_until = ready_at
        wait = ready_at - now
        if wait > MAX_WAIT_SECONDS:
            raise QuotaExhausted(f"The rate limit allows the next request only in {wait / 60:.0f} minutes.")
        return max(wait, MIN_WAIT_SECONDS)

    def _ready_times(self, now: float, tokens: int) -> Iterator[float]:
        """Yield for each limit the earliest time at which it allows a request of `tokens`."""
        for count, seconds in (
            (self._limits.burst, self._limits.burst_seconds),
            (self._limits.rpm, self._limits.window_seconds),
        ):
            if (sent_at := self._log.nth_last_sent_at(count)) is not None:
                yield sent_at + seconds
        if (paused := self._log.paused_until()) is not None:
            yield paused
        reported = self._log.read_reported_tokens()
        if limits := [limit for limit in (self._limits.tpm, reported and reported.full) if limit]:
            yield self._when_tokens_fit(now, tokens, min(limits), self._limits.window_seconds)
            yield self._when_tokens_fit(now, tokens, min(limits) // 3, self._limits.token_burst_seconds)
        if reported is not None and now < reported.full_at:
            yield self._when_others_leave_room(now, tokens, reported)
        yield from self._when_day_fits(now, tokens)

    def _when_tokens_fit(self, now: float, tokens: int, limit: int, window: float) -> float:
        """Return when enough tokens have left the window. A request over the limit by itself is sent alone."""
        sent = self._log.tokens_since(now - window)
        excess = sum(count for _, count in sent) + tokens - limit
        for at, count in sent:
            if excess <= 0:
                return now
            excess -= count
            now = at + window
        return now

    def _when_others_leave_room(self, now: float, tokens: int, reported: ReportedTokens) -> float:
        """Return when the request fits beside those of others with the same key, by the provider's count of all.

        Others used what our own log does not explain; that is assumed to leave the minute evenly until `full_at`.
        """
        minute = self._limits.minute_seconds
        ours = sum(count for at, count in self._log.tokens_since(reported.at - minute) if at <= reported.at)
        theirs = reported.full - reported.remaining - ours
        if theirs < reported.full * UNEXPLAINED_SHARE:
            return now
        rate = theirs / (reported.full_at - reported.at)
        theirs_now = rate * (reported.full_at - now)
        recent = sum(count for _, count in self._log.tokens_since(now - self._limits.window_seconds))
        needed = min(recent + tokens - reported.full + theirs_now, theirs_now)
        return now + max(needed, 0.0) / rate

    def _when_day_fits(self, now: float, tokens: int) -> Iterator[float]:
        if self._limits.rpd is None and self._limits.tpd is None:
            return
        minutes = self._log.minutes_since(now - DAY)
        if self._limits.rpd is not None:
            yield _when_minutes_fit(now, [(at, requests) for at, requests, _ in minutes], 1, self._limits.rpd)
        if self._limits.tpd is not None:
            yield _when_minutes_fit(now, [(at, count) for at, _, count in minutes], tokens, self._limits.tpd)


def open_rate_limiter(settings: LlmSettings, home: Path, *, clock: Clock, sleep: Sleep) -> RateLimiter:
    """Open the limiter of the configured model, over the log that all processes share."""
    log = RequestLog(open_database(home), f"{resolve_base_url(settings)} {settings.model}", clock())
    limits = RateLimits(settings.rpm, settings.tpm, settings.rpd, settings.tpd, settings.guard_seconds)
    return RateLimiter(log, limits, clock=clock, sleep=sleep)


def _reported_tokens(tokens: RateLimitState, now: float) -> ReportedTokens:
    full = max(tokens.limit or tokens.remaining, tokens.remaining)
    return ReportedTokens(now, tokens.remaining, full, now + (tokens.seconds or 0.0))


def _when_minutes_fit(now: float, minutes: list[tuple[float, int]], needed: int, limit: int) -> float:
    """Return when enough minutes are a day old."""
    excess = sum(count for _, count in minutes) + needed - limit
    for at, count in minutes:
        if excess <= 0:
            return now
        excess -= count
        now = at + MINUTE + DAY
    return now
