"""The number of queries that may be in flight at once, adapted to what GitHub handles."""

import asyncio
from types import TracebackType

# Successes after which one more query may be in flight.
SUCCESSES_TO_INCREASE = 20
# Of all runs with one account together; GitHub allows 100, REST and other programs included.
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
MAX_OF_ALL_RUNS = 40


class ConcurrencyLimit:
    """Queries in flight: at most `limit`, which a secondary limit or a timeout halves and successes raise."""

    def __init__(self, limit: int, max_limit: int) -> None:
        self.limit, self._max_limit = limit, max(limit, max_limit)
        self.decreases = self._in_flight = self._successes = 0
        self._share = MAX_OF_ALL_RUNS
        self._changed = asyncio.Condition()

    @property
    def is_open(self) -> bool:
        return self._in_flight < min(self.limit, self._share)

    def share(self, runs: int) -> None:
        """Leave the other runs room, if `runs` of them send with the same account."""
        self._share = max(1, MAX_OF_ALL_RUNS // runs)

    async def __aenter__(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.is_open)
            self._in_flight += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def decrease(self, decreases: int) -> None:
        """Halve the limit, once for all queries in flight together: `decreases` is the count when a query was sent."""
        if decreases != self.decreases:
            return
        self.decreases += 1
        self.limit = max(1, self.limit // 2)
        self._successes = 0

    def record_success(self) -> None:
        self._successes += 1
        if self._successes >= SUCCESSES_TO_INCREASE:
            self.limit, self._successes = min(self._max_limit, self.limit + 1), 0
