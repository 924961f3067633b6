"""How many requests a key may send: a number in any minute, counted in this process."""

from collections import OrderedDict, deque
from collections.abc import Callable

MINUTE = 60.0
MAX_KEYS = 10_000


class RateLimit:
    """The requests of each key in the last minute. `clock` gives seconds that never go back."""

    def __init__(self, requests_a_minute: int, clock: Callable[[], float]) -> None:
        self._most = requests_a_minute
        self._clock = clock
        self._sent: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Count a request, and return 0; or return the seconds after which the next one is let through."""
        now = self._clock()
        sent = self._sent.setdefault(key, deque())
        self._sent.move_to_end(key)
        while len(self._sent) > MAX_KEYS:
            self._sent.popitem(last=False)
        while sent and now - sent[0] >= MINUTE:
            sent.popleft()
        if len(sent) >= self._most:
            return MINUTE - (now - sent[0])
        sent.append(now)
        return 0.0
