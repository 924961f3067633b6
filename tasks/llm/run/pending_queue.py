"""Queue of the pull requests for the model: leased in batches, loaded ahead, checked again when their turn comes."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from tasks.llm.provider.rate_limiter import Sleep
from tasks.llm.run.candidates import Candidate, Versions, read_candidates, read_stored_analyses
from tasks.llm.run.leases import Leases
from warehouse.connection import Warehouse

MIN_BATCH_SIZE, MAX_BATCH_SIZE = 32, 500
# Candidates kept in memory until their turn comes; later ones are read again.
MAX_KEPT = 2_000
# How long to wait while another run holds the rest.
POLL_SECONDS = 2.0


class PendingQueue:
    """The pull requests that wait for the model, in order. `by_other_runs` counts those that another run analysed."""

    def __init__(
        self,
        warehouse: Warehouse,
        leases: Leases,
        versions: Versions,
        *,
        batch_size: int,
        max_bytes: int,
        now: Callable[[], datetime],
        sleep: Sleep,
    ) -> None:
        self._warehouse = warehouse
        self._leases = leases
        self._versions = versions
        self._batch_size = max(batch_size, MIN_BATCH_SIZE)
        self._max_bytes = max_bytes
        self._now = now
        self._sleep = sleep
        self._waiting: deque[str] = deque()
        self._held_by_others: list[str] = []
        self._ready: deque[Candidate] = deque()
        self._kept: dict[str, Candidate] = {}
        self.loading: asyncio.Task[None] | None = None
        self.by_other_runs = 0

    @property
    def count(self) -> int:
        """Number of pull requests that wait, without those being loaded."""
        return len(self._waiting)

    def add(self, candidates: Sequence[Candidate]) -> None:
        self._waiting.extend(candidate.pull_request.id for candidate in candidates)
        room = max(MAX_KEPT - len(self._kept), 0)
        self._kept |= {candidate.pull_request.id: candidate for candidate in candidates[:room]}

    def take(self) -> Candidate | None:
        """Return the next candidate, or None if it is still being loaded or there is none."""
        self._load_ahead()
        return self._ready.popleft() if self._ready else None

    async def has_more(self) -> bool:
        """Return False if nothing is left. Wait a little if there is something, but not yet.

        What another run holds is tried again until it is analysed or that run is gone.
        """
        self._load_ahead()
        if self.loading is not None:
            await self.loading
        elif self._held_by_others:
            await self._sleep(POLL_SECONDS)
            self._waiting.extend(self._held_by_others)
            self._held_by_others = []
        else:
            return bool(self._ready)
        return True

    async def close(self) -> None:
        """Wait for a load under way, since it holds a transaction."""
        if self.loading is not None:
            await asyncio.gather(self.loading, return_exceptions=True)

    def _load_ahead(self) -> None:
        if self.loading is not None and self.loading.done():
            self.loading.result()
            self.loading = None
        if self.loading is None and self._waiting and len(self._ready) < self._batch_size // 2:
            ids = [self._waiting.popleft() for _ in range(min(self._batch_size, len(self._waiting)))]
            self.loading = asyncio.create_task(self._load(ids))

    async def _load(self, ids: list[str]) -> None:
        """Lease first and read afterwards, so that what another run finished in between shows as done."""
        leased = await asyncio.to_thread(self._leases.claim, ids, self._now())
        candidates = await asyncio.to_thread(self._read, leased)
        ours = set(leased)
        self._held_by_others += [id_ for id_ in ids if id_ not in ours]
        pending = [candidate for candidate in candidates if candidate.needs_model(self._versions)]
        self.by_other_runs += len(leased) - len(pending)
        self._ready.extend(pending)

    def _read(self, ids: list[str]) -> list[Candidate]:
        """Return the candidates in the order of `ids`, with the analyses now stored."""
        kept = {id_: self._kept.pop(id_) for id_ in ids if id_ in self._kept}
        stored = read_stored_analyses(self._warehouse, list(kept)) if kept else {}
        candidates = {id_: replace(candidate, stored=stored.get(id_)) for id_, candidate in kept.items()}
        missing = [id_ for id_ in ids if id_ not in kept]
        if missing:
            loaded = read_candidates(self._warehouse, missing, self._max_bytes)
            candidates |= {candidate.pull_request.id: candidate for candidate in loaded}
        return [candidates[id_] for id_ in ids if id_ in candidates]
