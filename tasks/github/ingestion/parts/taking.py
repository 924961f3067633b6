"""Take parts of a sync until none is left: what each of its processes does, the one that leads it included."""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ParamSpec, Protocol, Self, TypeVar
from uuid import uuid4
from zlib import crc32

from tasks.github.api.client import GitHub
from tasks.github.ingestion.parts.leases import FILE, LEASE_SECONDS, Activity, Part, open_leases
from tasks.github.ingestion.scope import RunBatch, Scope, run_directly
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.home.shared_database import Database, open_shared
from warehouse.progress.values import Run

# A part ends with single queries, each of which waits for the one before, and begins with lists of repositories. While
# one does, another sends: what is in flight is a matter of the client, not of parts.
AT_ONCE = 2
RENEWED_AFTER = timedelta(seconds=10)
# A process that has sent and stored nothing for so long hangs: its part is left to another. GitHub's own limits are
# waited for longer than that, and a holder that waits says so.
STALLED_AFTER = timedelta(minutes=10)
COMMIT_LOCK = 7_264_120_000_000_000
COMMITS = "The lock of the team's commits"
AWAY = (PrflowError, sqlite3.Error)
"""What using the leases raises if their database is away, or was locked for too long."""
OnRenew = Callable[[], Awaitable[None]]
P = ParamSpec("P")
T = TypeVar("T")


class Ingest(Protocol):
    """Brings what `scope` covers of the run's window into the warehouse: `ingest` of ingest.py."""

    async def __call__(
        self, github: GitHub, warehouse: Warehouse, run: Run, *, run_batch: RunBatch, scope: Scope
    ) -> object: ...


class PartLost(PrflowError):
    """The part is another process's now, or its run has ended; nothing of it was committed since."""

    hint = "Nothing is to be done: whoever has the part goes on with what is stored."


@dataclass(frozen=True)
class Timing:
    """How long a part is held without being renewed, and how often it is renewed."""

    lease_seconds: float = LEASE_SECONDS
    renewed_after: timedelta = RENEWED_AFTER
    stalled_after: timedelta = STALLED_AFTER


@dataclass
class Taker:
    """One process that takes parts of `run`, AT_ONCE at a time. `taken` counts those that it has done."""

    github: GitHub
    warehouse: Warehouse
    run: Run
    home: Path
    ingest: Ingest
    run_batch: RunBatch = run_directly
    on_renew: OnRenew | None = None
    timing: Timing = field(default_factory=Timing)
    holder: str = field(default_factory=lambda: str(uuid4()))
    taken: int = 0
    _asking: threading.Lock = field(default_factory=threading.Lock)
    _guarded: threading.Lock = field(default_factory=threading.Lock)
    _said: tuple[int, int] = (0, 0)

    def __enter__(self) -> Self:
        now = self.github.clock().timestamp()
        # Two connections: the renewals have one, and the commits, which are made in another thread, the other.
        self.leases = open_leases(self.home, self.holder, now, self.timing.lease_seconds)
        self._guarding = open_leases(self.home, self.holder, now, self.timing.lease_seconds)
        self._lock = open_commit_lock(self.home, self.run.team_id)
        self._said = self._used()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self.leases, self._guarding, self._lock):
            each.close()

    async def take_all(self) -> None:
        """Take part after part until none is free. A part that is lost meanwhile is somebody else's matter."""
        turns = [asyncio.create_task(self._take_in_turn()) for _ in range(AT_ONCE)]
        try:
            await asyncio.gather(*turns)
        finally:
            for turn in turns:
                await _end(turn)

    async def _take_in_turn(self) -> None:
        while (part := await self.ask(self.leases.claim, self.run.run_id, self._now())) is not None:
            with suppress(PartLost):
                await self._take(part)
                self.taken += 1

    async def ask(self, question: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Ask the leases, which are used from one thread at a time: one that was cancelled ends later."""

        def ask() -> T:
            with self._asking:
                return question(*arguments, **named)

        return await asyncio.to_thread(ask)

    async def _take(self, part: Part) -> None:
        """Ingest a part while it is renewed; stop at once if it is lost."""
        working = asyncio.create_task(self._ingest(part))
        renewing = asyncio.create_task(self._keep_renewing(part))
        try:
            await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                await renewing  # raises why it ended
            await working
        except BaseException:
            await _end(working)
            with suppress(*AWAY):
                await self.ask(self.leases.release, part)
            raise
        finally:
            await _end(renewing)
        if not await self.ask(self.leases.finish, part, self._now()):
            raise PartLost(_lost(part))

    async def _ingest(self, part: Part) -> None:
        scope = Scope(part.repository_ids, part.is_refetch, guard=lambda: self._guard(part))
        await self.ingest(self.github, self.warehouse, self.run, run_batch=self.run_batch, scope=scope)

    @contextmanager
    def _guard(self, part: Part) -> Iterator[None]:
        """Let one process of the team commit at a time, and only as long as the part is its own.

        Two that insert the same account side by side would make two rows of it.
        """
        with self._guarded, self._lock.exclusive():
            if not self._guarding.holds(part, self._now()):
                raise PartLost(_lost(part))
            yield

    async def _keep_renewing(self, part: Part) -> None:
        """Renew the part for as long as this process sends something, or waits for GitHub; else let it go."""
        before, moved_at = self._used(), self.github.clock()
        while True:
            await asyncio.sleep(self.timing.renewed_after.total_seconds())
            now, used, until = self.github.clock(), self._used(), self.github.waiting_until
            if used != before or (until is not None and until > now):
                before, moved_at = used, now
            if now - moved_at >= self.timing.stalled_after:
                raise PartLost(
                    f"Part {part.number} stood still for {self.timing.stalled_after}, and is left to another."
                )
            try:
                if not await self._renew(part, now, until):
                    raise PartLost(_lost(part))
            except PartLost:
                raise
            except AWAY:
                continue  # if it stays away for longer than the lease, the part is lost
            if self.on_renew is not None:
                with suppress(*AWAY):  # what is shown of a part does not end it
                    await self.on_renew()

    async def _renew(self, part: Part, now: datetime, until: datetime | None) -> bool:
        """Renew the part, and say with it what this process has used since it last said so of any part."""
        used, said = self._used(), self._said
        self._said = used
        activity = Activity(used[0] - said[0], used[1] - said[1], None if until is None else until.timestamp())
        try:
            is_held = await self.ask(self.leases.renew, part, activity, now.timestamp())
        except AWAY:
            self._said = (self._said[0] - activity.requests, self._said[1] - activity.points)
            raise
        return is_held

    def _used(self) -> tuple[int, int]:
        return self.github.requests, self.github.points_spent

    def _now(self) -> float:
        return self.github.clock().timestamp()


def open_commit_lock(home: Path, team_id: str) -> Database:
    """Open what lets one process of the team commit at a time: in PostgreSQL a lock, else a file of the home."""
    number = COMMIT_LOCK + crc32(team_id.encode())
    return open_shared(home, "sync/commits.sqlite", COMMITS, number, busy_seconds=600)


def drop_parts(warehouse: Warehouse, team_id: str, now: datetime) -> None:
    """Take from helpers of earlier runs of the team what they still hold: none commits anything after that."""
    home = warehouse.settings.home
    if not warehouse.is_in_postgres and not (home / FILE).exists():
        return
    leases = open_leases(home, "", now.timestamp())
    try:
        leases.plan("", team_id, [], False, now.timestamp())
    finally:
        leases.close()


def at(seconds: float) -> datetime:
    """Return a time of the leases as one of the clock."""
    return datetime.fromtimestamp(seconds, UTC)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _lost(part: Part) -> str:
    return f"Part {part.number} of the sync is no longer this process's."
