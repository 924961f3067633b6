"""GitHub's limits of one account: points per hour, points per minute, concurrent requests; and their violations.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api. A response that announces
a limit also says until when (by `retry-after`, by `x-ratelimit-reset`, or, if it names no time, GitHub's documented
minute). A request that arrives before then is counted as a violation.
"""

from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import StrEnum

from simulators.github.serving.replies import Reply, primary_limit, secondary_limit
from simulators.github.store.records import iso


class RetryAfter(StrEnum):
    """How a secondary limit says when to come back."""

    ABSENT = "absent"
    SECONDS = "seconds"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an account, and the form of GitHub's refusals."""

    hourly_points: int = 5_000
    minute_points: int = 2_000
    concurrent: int = 100
    hour_seconds: float = 3600.0
    secondary_seconds: float = 60.0
    secondary_status: int = 403
    retry_after: RetryAfter = RetryAfter.SECONDS
    primary_form: str = "RATE_LIMIT"
    grace_seconds: float = 0.1
    """A request within this time of an announcement was already on its way, and does not count as a violation."""


@dataclass(slots=True)
class _Announcement:
    """A limit that was announced to the client. Timestamps are seconds since 1970."""

    until: float
    at: float
    reply: Reply | None


@dataclass(slots=True)
class Account:
    """The usage of one account so far."""

    limits: Limits
    used: int = 0
    reset_at: float = 0.0
    in_flight: int = 0
    is_revoked: bool = False
    violations: int = 0
    violation_notes: list[str] = field(default_factory=list)
    _minute: deque[tuple[float, int]] = field(default_factory=deque)
    _announced: _Announcement | None = None

    def admit(self, now: float, cost: int) -> Reply | None:
        """Take the points, or return the refusal."""
        self.start_hour(now)
        if refusal := self._still_announced(now):
            return refusal
        if self.used + cost > self.limits.hourly_points:
            return self.refuse_primary(now, self.limits.primary_form)
        if self._minute_points(now) + cost > self.limits.minute_points or self.in_flight > self.limits.concurrent:
            limits = self.limits
            return self.refuse_secondary(now, limits.secondary_status, limits.retry_after, limits.secondary_seconds)
        self.used += cost
        self._minute.append((now, cost))
        return None

    def refuse_primary(self, now: float, form: str) -> Reply:
        """Treat the hour's points as spent from now until the reset."""
        self.start_hour(now)
        self.used = self.limits.hourly_points
        reply = primary_limit(form)
        self._announced = _Announcement(self.reset_at, now, reply)
        return reply

    def refuse_secondary(
        self, now: float, status: int, retry_after: RetryAfter, seconds: float, form: str = ""
    ) -> Reply:
        """Refuse for `seconds` (a minute if the response names no time)."""
        until = now + (60.0 if retry_after is RetryAfter.ABSENT else seconds)
        header = {RetryAfter.SECONDS: str(int(seconds)), RetryAfter.DATE: formatdate(until, usegmt=True)}
        reply = secondary_limit(status, header.get(retry_after), form or "message")
        self._announced = _Announcement(until, now, reply)
        return reply

    def note_sent(self, now: float) -> None:
        """Record that a response was sent: if no points remain, its headers announced that."""
        if self.used >= self.limits.hourly_points and self._announced is None:
            self._announced = _Announcement(self.reset_at, now, primary_limit(self.limits.primary_form))

    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limits.hourly_points),
            "x-ratelimit-remaining": str(self.limits.hourly_points - self.used),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(int(self.reset_at)),
            "x-ratelimit-resource": "graphql",
        }

    def rate_limit(self, cost: int, nodes: int) -> dict[str, int | str]:
        """Return GraphQL's `rateLimit`, after the cost of this request."""
        return {
            "cost": cost,
            "limit": self.limits.hourly_points,
            "remaining": self.limits.hourly_points - self.used,
            "used": self.used,
            "resetAt": iso(self.reset_at),
            "nodeCount": nodes,
        }

    def start_hour(self, now: float) -> None:
        """Start a new hour if the last one is over: with the first request in it, or when `rateLimit` is read."""
        if now >= self.reset_at:
            self.used, self.reset_at = 0, now + self.limits.hour_seconds

    def _still_announced(self, now: float) -> Reply | None:
        announced = self._announced
        if announced is None or now >= announced.until:
            self._announced = None
            return None
        if now > announced.at + self.limits.grace_seconds:
            self.violations += 1
            self.violation_notes.append(f"{announced.until - now:.3f} s early")
        return announced.reply

    def _minute_points(self, now: float) -> int:
        while self._minute and self._minute[0][0] <= now - 60.0:
            self._minute.popleft()
        return sum(points for _, points in self._minute)
