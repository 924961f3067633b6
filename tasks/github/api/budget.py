"""What GitHub's limits allow: pure bookkeeping, no clock, no waiting.

Limits: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits. 5,000 points an hour,
2,000 points a minute, and secondary limits that GitHub announces when they are met. All times are ours;
the client translates GitHub's.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Clock = Callable[[], datetime]
"""The time, in UTC. Passed in from the flow; tests pass one that stands still."""

POINTS_A_MINUTE = 2_000
MINUTE = timedelta(seconds=60)
# A GitHub that grants far more an hour than github.com does (Enterprise Server, the simulator) has limits
# of its own: github.com's minute is then not assumed.
MAX_HOURLY_LIMIT = 15_000
# Added to each announced end, because clocks differ by less than what is corrected.
MARGIN = timedelta(seconds=1)
FIRST_PAUSE = timedelta(seconds=60)
MAX_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True)
class RateLimit:
    """The `rateLimit` object of an answer. `reset_at` by our clock."""

    cost: int
    limit: int
    remaining: int
    reset_at: datetime


@dataclass
class Budget:
    """How much may be spent, and from when. One per token.

    `reserve_points` are left to other users of the token. Until GitHub has told what remains
    (`is_told`), a single request may be in flight.
    """

    reserve_points: int = 0
    remaining: int | None = None
    limit: int | None = None
    reset_at: datetime | None = None
    spent: int = 0
    is_told: bool = False
    _in_flight: int = 0
    _paused_until: datetime | None = None
    _pauses_in_a_row: int = 0
    _minute: deque[tuple[datetime, int]] = field(default_factory=deque)

    def blocked_until(self, cost: int, now: datetime) -> datetime | None:
        """From when a request of `cost` may be sent; None for at once. Ask again when that time has come."""
        self._renew(now)
        ends = [self._paused_until, self._hour_blocks_until(cost), self._minute_blocks_until(cost, now)]
        return max((end for end in ends if end is not None and end > now), default=None)

    @property
    def paused_until(self) -> datetime | None:
        """End of the last pause, which may be over."""
        return self._paused_until

    def resume_pause(self, until: datetime) -> None:
        """A pause that an earlier run was told of, with its end."""
        self._paused_until = until

    @property
    def left(self) -> float:
        """Points of this hour that nothing is in flight for; infinite while nobody has told."""
        return float("inf") if self.remaining is None else self.remaining - self._in_flight

    def must_wait_for_answer(self) -> bool:
        """True while nothing is known and one request is on its way to find out."""
        return not self.is_told and self._in_flight > 0

    def take(self, cost: int, now: datetime) -> None:
        """Set `cost` aside for a request that is being sent."""
        self._in_flight += cost
        self._minute.append((now, cost))

    def give_back(self, cost: int) -> None:
        """The request of `cost` has ended, one way or the other."""
        self._in_flight -= cost

    def note(self, told: RateLimit | None) -> None:
        """Keep what a response with data told; None from an Enterprise Server without limits."""
        self.is_told = True
        self._pauses_in_a_row = 0
        if told is not None:
            self.spent += told.cost
            self.learn(told)

    def learn(self, told: RateLimit) -> None:
        """Keep what remains of the hour. A refused request may have cost points too, and its headers tell what is left.

        Responses come out of order: the lower remainder of one hour is the newer, and an earlier hour is over.
        """
        self.is_told = True
        if self.reset_at is not None and told.reset_at <= self.reset_at - MINUTE:
            return
        is_same_hour = self.reset_at is not None and told.reset_at < self.reset_at + MINUTE
        known = self.remaining if is_same_hour and self.remaining is not None else told.remaining
        self.limit, self.remaining, self.reset_at = told.limit, min(known, told.remaining), told.reset_at

    def absorb(self, other: "Budget") -> None:
        """The other was counted apart, and is the same hour of the same user: what is known of both is kept."""
        self.spent += other.spent
        known = [each.remaining for each in (self, other) if each.remaining is not None]
        self.remaining = min(known, default=None)

    def exhaust(self, until: datetime | None, now: datetime) -> datetime:
        """The hour's points are gone; returns the end that was kept."""
        self.remaining = 0
        known = self.reset_at if self.reset_at is not None and self.reset_at > now else None
        self.reset_at = until or known or now + FIRST_PAUSE
        return self.reset_at

    def pause(self, until: datetime | None, now: datetime) -> datetime:
        """A secondary limit; without an announced end one minute, doubled each time. Returns the end that was kept."""
        own = now + min(FIRST_PAUSE * 2**self._pauses_in_a_row, MAX_PAUSE)
        self._pauses_in_a_row += 1
        self._paused_until = max(until + MARGIN if until else own, self._paused_until or now)
        return self._paused_until

    def _renew(self, now: datetime) -> None:
        if self.reset_at is not None and now >= self.reset_at + MARGIN:
            self.remaining, self.reset_at = self.limit, None
        if self._paused_until is not None and now >= self._paused_until:
            self._paused_until = None

    def _hour_blocks_until(self, cost: int) -> datetime | None:
        if self.remaining is None or self.reset_at is None:
            return None
        is_enough = self.remaining - self._in_flight - cost >= self._reserve()
        return None if is_enough else self.reset_at + MARGIN

    def _reserve(self) -> int:
        """Never more than half of the hour: a small limit must not end all work."""
        return min(self.reserve_points, (self.limit or 0) // 2)

    def _minute_blocks_until(self, cost: int, now: datetime) -> datetime | None:
        while self._minute and self._minute[0][0] <= now - MINUTE:
            self._minute.popleft()
        if self.limit is not None and self.limit > MAX_HOURLY_LIMIT:
            return None
        excess = sum(points for _, points in self._minute) + cost - POINTS_A_MINUTE
        end = None
        for sent_at, points in self._minute:
            if excess <= 0:
                break
            excess -= points
            end = sent_at + MINUTE
        return end
