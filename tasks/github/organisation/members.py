"""The members and teams of an organisation, with their roles, read from GitHub and written to the warehouse.

A token without `read:org` may not see them: that is said in words (`teams.members_error`), what was read before
stays, and no sync fails for it.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.github.api.client import GitHub
from tasks.github.api.document import PAGE, Document, Variables
from tasks.github.api.errors import Forbidden, Garbled, GitHubError, NotFound, ScopeMissing
from tasks.github.api.organisation_queries import MEMBERS, MORE_TEAM_MEMBERS, TEAMS
from tasks.github.api.response import Json
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Merge, Replace, commit

Row = dict[str, Any]
NEEDED = "The token may not see who belongs to it: give it the scope read:org, or for a fine-grained token read access "
NEEDED += "to members."


@dataclass(frozen=True)
class Membership:
    """Rows of team_members, organisation_teams and organisation_team_members."""

    members: list[Row]
    teams: list[Row]
    team_members: list[Row]


@dataclass(frozen=True)
class MembersSummary:
    """What was read. `error` says in words why nothing could be."""

    members_count: int
    teams_count: int
    error: str | None = None


async def sync_members(github: GitHub, warehouse: Warehouse, login: str, now: datetime) -> MembersSummary:
    """Read the members and teams of an organisation and store them; what GitHub refuses is said, not raised."""
    team_id = login.lower()
    try:
        found = await fetch_membership(github, login, now)
    except GitHubError as error:
        reason = NEEDED if isinstance(error, ScopeMissing | Forbidden) else f"{error}. {error.hint}"
        await asyncio.to_thread(_store_error, warehouse, team_id, reason)
        return MembersSummary(0, 0, reason)
    await asyncio.to_thread(store_membership, warehouse, team_id, found, now)
    return MembersSummary(len(found.members), len(found.teams))


async def fetch_membership(github: GitHub, login: str, now: datetime) -> Membership:
    """All members and teams. Raises Forbidden or ScopeMissing where the token may not see them, NotFound for a user."""
    team_id = login.lower()
    members = [
        {
            "team_id": team_id,
            "id": edge["node"]["id"],
            "login": edge["node"]["login"],
            "name": edge["node"]["name"],
            "role": edge["role"],
            "fetched_at": now,
        }
        async for page in _pages(github, MEMBERS, login, "membersWithRole")
        for edge in page["edges"] or ()
        if edge is not None and edge["node"] is not None
    ]
    teams: list[Row] = []
    team_members: list[Row] = []
    async for page in _pages(github, TEAMS, login, "teams"):
        for node in page["nodes"] or ():
            if node is not None:
                teams.append(_team(node, team_id, now))
                team_members += [row async for row in _team_members(github, node, team_id)]
    return Membership(members, teams, team_members)


def _team(node: Json, team_id: str, now: datetime) -> Row:
    return {
        "team_id": team_id,
        "id": node["id"],
        "slug": node["slug"],
        "name": node["name"],
        "members_count": node["members"]["totalCount"],
        "fetched_at": now,
    }


async def _team_members(github: GitHub, node: Json, team_id: str) -> AsyncIterator[Row]:
    page = node["members"]
    while True:
        for edge in page["edges"] or ():
            if edge is not None and edge["node"] is not None:
                yield {
                    "team_id": team_id,
                    "organisation_team_id": node["id"],
                    "login": edge["node"]["login"],
                    "role": edge["role"],
                }
        info = page["pageInfo"]
        if not info["hasNextPage"]:
            return
        variables: Variables = {"id": node["id"], "first": PAGE, "after": info["endCursor"]}
        answer = await github.execute(MORE_TEAM_MEMBERS, variables, asked=f"members of team {node['slug']}")
        found = answer.data.get("node")
        if found is None:
            return  # deleted meanwhile
        page = _further(info, found["members"], f"members of team {node['slug']}")


async def _pages(github: GitHub, document: Document, login: str, field: str) -> AsyncIterator[Json]:
    after: str | None = None
    info: Json = {"endCursor": None}
    asked = f"{field} of {login}"
    while True:
        answer = await github.execute(document, {"login": login, "first": PAGE, "after": after}, asked=asked)
        node = answer.data.get("organization")
        page = (node or {}).get(field)
        if page is None:
            problem = answer.problem_at("organization", field) or answer.problem_at("organization")
            if problem is not None and problem.kind == "FORBIDDEN":
                raise problem.as_error(asked)
            raise NotFound(f"{login} is no organisation that the token may see")
        page = _further(info, page, asked)
        yield page
        info = page["pageInfo"]
        if not info["hasNextPage"]:
            return
        after = info["endCursor"]


def _further(before: Json, page: Json, asked: str) -> Json:
    """The next page, unless it ends where the one before did."""
    info = page["pageInfo"]
    if info["hasNextPage"] and info["endCursor"] == before["endCursor"]:
        raise Garbled("the next page has the same cursor as this one", asked=asked)
    return page


def store_membership(warehouse: Warehouse, team_id: str, found: Membership, now: datetime) -> None:
    """Whoever has left is gone from the tables."""
    team = {"team_id": team_id}
    row = team | {"members_read_at": now, "members_error": None}
    commit(
        warehouse,
        Replace(schema.team_members, schema.frame(schema.team_members, found.members), team),
        Replace(schema.organisation_teams, schema.frame(schema.organisation_teams, found.teams), team),
        Replace(
            schema.organisation_team_members,
            schema.frame(schema.organisation_team_members, found.team_members),
            team,
        ),
        Merge(schema.teams, schema.frame(schema.teams, [row], row)),
    )


def _store_error(warehouse: Warehouse, team_id: str, reason: str) -> None:
    row = {"team_id": team_id, "members_error": reason}
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, [row], row)))
