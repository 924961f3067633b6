"""A simulated Jira over HTTP, and a team whose pull requests name its issues."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from simulators.jira.server import CLOUD, DATA_CENTER, JiraSimulator, RunningJira, serve
from simulators.jira.world import DONE, IN_PROGRESS, IN_REVIEW, World
from tasks.jira.client import Jira
from tasks.jira.settings import JiraSettings
from tasks.jira.sync import IssuesSummary, sync_issues
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Merge, commit

NIGHT = datetime(2026, 3, 2, 3, tzinfo=UTC)
CANARY = "jira-canary-0c2f"
TEAMS = {CLOUD: "acme", DATA_CENTER: "globex"}


def at(day: int, hour: int = 12) -> datetime:
    """Return a time of February 2026."""
    return datetime(2026, 2, day, hour, tzinfo=UTC)


def make_world() -> World:
    """Return two projects: an epic with a story that has a sub-task, and a bug that is not begun."""
    world = World()
    world.add_project("SHOP", "The shop")
    world.add_project("PAY", "Payments")
    epic = world.add_issue("SHOP", "Epic", "Checkout", at(1))
    story = world.add_issue("SHOP", "Story", "One page", at(2), epic)
    part = world.add_issue("SHOP", "Sub-task", "Its button", at(3), story)
    world.add_issue("PAY", "Bug", "Rounding", at(4))
    for issue, day in ((story, 5), (part, 6)):
        world.set_status(issue, IN_PROGRESS, at(day))
        world.set_status(issue, IN_REVIEW, at(day + 1))
        world.set_status(issue, DONE, at(day + 2))
    world.edit(part, "Its <b>button</b>", at(9))
    return world


@dataclass
class Team:
    """A team's warehouse and the Jira that it reads. `waits` are the seconds that the client slept."""

    warehouse: Warehouse
    running: RunningJira
    team_id: str = "acme"
    url: str = ""
    token: str = ""
    waits: list[float] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.running.world

    def add_pull_request(self, number: int, title: str, *, fetched_at: datetime = NIGHT, **columns: object) -> str:
        """Store a pull request, as if it was fetched then; return its id."""
        id_ = f"{self.team_id}-pr-{number}"
        row = {"id": id_, "team_id": self.team_id, "repository_id": "r", "number": number, "title": title}
        row |= {"fetched_at": fetched_at, "updated_at": fetched_at, "state": "OPEN", **columns}
        commit(self.warehouse, Merge(schema.pull_requests, schema.frame(schema.pull_requests, [row], row)))
        return id_

    def settings(self) -> JiraSettings:
        is_cloud = self.running.simulator.is_cloud
        email = self.running.simulator.email if is_cloud else ""
        return JiraSettings(_env_file=None, url=self.url or self.running.url, email=email)  # type: ignore[call-arg]

    def open(self, now: datetime = NIGHT) -> Jira:
        token = SecretStr(self.token or self.running.simulator.token)
        return Jira(self.settings(), token, clock=lambda: now, sleep=self.waits.append)

    def read(self, now: datetime = NIGHT, *, is_refetch: bool = False) -> IssuesSummary:
        with self.open(now) as jira:
            return sync_issues(jira, self.warehouse, self.team_id, now, is_refetch=is_refetch)

    def rows(self, table: str, *columns: str) -> list[tuple[object, ...]]:
        sql = f"SELECT {', '.join(columns)} FROM {table} WHERE team_id = ? ORDER BY ALL"
        return self.warehouse.read(sql, [self.team_id]).rows()


MakeTeam = Callable[..., Team]


@pytest.fixture
def make_team(warehouse: Warehouse) -> Iterator[MakeTeam]:
    """Return what makes a team with a Jira of its own; servers end with the test."""
    servers = []

    def make(form: str = CLOUD, **settings: object) -> Team:
        simulator = JiraSimulator(make_world(), form, token=CANARY, **settings)  # type: ignore[arg-type]
        serving = serve(simulator)
        servers.append(serving)
        return Team(warehouse, serving.__enter__(), TEAMS[form])

    yield make
    for serving in servers:
        serving.__exit__(None, None, None)


def both(make_team: MakeTeam, **settings: object) -> Iterator[Team]:
    """Yield a team that reads Jira Cloud, and one that reads Data Center, in one warehouse."""
    for form in TEAMS:
        yield make_team(form, **settings)


def night(number: int) -> datetime:
    """Return the time of the reading in a later night."""
    return NIGHT + timedelta(days=number)
