"""Cached reads of the warehouse, which is opened once per process; the key of every read is its snapshot.

A cache by time would be stale or useless: the snapshot id changes with every commit of any process, and
with nothing else. The identity of the catalog file is part of every key, so that a warehouse that was
deleted and created again is opened again.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import polars as pl
import streamlit as st

from dashboard.access.rule import What, may
from dashboard.reading import clock, person
from dashboard.reading.rows import PullRequestDetail, Team, make_rows
from dashboard.reading.snapshots import Snapshot, SnapshotCache
from warehouse.connection import Warehouse, WarehouseMissing, WarehouseUnreadable
from warehouse.history.moved_weeks import read_moved_weeks
from warehouse.reads import data_health, issues, messages, overview, pull_requests
from warehouse.reads.bots import read_bots
from warehouse.reads.events import read_events
from warehouse.reads.evidence import read_ai_evidence
from warehouse.reads.insights import read_all_insights, read_insights
from warehouse.reads.pull_requests import PullRequestQuery
from warehouse.reads.reading_checks import read_drawn
from warehouse.reads.second_readings import read_second_readings
from warehouse.reads.teams import read_github_teams, read_memberships, read_repositories, read_teams
from warehouse.reads.work import read_analysis_facts, read_pieces_of_work, read_risk_reasons
from warehouse.settings import WarehouseSettings

MOVED = "snapshot_that_moved"
Arguments = TypeVarTuple("Arguments")
Found = TypeVar("Found")


def warehouse() -> Warehouse:
    """Return this process's warehouse, read-only. Raises `WarehouseMissing`, `WarehouseUnreadable`."""
    catalog = WarehouseSettings.read().catalog
    return _open(catalog, identify(catalog))


@st.cache_resource(show_spinner=False, max_entries=4)
def _open(catalog: str, identity: int) -> Warehouse:
    return Warehouse(read_only=True)


def identify(catalog: str) -> int:
    """Return the inode of the catalog's file; 0 if the catalog is not a file. Raises `WarehouseMissing`."""
    kind, _, address = catalog.partition(":")
    if kind != "sqlite":
        return 0
    try:
        return Path(address).stat().st_ino
    except FileNotFoundError:
        raise WarehouseMissing("There is no warehouse yet.") from None


def snapshot() -> Snapshot:
    """Return the newest snapshot; taken once at the top of a page run, so that one page shows one state."""
    catalog = WarehouseSettings.read().catalog
    return Snapshot(catalog, identify(catalog), warehouse().snapshot_id())


@st.cache_resource(show_spinner=False)
def _cache() -> SnapshotCache:
    """Return the frames that all sessions share: nobody may change one."""
    return SnapshotCache()


def _read(read: Callable[[Warehouse, *Arguments], Found], at: Snapshot, *arguments: *Arguments) -> Found:
    """Return what `read` finds, from the cache if it was read at this snapshot before.

    What was read after another process has committed belongs to a newer snapshot: it is not kept as one of `at`, and
    the page is told (`has_moved`).
    """
    name = f"{read.__module__}.{read.__qualname__}"

    def read_now() -> tuple[Found, bool]:
        value = read(warehouse(), *arguments)
        return value, warehouse().snapshot_id() == at.id

    value, is_of_snapshot = _cache().get(at, (name, arguments), read_now)
    if not is_of_snapshot:
        st.session_state[MOVED] = at
    return value


def remember(at: Snapshot, key: Hashable, compute: Callable[[], Found]) -> Found:
    """Return what `compute` derives from reads of the snapshot `at`, from the cache if it was computed before."""

    def compute_now() -> tuple[Found, bool]:
        return compute(), not has_moved(at)

    return _cache().get(at, key, compute_now)[0]


def has_moved(at: Snapshot) -> bool:
    """Return True once something that was read for the page of `at` is newer than it."""
    return bool(st.session_state.get(MOVED) == at)


def teams(at: Snapshot) -> list[Team]:
    """Return the teams that the person of this session may see, by login."""
    known = make_rows(Team, _read(read_teams, at))
    who = person.current()
    return [team for team in known if may(who, What.SEE, team.team_id)]


@dataclass(frozen=True)
class Reader:
    """The reads of one team at one snapshot: by name what several pages need, the rest by `read`.

    Raises Refused unless the person of the session may see the team. That is asked again at each read, also of a
    download, which is made outside of the session: of the `claims`.
    """

    team_id: str
    at: Snapshot
    claims: Mapping[str, object] = field(
        init=False, repr=False, compare=False, default_factory=person.claims_of_session
    )

    def __post_init__(self) -> None:
        person.require(What.SEE, self.team_id)

    def require(self) -> None:
        """Raise Refused unless the person of the session, or who made this in one, may still see the team."""
        person.require_still(self.claims, What.SEE, self.team_id)

    def read(self, read: Callable[[Warehouse, str, *Arguments], Found], *arguments: *Arguments) -> Found:
        """Return what `read` finds of the team, from the cache if it was read at this snapshot before."""
        self.require()
        return _read(read, self.at, self.team_id, *arguments)

    def read_uncached(self, read: Callable[[Warehouse, str, *Arguments], Found], *arguments: *Arguments) -> Found:
        """Return what `read` finds of the team now: for what is asked for seldom, or is large."""
        self.require()
        return read(warehouse(), self.team_id, *arguments)

    def repositories(self) -> pl.DataFrame:
        return self.read(read_repositories)

    def github_teams(self) -> pl.DataFrame:
        return self.read(read_github_teams)

    def memberships(self) -> pl.DataFrame:
        return self.read(read_memberships)

    def pull_request_metrics(self) -> pl.DataFrame:
        return self.read(overview.read_pull_request_metrics)

    def weekly_metrics(self, metrics: tuple[str, ...]) -> pl.DataFrame:
        return self.read(overview.read_weekly_metrics, metrics)

    def insights(self) -> pl.DataFrame:
        """Read what is true now and not dismissed today."""
        return self.read(read_insights, clock.now().date())

    def all_insights(self) -> pl.DataFrame:
        """Read what is true now, dismissed or not, and what was true in the last 90 days."""
        return self.read(read_all_insights, clock.now().date())

    def analysis_facts(self) -> pl.DataFrame:
        return self.read(read_analysis_facts)

    def pieces_of_work(self, ids: tuple[str, ...]) -> pl.DataFrame:
        return self.read(read_pieces_of_work, ids)

    def risk_reasons(self, ids: tuple[str, ...]) -> pl.DataFrame:
        return self.read(read_risk_reasons, ids)

    def waiting(self, query: PullRequestQuery) -> pl.DataFrame:
        return self.read(pull_requests.read_waiting, query)

    def pull_requests(self, query: PullRequestQuery) -> pl.DataFrame:
        return self.read(pull_requests.read_pull_requests, query)

    def count_pull_requests(self, query: PullRequestQuery) -> int:
        return self.read(pull_requests.count_pull_requests, query)

    def export(self, query: PullRequestQuery) -> pl.DataFrame:
        """Read all pages at once."""
        return self.read_uncached(pull_requests.read_export, query)

    def pull_request(self, pull_request_id: str) -> PullRequestDetail | None:
        """Read one pull request with all its details; None if the team has none of that id."""
        rows = make_rows(PullRequestDetail, self.read(pull_requests.read_pull_request, pull_request_id))
        return rows[0] if rows else None

    def ai_evidence(self) -> pl.DataFrame:
        return self.read(read_ai_evidence)

    def drawn_readings(self) -> pl.DataFrame:
        """Read the readings that are drawn for a person to judge."""
        return self.read(read_drawn)

    def second_readings(self) -> pl.DataFrame:
        """Read the answers that the model gave twice."""
        return self.read(read_second_readings)

    def events(self, pull_request_id: str) -> pl.DataFrame:
        return self.read(read_events, pull_request_id)

    def coverage(self) -> pl.DataFrame:
        return self.read(data_health.read_coverage)

    def incomplete(self) -> pl.DataFrame:
        return self.read(data_health.read_incomplete)

    def short_lists(self) -> pl.DataFrame:
        """Read GitHub's lists that ended before their own total."""
        return self.read(data_health.read_short_lists)

    def analysis_summary(self) -> pl.DataFrame:
        return self.read(data_health.read_analysis_summary)

    def runs(self) -> pl.DataFrame:
        return self.read(data_health.read_runs)

    def github_tokens(self) -> pl.DataFrame:
        return self.read(data_health.read_github_tokens)

    def issues_of(self, pull_request_id: str) -> pl.DataFrame:
        """Read the issues that a pull request names."""
        return self.read(issues.read_issues_of, pull_request_id)

    def jira(self) -> pl.DataFrame:
        """Read how far the team's issues were read."""
        return self.read(issues.read_jira)

    def problems(self) -> pl.DataFrame:
        return self.read(messages.read_problems)

    def moved_weeks(self) -> pl.DataFrame:
        return self.read(read_moved_weeks)

    def messages(self) -> pl.DataFrame:
        return self.read(messages.read_messages)

    def bots(self) -> pl.DataFrame:
        return self.read(read_bots)


def has_team() -> bool:
    """Return True once there is a team to show."""
    return bool(read_logins())


def read_logins() -> list[str]:
    """Return the logins of the teams that there are to show; none without a warehouse that can be read."""
    try:
        return [team.login or team.team_id for team in teams(snapshot())]
    except (WarehouseMissing, WarehouseUnreadable):
        return []


def is_readable() -> bool:
    """Return True once the warehouse can be opened, or no longer exists."""
    try:
        snapshot()
    except WarehouseUnreadable:
        return False
    except WarehouseMissing:
        return True
    return True
