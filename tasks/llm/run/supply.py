"""What a run reads next: claimed in portions, loaded ahead, judged anew when its turn comes."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from tasks.llm.provider.limiter import Sleep
from tasks.llm.run.leases import Leases
from tasks.llm.run.pending import Item, Versions, read_items, read_known
from warehouse.connection import Warehouse

SMALLEST_PORTION, MAX_PORTION = 32, 500
# Texts that are kept from the first look until their turn comes; later ones are read again.
MAX_KEPT = 2_000
# While another run holds the rest.
ELSEWHERE_SECONDS = 2.0


class Supply:
    """The pull requests that wait for the model, in order. `elsewhere` counts those that another run has read."""

    def __init__(
        self,
        warehouse: Warehouse,
        leases: Leases,
        versions: Versions,
        *,
        portion: int,
        budget: int,
        now: Callable[[], datetime],
        sleep: Sleep,
    ) -> None:
        self._warehouse = warehouse
        self._leases = leases
        self._versions = versions
        self._portion = max(portion, SMALLEST_PORTION)
        self._budget = budget
        self._now = now
        self._sleep = sleep
        self._waiting: deque[str] = deque()
        self._held_by_others: list[str] = []
        self._ready: deque[Item] = deque()
        self._kept: dict[str, Item] = {}
        self.loading: asyncio.Task[None] | None = None
        self.elsewhere = 0

    @property
    def count(self) -> int:
        """How many wait, those that are being loaded aside."""
        return len(self._waiting)

    def add(self, items: Sequence[Item]) -> None:
        self._waiting.extend(item.pull_request.id for item in items)
        room = max(MAX_KEPT - len(self._kept), 0)
        self._kept |= {item.pull_request.id: item for item in items[:room]}

    def take(self) -> Item | None:
        """The next one, or None where it is still being loaded or there is none."""
        self._load_ahead()
        return self._ready.popleft() if self._ready else None

    async def has_more(self) -> bool:
        """False where nothing is left; waits a little where there is something, but not yet.

        What another run holds is tried again until it is read or that run is gone.
        """
        self._load_ahead()
        if self.loading is not None:
            await self.loading
        elif self._held_by_others:
            await self._sleep(ELSEWHERE_SECONDS)
            self._waiting.extend(self._held_by_others)
            self._held_by_others = []
        else:
            return bool(self._ready)
        return True

    async def close(self) -> None:
        """Let a load that is under way end: it holds a transaction."""
        if self.loading is not None:
            await asyncio.gather(self.loading, return_exceptions=True)

    def _load_ahead(self) -> None:
        if self.loading is not None and self.loading.done():
            self.loading.result()
            self.loading = None
        if self.loading is None and self._waiting and len(self._ready) < self._portion // 2:
            ids = [self._waiting.popleft() for _ in range(min(self._portion, len(self._waiting)))]
            self.loading = asyncio.create_task(self._load(ids))

    async def _load(self, ids: list[str]) -> None:
        """Claimed first, read after: what another run finished in between shows as done."""
        claimed = await asyncio.to_thread(self._leases.claim, ids, self._now())
        items = await asyncio.to_thread(self._read, claimed)
        mine = set(claimed)
        self._held_by_others += [one for one in ids if one not in mine]
        pending = [item for item in items if item.needs_model(self._versions)]
        self.elsewhere += len(claimed) - len(pending)
        self._ready.extend(pending)

    def _read(self, ids: list[str]) -> list[Item]:
        """In the order of `ids`, with what the warehouse knows of them by now."""
        kept = {one: self._kept.pop(one) for one in ids if one in self._kept}
        known = read_known(self._warehouse, list(kept)) if kept else {}
        items = {one: replace(item, known=known.get(one)) for one, item in kept.items()}
        missing = [one for one in ids if one not in kept]
        if missing:
            items |= {item.pull_request.id: item for item in read_items(self._warehouse, missing, self._budget)}
        return [items[one] for one in ids if one in items]
