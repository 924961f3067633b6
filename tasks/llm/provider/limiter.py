"""The rate: a request goes when the log of what was sent says that it may.

It goes when at least 60 + guard seconds have passed since the request `rpm` places back; when its tokens
still fit into the minute, by our count of the limit that is set or that the provider's headers name, and by
what they say is left; and when the day's limits are not used up. No burst is quicker than twice the even rate.
The slot is stamped again when the body was really written, since that, and not the decision, is what the
provider counts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tasks.llm.errors import QuotaReached
from tasks.llm.provider.headers import Left, parse_left
from tasks.llm.provider.providers import address_of
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.provider.window_log import DAY, MINUTE, Told, WindowLog

# A run does not sit through a longer wait than this: it ends partial, and the next one goes on.
MAX_WAIT_SECONDS = 120.0
# Of the provider's count, what may differ from ours without anybody else being there.
UNEXPLAINED_SHARE = 0.02
# A wait is said to be over only when it is, in spite of clocks that round.
SMALLEST_WAIT_SECONDS = 0.001

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Limits:
    """What may be sent; None for no limit of ours."""

    rpm: int
    tpm: int | None = None
    rpd: int | None = None
    tpd: int | None = None
    guard_seconds: float = 0.9
    minute_seconds: float = MINUTE  # other than a minute only where a test cannot wait for one

    @property
    def window_seconds(self) -> float:
        return self.minute_seconds + self.guard_seconds

    @property
    def burst(self) -> int:
        """An even second's requests: so many may go in half of their time, however late each of them wakes up."""
        return max(round(self.rpm / self.minute_seconds), 1)

    @property
    def burst_seconds(self) -> float:
        return self.burst * self.minute_seconds / self.rpm / 2

    @property
    def token_burst_seconds(self) -> float:
        """Within a sixth of the minute a third of its tokens."""
        return self.minute_seconds / 6


class Limiter:
    """One per process and model; all processes with the same file keep the limit together.

    `clock` gives seconds since 1970. Callers wait their turn in order. `left` is what the provider last said
    of requests and of tokens.
    """

    def __init__(self, log: WindowLog, limits: Limits, *, clock: Clock, sleep: Sleep) -> None:
        self._log = log
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._idle: set[asyncio.Task[object]] = set()
        self._stopped = False
        self.requests = 0
        self.waiting_until: float | None = None
        self.left: tuple[Left | None, Left | None] = (None, None)

    def close(self) -> None:
        self._log.close()

    async def take(self, tokens: int) -> int:
        """Wait until a request of so many tokens may go; returns its slot. QuotaReached where that is too far off."""
        with self.idle():
            async with self._turn:
                while (wait := self._try(tokens)) > 0:
                    await self._sleep(wait)
                self.waiting_until = None
                return self._slot

    def stamp(self, slot: int) -> float:
        """The request's body was written just now; returns when that is."""
        now = self._clock()
        self._log.stamp(slot, now)
        return now

    def settle(self, slot: int, counted: int, used: int) -> None:
        """What the request was: `counted` to the minute, where what was asked for counts, and `used` of the day."""
        self._log.settle(slot, counted, used)

    def pause(self, seconds: float) -> None:
        """Nothing goes, from any process, for so long."""
        self._log.pause(self._clock() + seconds)

    def observe(self, headers: Mapping[str, str], sent_at: float | None = None) -> None:
        """Follow the provider's own count down; never up, since our limits may be the stricter ones.

        The provider counted when the request arrived: what was sent after `sent_at` (now unless given) is not
        in its count.
        """
        requests, tokens = parse_left(headers, "requests"), parse_left(headers, "tokens")
        self.left = (requests or self.left[0], tokens or self.left[1])
        if requests is not None and requests.remaining == 0 and requests.seconds:
            self.pause(requests.seconds)
        if tokens is not None and tokens.seconds is not None:
            self._log.tell(_told(tokens, self._clock() if sent_at is None else sent_at))

    async def pause_for_retry(self, seconds: float) -> None:
        """Between two tries of one pull request: nobody else waits."""
        with self.idle():
            await self._sleep(seconds)

    @contextmanager
    def idle(self) -> Iterator[None]:
        """Marks the task as having nothing on the way: `stop` may end it without losing an answer."""
        if self._stopped:
            raise asyncio.CancelledError
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("the limiter is used outside of a task")
        self._idle.add(task)
        try:
            yield
        finally:
            self._idle.discard(task)

    def stop(self) -> None:
        """End all tasks that wait for a slot or a retry; requests that were sent are left to finish."""
        self._stopped = True
        for task in tuple(self._idle):
            task.cancel()

    def _try(self, tokens: int) -> float:
        """0 when the slot was taken, else the seconds to wait before trying again."""
        with self._log.exclusive():
            now = self._clock()
            self._log.pull_back(now)
            ready_at = max(self._ready_times(now, tokens), default=now)
            if ready_at <= now:
                self._slot = self._log.add(now, tokens)
                self.requests += 1
                return 0.0
        self.waiting_until = ready_at
        wait = ready_at - now
        if wait > MAX_WAIT_SECONDS:
            raise QuotaReached(f"The provider's or our own limit allows the next call only in {wait / 60:.0f} minutes.")
        return max(wait, SMALLEST_WAIT_SECONDS)

    def _ready_times(self, now: float, tokens: int) -> Iterator[float]:
        """For each limit the earliest moment at which it lets a request of so many tokens go."""
        for places, seconds in (
            (self._limits.burst, self._limits.burst_seconds),
            (self._limits.rpm, self._limits.window_seconds),
        ):
            if (sent_at := self._log.last(places)) is not None:
                yield sent_at + seconds
        if (paused := self._log.paused_until()) is not None:
            yield paused
        told = self._log.told()
        if known := [limit for limit in (self._limits.tpm, told and told.full) if limit]:
            yield self._when_tokens_fit(now, tokens, min(known), self._limits.window_seconds)
            yield self._when_tokens_fit(now, tokens, min(known) // 3, self._limits.token_burst_seconds)
        if told is not None and now < told.full_at:
            yield self._when_others_leave_room(now, tokens, told)
        yield from self._when_day_fits(now, tokens)

    def _when_tokens_fit(self, now: float, tokens: int, limit: int, window: float) -> float:
        """When enough tokens have left the window. A request over the limit by itself goes alone."""
        sent = self._log.tokens_since(now - window)
        excess = sum(count for _, count in sent) + tokens - limit
        for at, count in sent:
            if excess <= 0:
                return now
            excess -= count
            now = at + window
        return now

    def _when_others_leave_room(self, now: float, tokens: int, told: Told) -> float:
        """When this fits beside what others with the same key have used, by what the provider said of all.

        Theirs is what our own log does not explain; it is taken to leave the minute evenly until `full_at`.
        """
        minute = self._limits.minute_seconds
        ours = sum(count for at, count in self._log.tokens_since(told.at - minute) if at <= told.at)
        theirs = told.full - told.remaining - ours
        if theirs < told.full * UNEXPLAINED_SHARE:
            return now
        rate = theirs / (told.full_at - told.at)
        theirs_now = rate * (told.full_at - now)
        recent = sum(count for _, count in self._log.tokens_since(now - self._limits.window_seconds))
        needed = min(recent + tokens - told.full + theirs_now, theirs_now)
        return now + max(needed, 0.0) / rate

    def _when_day_fits(self, now: float, tokens: int) -> Iterator[float]:
        if self._limits.rpd is None and self._limits.tpd is None:
            return
        minutes = self._log.minutes_since(now - DAY)
        if self._limits.rpd is not None:
            yield _when_minutes_fit(now, [(at, requests) for at, requests, _ in minutes], 1, self._limits.rpd)
        if self._limits.tpd is not None:
            yield _when_minutes_fit(now, [(at, count) for at, _, count in minutes], tokens, self._limits.tpd)


def open_limiter(settings: LlmSettings, home: Path, *, clock: Clock, sleep: Sleep) -> Limiter:
    """The limiter of the configured model, over the file that all processes of this host share."""
    log = WindowLog(home / "llm" / "rate.sqlite", f"{address_of(settings)} {settings.model}")
    limits = Limits(settings.rpm, settings.tpm, settings.rpd, settings.tpd, settings.guard_seconds)
    return Limiter(log, limits, clock=clock, sleep=sleep)


def _told(tokens: Left, now: float) -> Told:
    full = max(tokens.limit or tokens.remaining, tokens.remaining)
    return Told(now, tokens.remaining, full, now + (tokens.seconds or 0.0))


def _when_minutes_fit(now: float, minutes: list[tuple[float, int]], needed: int, limit: int) -> float:
    """When enough minutes are a day old."""
    excess = sum(count for _, count in minutes) + needed - limit
    for at, count in minutes:
        if excess <= 0:
            return now
        excess -= count
        now = at + MINUTE + DAY
    return now
