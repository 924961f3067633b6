"""Environment of the reliability benchmarks: a simulated GitHub, a clock that only sleeping moves, and warehouses."""

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
from warehouse.progress import Run, start_run
from warehouse.settings import WarehouseSettings
from warehouse.windows import Phase, plan_refresh

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)
"""Start time of every benchmark."""

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
"""Columns that say when and in which run something was done, which differ from run to run."""


# Sleeps this long or longer wait until every request that was sent has arrived, or it would seem to arrive later.
LONG_SLEEP_SECONDS = 1.0
SETTLED_SECONDS = 0.03


@dataclass
class Clock:
    """A clock that only `sleep` moves, so that waits take no real time. `arrived` counts requests at the server."""

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
        """Wait until no request has arrived for SETTLED_SECONDS, if any has since the last long sleep."""
        while (arrived := self.arrived()) != self.settled:
            self.settled = arrived
            await asyncio.sleep(SETTLED_SECONDS)


@dataclass
class Stage:
    """A running simulated GitHub, and clients for it."""

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
    """Serve `organisation` until the block ends; its clock is `skew` seconds ahead of ours."""
    clock = Clock()
    with serve(organisation, clock=lambda: clock.seconds() + skew, **options) as running:
        clock.arrived = lambda: int(running.stats()["requests"])
        yield Stage(running, clock)


@contextmanager
def empty_homes() -> Iterator["Homes"]:
    """Provide folders for warehouses until the block ends."""
    with tempfile.TemporaryDirectory(prefix="prflow-") as folder:
        homes = Homes(Path(folder))
        with open_warehouse(homes.folder / "migrated") as warehouse:
            migrations.upgrade(warehouse)
        yield homes


@dataclass
class Homes:
    """Makes homes with an empty, migrated warehouse each, by copying one, which is faster than migrating."""

    folder: Path
    count: int = 0

    def new(self) -> Path:
        self.count += 1
        home = self.folder / f"home-{self.count}"
        shutil.copytree(self.folder / "migrated", home)
        return home


def open_settings(home: Path) -> WarehouseSettings:
    """Return the settings of this home's warehouse, whatever the environment says."""
    return WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")


def open_warehouse(home: Path) -> Warehouse:
    """Open the warehouse of this home."""
    return Warehouse(open_settings(home))


Rows = dict[str, set[tuple[Any, ...]]]


def begin_refresh(warehouse: Warehouse, team_id: str, run_id: str, at: datetime) -> Run:
    """Begin the refresh of a night from the oldest watermark of the team's repositories, as the flow does."""
    row = warehouse.read_one(
        "SELECT min(watermark_at) AS at FROM repositories WHERE team_id = ? AND is_followed", [team_id]
    )
    run = Run(
        run_id=run_id,
        team_id=team_id,
        flow="refresh",
        phase=Phase.INCREMENTAL,
        as_of=at,
        window=plan_refresh(row["at"] if row else at, at),
        is_as_of_fixed=False,
    )
    start_run(warehouse, run, at)
    return run


def read_rows(warehouse: Warehouse, tables: tuple[str, ...] = DATA, ignored: frozenset[str] = OF_A_RUN) -> Rows:
    """Read all rows of these tables, without the `ignored` columns: those that differ from run to run."""
    found = {}
    for name in tables:
        columns = [column.name for column in schema.metadata.tables[name].columns if column.name not in ignored]
        rows = warehouse.read(f"SELECT {', '.join(columns)} FROM {name}").iter_rows()
        found[name] = {tuple(map(str, row)) for row in rows}
    return found


def describe_difference(found: Rows, expected: Rows, *, allow_extra: bool = False) -> str:
    """Describe how the rows differ; empty if they are equal, or if `found` only holds more and `allow_extra` is set."""
    missing = {name: len(rows - found[name]) for name, rows in expected.items()}
    extra = {name: 0 if allow_extra and not missing[name] else len(found[name] - expected[name]) for name in expected}
    return "; ".join(filter(None, [_count_rows(missing, "missing"), _count_rows(extra, "too many")]))


def _count_rows(counts: dict[str, int], what: str) -> str:
    """Sum up the rows by table: `2 pull requests and 17 rows of 4 other tables missing`."""
    pull_requests = counts.get("pull_requests", 0)
    others = {name: count for name, count in counts.items() if count and name != "pull_requests"}
    parts = [f"{pull_requests:,} pull request{'s' * (pull_requests != 1)}"] if pull_requests else []
    if others:
        tables = next(iter(others)) if len(others) == 1 else f"{len(others)} {'other ' * bool(parts)}tables"
        parts.append(f"{sum(others.values()):,} row{'s' * (sum(others.values()) != 1)} of {tables}")
    return f"{' and '.join(parts)} {what}" if parts else ""
