"""The points that GitHub's rate limits leave: pure bookkeeping, without a clock and without waiting.

Limits: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits. 5,000 points an hour,
2,000 points a minute, and secondary limits that GitHub announces when they are reached. All times are by the
local clock; the client converts GitHub's.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Clock = Callable[[], datetime]
"""Return the time in UTC. Passed in from the flow; tests pass one that stands still."""

POINTS_A_MINUTE = 2_000
MINUTE = timedelta(seconds=60)
# A GitHub that grants far more an hour than github.com (Enterprise Server, the simulator) has its own limits: then
# github.com's limit per minute is not assumed.
MAX_HOURLY_LIMIT = 15_000
# Added to each announced end, since clock differences below MIN_SKEW are not corrected.
MARGIN = timedelta(seconds=1)
FIRST_PAUSE = timedelta(seconds=60)
MAX_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True)
class RateLimit:
    """The `rateLimit` object of a response. `reset_at` is by the local clock."""

    cost: int
    limit: int
    remaining: int
    reset_at: datetime


@dataclass
class Budget:
    """How many points may be spent, and from when. One per token.

    `reserve_points` are left to other users of the token. Until GitHub has said how many remain (`is_known`), only
    one request may be in flight. `sharers` runs send with this token at once, this one included.
    """

    reserve_points: int = 0
    sharers: int = 1
    remaining: int | None = None
    limit: int | None = None
    reset_at: datetime | None = None
    spent: int = 0
    is_known: bool = False
    _in_flight: int = 0
    _paused_until: datetime | None = None
    _pauses_in_a_row: int = 0
    _minute: deque[tuple[datetime, int]] = field(default_factory=deque)

    def blocked_until(self, cost: int, now: datetime) -> datetime | None:
        """Return when a request of `cost` may be sent, None for now. Call it again at that time."""
        self._renew(now)
        ends = [self._paused_until, self._hour_blocks_until(cost), self._minute_blocks_until(cost, now)]
        return max((end for end in ends if end is not None and end > now), default=None)

    @property
    def paused_until(self) -> datetime | None:
        """End of the last pause, which may be over."""
        return self._paused_until

    def restore_pause(self, until: datetime) -> None:
        """Restore a pause that GitHub demanded of an earlier run."""
        self._paused_until = until

    @property
    def left(self) -> float:
        """Points of this hour that no request in flight needs; infinite until GitHub has said how many remain."""
        return float("inf") if self.remaining is None else self.remaining - self._in_flight

    def must_wait_for_response(self) -> bool:
        """Return whether nothing is known yet and a request is in flight that will tell."""
        return not self.is_known and self._in_flight > 0

    def reserve(self, cost: int, now: datetime) -> None:
        """Reserve `cost` points for a request that is being sent."""
        self._in_flight += cost
        self._minute.append((now, cost))

    def release(self, cost: int) -> None:
        """Release the reserved points of a request that has ended, successfully or not."""
        self._in_flight -= cost

    def record(self, rate_limit: RateLimit | None) -> None:
        """Record the rate limit of a response with data; None from an Enterprise Server without limits."""
        self.is_known = True
        self._pauses_in_a_row = 0
        if rate_limit is not None:
            self.spent += rate_limit.cost
            self.update(rate_limit)

    def update(self, rate_limit: RateLimit) -> None:
        """Update what remains of the hour: the headers of a refusal tell it too, which may have cost points.

        Responses arrive out of order: the lower remainder of one hour is the newer, and an earlier hour is over.
        """
        self.is_known = True
        if self.reset_at is not None and rate_limit.reset_at <= self.reset_at - MINUTE:
            return
        is_same_hour = self.reset_at is not None and rate_limit.reset_at < self.reset_at + MINUTE
        known = self.remaining if is_same_hour and self.remaining is not None else rate_limit.remaining
        self.limit, self.remaining, self.reset_at = (
            rate_limit.limit,
            min(known, rate_limit.remaining),
            rate_limit.reset_at,
        )

    def merge(self, other: "Budget") -> None:
        """Merge a budget that was counted separately and turned out to be the same user's."""
        self.spent += other.spent
        known = [each.remaining for each in (self, other) if each.remaining is not None]
        self.remaining = min(known, default=None)

    def exhaust(self, until: datetime | None, now: datetime) -> datetime:
        """Record that the hour's points are used up; return when the next hour starts."""
        self.remaining = 0
        known = self.reset_at if self.reset_at is not None and self.reset_at > now else None
        self.reset_at = until or known or now + FIRST_PAUSE
        return self.reset_at

    def pause(self, until: datetime | None, now: datetime) -> datetime:
        """Record a secondary limit and return its end: `until`, or else a minute from now, doubled each time.

        The refusals of several requests that were in flight together are one limit, not several in a row.
        """
        is_paused = self._paused_until is not None and self._paused_until > now
        if until is None and is_paused and self._paused_until is not None:
            return self._paused_until
        own = min(FIRST_PAUSE * 2**self._pauses_in_a_row, MAX_PAUSE)
        self._pauses_in_a_row += not is_paused
        self._paused_until = max((until or now + own) + MARGIN, self._paused_until or now)
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
        """Return the reserve, at most half of the hour's points: a small limit must not end all work."""
        return min(self.reserve_points, (self.limit or 0) // 2)

    def _minute_blocks_until(self, cost: int, now: datetime) -> datetime | None:
        while self._minute and self._minute[0][0] <= now - MINUTE:
            self._minute.popleft()
        if self.limit is not None and self.limit > MAX_HOURLY_LIMIT:
            return None
        excess = sum(points for _, points in self._minute) + cost - POINTS_A_MINUTE // self.sharers
        end = None
        for sent_at, points in self._minute:
            if excess <= 0:
                break
            excess -= points
            end = sent_at + MINUTE
        return end
