"""What pages read: the warehouse opened once per process, every read cached by the snapshot it read.

A cache by time would be stale or useless: the snapshot id changes with every commit of any process, and
with nothing else. The identity of the catalog file is part of every key, so that a warehouse that was
deleted and made anew is opened anew.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from dashboard.reading import runs
from warehouse.connection import Warehouse, WarehouseMissing, WarehouseUnreadable
from warehouse.progress import Progress
from warehouse.reads import pull_requests as reads
from warehouse.settings import WarehouseSettings

MAX_ENTRIES = 256


@dataclass(frozen=True)
class Snapshot:
    """One state of one warehouse: the key of every cached read."""

    catalog: str
    identity: int
    id: int


def warehouse() -> Warehouse:
    """The warehouse of this process, read only. Raises `WarehouseMissing`, `WarehouseUnreadable`."""
    catalog = WarehouseSettings().catalog
    return _open(catalog, _identity(catalog))


@st.cache_resource(show_spinner=False, max_entries=4)
def _open(catalog: str, identity: int) -> Warehouse:
    return Warehouse(read_only=True)


def _identity(catalog: str) -> int:
    """The file's inode; 0 for a catalog that is no file."""
    kind, _, address = catalog.partition(":")
    if kind != "sqlite":
        return 0
    try:
        return Path(address).stat().st_ino
    except FileNotFoundError:
        raise WarehouseMissing("There is no warehouse yet.") from None


def snapshot() -> Snapshot:
    """The newest snapshot: taken once at the top of a page run, so that one page shows one state."""
    catalog = WarehouseSettings().catalog
    return Snapshot(catalog, _identity(catalog), warehouse().snapshot_id())


@st.cache_data(show_spinner=False, max_entries=MAX_ENTRIES)
def _read(name: str, at: Snapshot, arguments: tuple[Any, ...]) -> Any:
    return getattr(reads, name)(warehouse(), *arguments)


def teams(at: Snapshot) -> list[dict[str, Any]]:
    """All teams, by login."""
    found: pl.DataFrame = _read("read_teams", at, ())
    return found.to_dicts()


@dataclass(frozen=True)
class Reader:
    """The reads of one team at one snapshot."""

    team_id: str
    at: Snapshot

    def repositories(self) -> pl.DataFrame:
        return self._frame("read_repositories")

    def pull_request_metrics(self) -> pl.DataFrame:
        return self._frame("read_pull_request_metrics")

    def weekly_metrics(self, metrics: tuple[str, ...]) -> pl.DataFrame:
        return self._frame("read_weekly_metrics", metrics)

    def insights(self) -> pl.DataFrame:
        return self._frame("read_insights")

    def pull_requests(self, query: reads.PullRequestQuery) -> pl.DataFrame:
        return self._frame("read_pull_requests", query)

    def count_pull_requests(self, query: reads.PullRequestQuery) -> int:
        count: int = _read("count_pull_requests", self.at, (self.team_id, query))
        return count

    def export(self, query: reads.PullRequestQuery) -> pl.DataFrame:
        """Not cached: it is asked for once, and may be large."""
        return reads.read_export(warehouse(), self.team_id, query)

    def pull_request(self, pull_request_id: str) -> dict[str, Any] | None:
        rows = self._frame("read_pull_request", pull_request_id).to_dicts()
        return rows[0] if rows else None

    def waiting(self, query: reads.PullRequestQuery) -> pl.DataFrame:
        return self._frame("read_waiting", query)

    def review_load(self, repository_ids: tuple[str, ...], since: Any, until: Any) -> pl.DataFrame:
        return self._frame("read_review_load", repository_ids, since, until)

    def coverage(self) -> pl.DataFrame:
        return self._frame("read_coverage")

    def incomplete(self) -> pl.DataFrame:
        return self._frame("read_incomplete")

    def analysis_summary(self) -> pl.DataFrame:
        return self._frame("read_analysis_summary")

    def bots(self) -> pl.DataFrame:
        return self._frame("read_bots")

    def runs(self) -> pl.DataFrame:
        return self._frame("read_runs")

    def github_tokens(self) -> pl.DataFrame:
        return self._frame("read_github_tokens")

    def _frame(self, name: str, *arguments: Any) -> pl.DataFrame:
        found: pl.DataFrame = _read(name, self.at, (self.team_id, *arguments))
        return found


# Run states are Prefect's and change without a snapshot, so this one is cached by time: for as long as many
# open tabs ask for the same thing at once.
@st.cache_data(show_spinner=False, ttl=1.0, max_entries=64)
def _progress(team_id: str, catalog: str, identity: int) -> Progress:
    return runs.team_progress(team_id, warehouse())


def progress(team_id: str) -> Progress:
    """How far a team is, now."""
    catalog = WarehouseSettings().catalog
    return _progress(team_id, catalog, _identity(catalog))


def has_team() -> bool:
    """True once there is something to show a gate or a page for."""
    try:
        return bool(teams(snapshot()))
    except (WarehouseMissing, WarehouseUnreadable):
        return False


def is_readable() -> bool:
    """True once the warehouse can be opened, or is gone altogether."""
    try:
        snapshot()
    except WarehouseUnreadable:
        return False
    except WarehouseMissing:
        return True
    return True
