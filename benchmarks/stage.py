"""What the reliability benchmarks play on: a simulated GitHub, a clock that only sleeping moves, and warehouses."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from simulators.github.serving.server import Running, serve
from simulators.github.story.organisation import Organisation
from tasks.github.api.client import GitHub, OnWait
from tasks.github.api.settings import GitHubSettings
from warehouse import migrations, schema
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)
"""When everything takes place."""

DATA = (
    "pull_requests",
    "reviews",
    "review_threads",
    "review_comments",
    "comments",
    "commits",
    "files",
    "timeline_events",
    "people",
)
STATE = ("repositories", "sync_items")
OF_A_RUN = frozenset({"fetched_at", "scanned_at", "done_at", "run_id", "last_sync_at", "watermark_at"})
"""Columns that say when and by whom something was done: they differ from run to run."""


# Sleeps as long as this pass only when every request that was sent has arrived: else it would seem to come later.
LONG_SLEEP_SECONDS = 1.0
SETTLED_SECONDS = 0.03


@dataclass
class Clock:
    """Stands still but for `sleep`, so that an hour's wait takes no time. `arrived` counts requests at the server."""

    at: datetime = AS_OF
    slept: float = 0.0
    arrived: Callable[[], int] = lambda: 0
    settled: int = 0

    def __call__(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        if seconds >= LONG_SLEEP_SECONDS:
            await self._settle()
        self.slept += seconds
        self.at += timedelta(seconds=max(seconds, 0.001))
        await asyncio.sleep(0)

    async def _settle(self) -> None:
        """Until no request has arrived for a moment, where any has since the last long sleep."""
        while (arrived := self.arrived()) != self.settled:
            self.settled = arrived
            await asyncio.sleep(SETTLED_SECONDS)


@dataclass
class Stage:
    """A simulated GitHub that runs, and clients to it."""

    running: Running
    clock: Clock = field(default_factory=Clock)

    @property
    def organisation(self) -> Organisation:
        return self.running.organisation

    def github(self, on_wait: OnWait | None = None, **more: Any) -> GitHub:
        values = {
            "token": "benchmark-token",
            "api_url": self.running.url,
            "graphql_url": self.running.graphql_url,
            "reserve_points": 0,
            **more,
        }
        settings = GitHubSettings(**values)
        return GitHub(settings, clock=self.clock, sleep=self.clock.sleep, on_wait=on_wait, jitter=lambda: 1.0)


@contextmanager
def staged(organisation: Organisation, skew: float = 0.0, **options: Any) -> Iterator[Stage]:
    """Serves `organisation` until the block ends; its clock is `skew` seconds ahead of ours."""
    clock = Clock()
    with serve(organisation, clock=lambda: clock.seconds() + skew, **options) as running:
        clock.arrived = lambda: int(running.stats()["requests"])
        yield Stage(running, clock)


@contextmanager
def empty_homes() -> Iterator["Homes"]:
    """Folders for warehouses, gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="prflow-") as folder:
        homes = Homes(Path(folder))
        with open_warehouse(homes.folder / "migrated") as warehouse:
            migrations.upgrade(warehouse)
        yield homes


@dataclass
class Homes:
    """Makes homes with a migrated, empty warehouse each: copying one is quicker than migrating anew."""

    folder: Path
    count: int = 0

    def new(self) -> Path:
        self.count += 1
        home = self.folder / f"home-{self.count}"
        shutil.copytree(self.folder / "migrated", home)
        return home


def open_settings(home: Path) -> WarehouseSettings:
    """The warehouse of this home, whatever the environment says."""
    return WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")


def open_warehouse(home: Path) -> Warehouse:
    """The warehouse of this home."""
    return Warehouse(open_settings(home))


Rows = dict[str, set[tuple[Any, ...]]]


def read_rows(warehouse: Warehouse, tables: tuple[str, ...] = DATA) -> Rows:
    """Every row of these tables, without what differs from run to run."""
    found = {}
    for name in tables:
        columns = [column.name for column in schema.metadata.tables[name].columns if column.name not in OF_A_RUN]
        rows = warehouse.read(f"SELECT {', '.join(columns)} FROM {name}").iter_rows()
        found[name] = {tuple(map(str, row)) for row in rows}
    return found


def compare(found: Rows, expected: Rows, is_more_fine: bool = False) -> str:
    """How they differ, in words; empty where they are equal, row for row, or `found` holds more and that is fine."""
    parts = []
    for name, rows in expected.items():
        missing, extra = len(rows - found[name]), len(found[name] - rows)
        if missing or (extra and not is_more_fine):
            counts = [f"{missing:,} missing"] * bool(missing) + [f"{extra:,} too many"] * bool(extra)
            parts.append(f"{name}: {', '.join(counts)}")
    return "; ".join(parts)
