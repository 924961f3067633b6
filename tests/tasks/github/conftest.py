"""A clock that moves only when somebody sleeps, a small GitHub of a test's own making, and a client to it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.limits import Limits
from simulators.github.serving.server import Running, serve
from simulators.github.store import records
from simulators.github.story.organisation import Organisation
from tasks.github.api.client import GitHub
from tasks.github.api.settings import GitHubSettings
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.summary import SyncSummary
from tasks.github.organisation.discovery import Discovery, discover_repositories
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.windows import Phase, Window

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
"""When every test takes place; all other times are counted from it."""


@dataclass
class Clock:
    """Stands still but for `sleep`; `slept` and `waits` keep what was asked of it."""

    at: datetime = NOW
    slept: list[float] = field(default_factory=list)
    waits: list[datetime | None] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=max(seconds, 0.001))
        await asyncio.sleep(0)

    async def on_wait(self, until: datetime | None) -> None:
        self.waits.append(until)


@dataclass
class Simulated:
    """A running simulator with an organisation that a test fills, and clients to it."""

    running: Running
    clock: Clock

    @property
    def organisation(self) -> Organisation:
        return self.running.organisation

    def settings(self, **more: Any) -> GitHubSettings:
        return GitHubSettings(
            **{
                "token": "demo-token",
                "graphql_url": self.running.graphql_url,
                "api_url": self.running.url,
                "timeout_seconds": 20.0,
                "workers": 2,
                "reserve_points": 0,
                **more,
            }
        )

    def client(self, **more: Any) -> GitHub:
        return GitHub(
            self.settings(**more),
            clock=self.clock,
            sleep=self.clock.sleep,
            on_wait=self.clock.on_wait,
            jitter=lambda: 1.0,
        )

    def ask(self, work: Callable[[GitHub], Awaitable[Any]], **more: Any) -> Any:
        """Return the result of `work` with a client."""

        async def run() -> Any:
            async with self.client(**more) as github:
                return await work(github)

        return asyncio.run(run())

    def ingest(self, warehouse: Warehouse, run: Run, **more: Any) -> SyncSummary:
        """Ingest the window of `run`, for the repositories that are in the warehouse already."""
        return cast(SyncSummary, self.ask(lambda github: ingest(github, warehouse, run), **more))

    def discover(self, warehouse: Warehouse, names: list[str] | None = None, **more: Any) -> Discovery:
        login = self.organisation.login
        return cast(
            Discovery,
            self.ask(lambda github: discover_repositories(github, warehouse, login, names), **more),
        )

    def fail(self, *faults: Fault) -> None:
        """Add faults that occur from now on."""
        self.running.faults.add(*faults)

    def when(self, operation: str, change: Callable[[], object]) -> None:
        """Change the organisation when the next request of this operation arrives."""
        calls = [change]
        self.running.listeners.append(lambda name, body: calls.pop()() if name == operation and calls else None)

    @contextmanager
    def before_each(self, operation: str, change: Callable[[], object]) -> Iterator[None]:
        """Change the organisation before every request of this operation, while the block lasts."""
        listeners = self.running.listeners
        listeners.append(lambda name, body: change() if name == operation else None)
        yield
        listeners.pop()

    def poison(self, identifier: str) -> None:
        """Every request that names this pull request is answered with a timeout."""
        add, name = self.running.faults.add, identifier.encode()
        self.running.listeners.append(lambda _, body: add(Fault(Kind.TIMEOUT)) if name in body else None)

    def violations(self) -> int:
        return int(self.running.stats()["violations"])

    def asked(self) -> dict[str, int]:
        """Return the number of requests by operation."""
        return dict(self.running.stats()["by_operation"])

    @property
    def now(self) -> datetime:
        """When the test began, by its clock."""
        return NOW

    @staticmethod
    def ago(**parts: float) -> str:
        """Return a time before NOW as GitHub writes it."""
        return ago(**parts)


def ago(**parts: float) -> str:
    """Return a time before NOW as GitHub writes it."""
    return records.iso((NOW - timedelta(**parts)).timestamp())


def make_small_organisation(repositories: int = 1, pull_requests: int = 3) -> Organisation:
    """`acme` with repositories `one`, `two`, …; number 1 of each was updated an hour ago, 2 two hours ago, …"""
    owner = records.actor("Organization", 1, "acme", "Acme")
    organisation = Organisation(owner, records.actor("User", 2, "viewer"), ago())
    organisation.add_account(records.actor("User", 3, "ann"))
    organisation.add_account(records.actor("User", 4, "bob"))
    for index in range(repositories):
        repository = records.repository(owner, index + 1, ("one", "two", "three", "four")[index], ago(days=300))
        organisation.add_repository(repository)
        for number in range(1, pull_requests + 1):
            organisation.add(f"acme/{repository['name']}", ago(hours=number), f"Change {number}", "ann")
    return organisation


@pytest.fixture
def simulate() -> Iterator[Callable[..., Simulated]]:
    """Serve an organisation until the test ends: the one given, or `acme` with N repositories and pull requests.

    `skew`: seconds by which its clock is ahead of ours.
    """
    with ExitStack() as stack:

        def begin(
            organisation: Organisation | None = None,
            *,
            repositories: int = 1,
            pull_requests: int = 3,
            limits: Limits | None = None,
            skew: float = 0.0,
        ) -> Simulated:
            clock = Clock()
            served = organisation or make_small_organisation(repositories, pull_requests)
            running = stack.enter_context(serve(served, clock=lambda: clock.seconds() + skew, limits=limits))
            return Simulated(running, clock)

        yield begin


@pytest.fixture
def simulated(simulate: Callable[..., Simulated]) -> Simulated:
    """`acme/one` with three pull requests."""
    return simulate()


def begin_run(
    warehouse: Warehouse,
    days: float = 30,
    until: float | None = None,
    *,
    phase: Phase = Phase.RECENT,
    run_id: str = "run-1",
    team: str = "acme",
    as_of: datetime = NOW,
) -> Run:
    """Begin a run in the warehouse; days are counted back from NOW, or from `as_of`."""
    end = as_of - timedelta(days=until) if until is not None else None
    run = Run(
        run_id=run_id,
        team_id=team,
        flow="refresh" if phase is Phase.INCREMENTAL else "onboarding",
        phase=phase,
        as_of=as_of,
        window=Window(as_of - timedelta(days=days), end),
    )
    start_run(warehouse, run, NOW)
    return run


@pytest.fixture
def start(warehouse: Warehouse) -> Callable[..., Run]:
    """Begins a run in the warehouse of the test, as `begin_run` does."""
    return partial(begin_run, warehouse)
