"""How many queries may be in flight at once: it learns from what GitHub bears."""

import asyncio
from types import TracebackType

# Successes after which a throttled client tries one more query in flight.
SUCCESSES_TO_WIDEN = 20


class ConcurrencyLimit:
    """Queries in flight: `width` to begin with, halved by a secondary limit or a timeout, widened by successes."""

    def __init__(self, width: int, most: int) -> None:
        self.width, self._most = width, max(width, most)
        self.narrowings = self._inside = self._successes = 0
        self._changed = asyncio.Condition()

    @property
    def is_open(self) -> bool:
        return self._inside < self.width

    async def __aenter__(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._inside < self.width)
            self._inside += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def narrow(self, narrowings: int) -> None:
        """Once for all queries that were in flight together: `narrowings` is their number when one was sent."""
        if narrowings != self.narrowings:
            return
        self.narrowings += 1
        self.width = max(1, self.width // 2)
        self._successes = 0

    def succeeded(self) -> None:
        self._successes += 1
        if self._successes >= SUCCESSES_TO_WIDEN:
            self.width, self._successes = min(self._most, self.width + 1), 0
