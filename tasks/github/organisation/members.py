"""Read the members and teams of an organisation, with their roles, from GitHub and store them.

A token without `read:org` may not see them: then `teams.members_error` says so, the rows read before stay, and the
sync does not fail.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from tasks.github.api.client import GitHub
from tasks.github.api.errors import Forbidden, GitHubError, NotFound, ScopeMissing
from tasks.github.api.listing import ListQuery, read_list
from tasks.github.api.queries.document import Document
from tasks.github.api.queries.organisation import MEMBERS, MORE_TEAM_MEMBERS, TEAMS
from tasks.github.api.response import Json, Response, Row
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.identity.memberships import record_memberships
from warehouse.identity.sighting import Sighting
from warehouse.identity.sightings import record_sightings
from warehouse.lists.short_lists import ShortLists, read_short_lists
from warehouse.lists.shortfall import ListName
from warehouse.store import Merge, Replace, commit

NEEDED_ACCESS = (
    "The token may not see the members: give it the scope read:org, or a fine-grained token read access to members."
)


@dataclass(frozen=True)
class Membership:
    """Rows of team_members, organisation_teams and organisation_team_members.

    `problems` says which of the lists ended before GitHub's total: then what was read before stays, too.
    """

    members: list[Row]
    teams: list[Row]
    team_members: list[Row]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class MembersSummary:
    """How much was read. `error` says why nothing could be read, or what of it is missing."""

    members_count: int
    teams_count: int
    error: str | None = None


async def sync_members(github: GitHub, warehouse: Warehouse, login: str, now: datetime) -> MembersSummary:
    """Read the members and teams of an organisation and store them. A refusal of GitHub is stored, not raised.

    Once it is cancelled, nothing more is written.
    """
    team_id = login.lower()
    short_lists = await asyncio.to_thread(read_short_lists, warehouse, team_id)
    try:
        found = await fetch_membership(github, login, now, short_lists)
    except GitHubError as error:
        reason = NEEDED_ACCESS if isinstance(error, ScopeMissing | Forbidden) else f"{error}. {error.hint}"
        await write_to_its_end(lambda: _store_error(warehouse, team_id, reason))
        return MembersSummary(0, 0, reason)
    await write_to_its_end(lambda: store_membership(warehouse, team_id, found, now))
    await write_to_its_end(lambda: commit(warehouse, *short_lists.writes()))
    return MembersSummary(len(found.members), len(found.teams), _describe_problems(found))


async def write_to_its_end(write: Callable[[], None]) -> None:
    """Write in a thread, which no cancellation ends: it is waited for, so that what follows finds the write done."""
    writing = asyncio.ensure_future(asyncio.to_thread(write))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await writing
        raise


def _describe_problems(found: Membership) -> str | None:
    return f"GitHub's list ended early: {'; '.join(found.problems)}. {GitHubError.hint}" if found.problems else None


async def fetch_membership(
    github: GitHub, login: str, now: datetime, short_lists: ShortLists | None = None
) -> Membership:
    """Fetch all members and teams; `short_lists` are those that ended early before, and takes those that do now.

    Raises Forbidden or ScopeMissing if the token may not see them, NotFound for a user.
    """
    reading = _Reading(github, login, now, short_lists or ShortLists(login.lower()))
    members = await reading.read(ListName.MEMBERS, _owner_query(MEMBERS, login, "membersWithRole"))
    teams = await reading.read(ListName.TEAMS, _owner_query(TEAMS, login, "teams"))
    team_members = [row for node in teams for row in await reading.read_team(node)]
    return Membership(
        [_member(node, reading.team_id, now) for node in members],
        [_team(node, reading.team_id, now) for node in teams],
        team_members,
        tuple(reading.problems),
    )


@dataclass
class _Reading:
    """The lists of one organisation, in progress."""

    github: GitHub
    login: str
    now: datetime
    short_lists: ShortLists
    problems: list[str] = field(default_factory=list)

    @property
    def team_id(self) -> str:
        return self.login.lower()

    async def read(
        self, name: ListName, query: ListQuery, owner_id: str | None = None, first: Json | None = None
    ) -> list[Json]:
        """Return the nodes of a list, and note it if it ended before GitHub's total."""
        owner_id = owner_id or self.team_id
        tolerated = self.short_lists.tolerated(name, owner_id)
        listing = await read_list(self.github, query, first=first, tolerated=tolerated)
        if reason := self.short_lists.note(name, owner_id, listing.shortfall, self.now):
            self.problems.append(reason if owner_id == self.team_id else f"{reason} in {query.subject}")
        return list(listing.nodes.values())

    async def read_team(self, team: Json) -> list[Row]:
        """Return the rows of the members of a team; of one that was deleted meanwhile those that came with it."""
        subject = f"members of team {team['slug']}"
        query = ListQuery(MORE_TEAM_MEMBERS, {"id": team["id"]}, subject, "members", _find_team)
        try:
            nodes = await self.read(ListName.TEAM_MEMBERS, query, team["id"], team["members"])
        except NotFound:
            nodes = []
        return [_team_member(node, team["id"], self.team_id) for node in nodes]


def _owner_query(document: Document, login: str, name: str) -> ListQuery:
    subject = f"{name} of {login}"

    def find(response: Response) -> Json:
        node = response.data.get("organization")
        if node is not None and node.get(name) is not None:
            return cast(Json, node)
        problem = response.problem_at("organization", name) or response.problem_at("organization")
        if problem is not None and problem.kind == "FORBIDDEN":
            raise problem.as_error(subject)
        raise NotFound(f"{login} is not an organisation that the token may see")

    return ListQuery(document, {"login": login}, subject, name, find)


def _find_team(response: Response) -> Json:
    node = response.data.get("node")
    if node is None or node.get("members") is None:
        raise NotFound("the team no longer exists")
    return cast(Json, node)


def _member(node: Json, team_id: str, now: datetime) -> Row:
    return {
        "team_id": team_id,
        "id": node["id"],
        "login": node["login"],
        "name": node["name"],
        "role": node["role"],
        "fetched_at": now,
        "database_id": node["databaseId"],
    }


def _team(node: Json, team_id: str, now: datetime) -> Row:
    return {
        "team_id": team_id,
        "id": node["id"],
        "slug": node["slug"],
        "name": node["name"],
        "members_count": node["members"]["totalCount"],
        "fetched_at": now,
    }


def _team_member(node: Json, organisation_team_id: str, team_id: str) -> Row:
    return {
        "team_id": team_id,
        "organisation_team_id": organisation_team_id,
        "account_id": node["id"],
        "login": node["login"],
        "role": node["role"],
    }


def store_membership(warehouse: Warehouse, team_id: str, found: Membership, now: datetime) -> None:
    """Store the members and teams, in place of those read before unless a list ended early."""
    team = {"team_id": team_id}
    seen = {row["id"]: Sighting(row["id"], row["database_id"], row["login"], "User") for row in found.members}
    parts = (
        (schema.team_members, found.members),
        (schema.organisation_teams, found.teams),
        (schema.organisation_team_members, found.team_members),
    )
    frames = [(table, schema.frame(table, rows)) for table, rows in parts]
    row = team | {"members_read_at": now, "members_error": _describe_problems(found)}
    commit(
        warehouse,
        *(Merge(table, frame) if found.problems else Replace(table, frame, team) for table, frame in frames),
        Merge(schema.teams, schema.frame(schema.teams, [row], row)),
        *record_sightings(warehouse, team_id, seen, now),
        *record_memberships(warehouse, team_id, frames[-1][1], now, is_complete=not found.problems),
    )


def _store_error(warehouse: Warehouse, team_id: str, reason: str) -> None:
    row = {"team_id": team_id, "members_error": reason}
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, [row], row)))
