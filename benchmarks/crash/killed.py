"""Onboarding that kills its own process at a given point; benchmarks.crash starts it repeatedly."""

import asyncio
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.stage import AS_OF, open_settings
from tasks.github.api.client import GitHub
from tasks.github.api.queries.document import Document, Variables
from tasks.github.api.queries.pull_requests import SCAN, SCAN_OPEN
from tasks.github.api.response import Response
from tasks.github.api.settings import GitHubSettings
from tasks.github.ingestion.ingest import ingest
from tasks.github.organisation.discovery import discover_repositories
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.windows import Phase, plan_windows

OWNER = "northwind"
POINTS = ("discovery", "scan", "fetch", "commit", "between")


@dataclass
class Watched:
    """What the process is doing, in memory shared with its parent, so that this survives a kill.

    `dies_at` is the number of the event at which it kills itself, 0 for never.
    """

    point: Any
    phase: Any
    events: Any
    dies_at: int = 0
    delay: float = 0.0
    inside: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, what: str) -> None:
        self._change(what, 1)

    def end(self, what: str) -> None:
        self._change(what, -1)

    def _change(self, what: str, by: int) -> None:
        with self.lock:
            self.inside[what] += by
            now = next((name for name in ("commit", "fetch", "scan", "discovery") if self.inside[name]), "between")
            self.point.value = POINTS.index(now)
            self.events.value += 1
            if self.events.value == self.dies_at:
                threading.Timer(self.delay, os.kill, (os.getpid(), signal.SIGKILL)).start()


class WatchedGitHub(GitHub):
    """Reports when a query starts and ends."""

    watched: Watched

    async def execute(
        self, document: Document, variables: Variables, *, subject: str = "", attempts: int = 5
    ) -> Response:
        is_fetch = "ids" in variables or "id" in variables
        what = "scan" if document in (SCAN, SCAN_OPEN) else "fetch" if is_fetch else "discovery"
        self.watched.begin(what)
        try:
            return await super().execute(document, variables, subject=subject, attempts=attempts)
        finally:
            self.watched.end(what)


class WatchedWarehouse(Warehouse):
    """Reports when a transaction starts and ends."""

    watched: Watched

    def transact(self, work: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        self.watched.begin("commit")
        try:
            super().transact(work)
        finally:
            self.watched.end("commit")


def onboard(url: str, home: str, watched: Watched) -> None:
    """Run both phases, from the start or from where an earlier process was killed."""
    asyncio.run(_onboard(url, home, watched))


async def _onboard(url: str, home: str, watched: Watched) -> None:
    settings = GitHubSettings.model_validate(
        {"token": "benchmark-token", "api_url": url, "graphql_url": f"{url}/graphql", "page_size": 8}
    )
    with WatchedWarehouse(open_settings(Path(home))) as warehouse:
        warehouse.watched = watched
        for phase, window in zip(Phase, plan_windows(AS_OF, 30, 90), strict=False):
            watched.phase.value = phase
            run = Run(
                run_id=f"run-{phase}",
                team_id=OWNER,
                flow="onboarding",
                phase=phase,
                as_of=AS_OF,
                window=window,
                is_as_of_fixed=True,
            )
            start_run(warehouse, run, AS_OF)
            async with WatchedGitHub(settings, clock=_clock) as github:
                github.watched = watched
                if phase is Phase.RECENT:
                    await discover_repositories(github, warehouse, OWNER)
                await ingest(github, warehouse, run)


def _clock() -> datetime:
    return AS_OF


def work(url: str, home: str, dies_at: int, delay: float, point: Any, phase: Any, events: Any) -> None:
    onboard(url, home, Watched(point, phase, events, dies_at, delay))
