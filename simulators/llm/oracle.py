"""Counts what arrives, over sliding minutes: the judge of whether a client kept the rate."""

import threading
from bisect import bisect_right
from dataclasses import dataclass, field

MINUTE = 60.0


@dataclass
class Oracle:
    """Arrival times (a monotonic clock's seconds) and reserved tokens of every request, in order."""

    arrivals: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, now: float, tokens: int) -> None:
        with self._lock:
            self.arrivals.append(now)
            self.tokens.append(tokens)

    def in_last_minute(self, now: float) -> tuple[int, int]:
        """Requests and tokens within the minute that ends now."""
        with self._lock:
            start = bisect_right(self.arrivals, now - MINUTE)
            return len(self.arrivals) - start, sum(self.tokens[start:])

    def most_in_a_minute(self) -> tuple[int, int]:
        """The largest number of requests, and of tokens, that any 60 seconds held."""
        with self._lock:
            requests = most_in_a_window(self.arrivals, [1] * len(self.arrivals))
            return requests, most_in_a_window(self.arrivals, self.tokens)

    def over(self, limit: int) -> int:
        """How many requests arrived when the minute before them was full already."""
        with self._lock:
            return sum(
                index - bisect_right(self.arrivals, at - MINUTE) >= limit for index, at in enumerate(self.arrivals)
            )


def most_in_a_window(times: list[float], weights: list[int], seconds: float = MINUTE) -> int:
    """The heaviest half-open window of so many seconds."""
    most = total = start = 0
    for end, at in enumerate(times):
        total += weights[end]
        while times[start] <= at - seconds:
            total -= weights[start]
            start += 1
        most = max(most, total)
    return most
