"""Log of requests over sliding minutes, which shows whether a client kept the rate limit."""

import threading
from bisect import bisect_right
from dataclasses import dataclass, field

MINUTE = 60.0


@dataclass
class ArrivalLog:
    """Arrival times (seconds of a monotonic clock) and reserved tokens of all requests, in order."""

    arrivals: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, now: float, tokens: int) -> None:
        with self._lock:
            self.arrivals.append(now)
            self.tokens.append(tokens)

    def in_last_minute(self, now: float) -> tuple[int, int]:
        """Return the requests and tokens of the minute that ends now."""
        with self._lock:
            start = bisect_right(self.arrivals, now - MINUTE)
            return len(self.arrivals) - start, sum(self.tokens[start:])

    def max_in_a_minute(self) -> tuple[int, int]:
        """Return the largest number of requests, and of tokens, in any 60 seconds."""
        with self._lock:
            requests = max_in_window(self.arrivals, [1] * len(self.arrivals))
            return requests, max_in_window(self.arrivals, self.tokens)

    def over(self, limit: int) -> int:
        """Return how many requests arrived when the minute before them was already full."""
        with self._lock:
            return sum(
                index - bisect_right(self.arrivals, at - MINUTE) >= limit for index, at in enumerate(self.arrivals)
            )


def max_in_window(times: list[float], weights: list[int], seconds: float = MINUTE) -> int:
    """Return the largest sum of weights in any half-open window of `seconds`."""
    highest = total = start = 0
    for end, at in enumerate(times):
        total += weights[end]
        while times[start] <= at - seconds:
            total -= weights[start]
            start += 1
        highest = max(highest, total)
    return highest
