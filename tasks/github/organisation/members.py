"""Read the members and teams of an organisation, with their roles, from GitHub and store them.

A token without `read:org` may not see them: then `teams.members_error` says so, the rows read before stay, and the
sync does not fail.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from tasks.github.api.client import GitHub
from tasks.github.api.document import PAGE, Document, Variables
from tasks.github.api.errors import Forbidden, Garbled, GitHubError, NotFound, ScopeMissing
from tasks.github.api.organisation_queries import MEMBERS, MORE_TEAM_MEMBERS, TEAMS
from tasks.github.api.response import Json, Row
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.identity.sightings import Sighting, record_sightings
from warehouse.store import Merge, Replace, commit

NEEDED_ACCESS = (
    "The token may not see the members: give it the scope read:org, or a fine-grained token read access to members."
)


@dataclass(frozen=True)
class Membership:
    """Rows of team_members, organisation_teams and organisation_team_members."""

    members: list[Row]
    teams: list[Row]
    team_members: list[Row]


@dataclass(frozen=True)
class MembersSummary:
    """How much was read. `error` says why nothing could be read."""

    members_count: int
    teams_count: int
    error: str | None = None


async def sync_members(github: GitHub, warehouse: Warehouse, login: str, now: datetime) -> MembersSummary:
    """Read the members and teams of an organisation and store them. A refusal of GitHub is stored, not raised."""
    team_id = login.lower()
    try:
        found = await fetch_membership(github, login, now)
    except GitHubError as error:
        reason = NEEDED_ACCESS if isinstance(error, ScopeMissing | Forbidden) else f"{error}. {error.hint}"
        await asyncio.to_thread(_store_error, warehouse, team_id, reason)
        return MembersSummary(0, 0, reason)
    await asyncio.to_thread(store_membership, warehouse, team_id, found, now)
    return MembersSummary(len(found.members), len(found.teams))


async def fetch_membership(github: GitHub, login: str, now: datetime) -> Membership:
    """Fetch all members and teams.

    Raises Forbidden or ScopeMissing if the token may not see them, NotFound for a user.
    """
    team_id = login.lower()
    members = [
        {
            "team_id": team_id,
            "id": edge["node"]["id"],
            "login": edge["node"]["login"],
            "name": edge["node"]["name"],
            "role": edge["role"],
            "fetched_at": now,
            "database_id": edge["node"]["databaseId"],
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
                    "account_id": edge["node"]["id"],
                    "login": edge["node"]["login"],
                    "role": edge["role"],
                }
        info = page["pageInfo"]
        if not info["hasNextPage"]:
            return
        variables: Variables = {"id": node["id"], "first": PAGE, "after": info["endCursor"]}
        response = await github.execute(MORE_TEAM_MEMBERS, variables, subject=f"members of team {node['slug']}")
        found = response.data.get("node")
        if found is None:
            return  # deleted meanwhile
        page = _check_cursor(info, found["members"], f"members of team {node['slug']}")


async def _pages(github: GitHub, document: Document, login: str, field: str) -> AsyncIterator[Json]:
    after: str | None = None
    info: Json = {"endCursor": None}
    subject = f"{field} of {login}"
    while True:
        response = await github.execute(document, {"login": login, "first": PAGE, "after": after}, subject=subject)
        node = response.data.get("organization")
        page = (node or {}).get(field)
        if page is None:
            problem = response.problem_at("organization", field) or response.problem_at("organization")
            if problem is not None and problem.kind == "FORBIDDEN":
                raise problem.as_error(subject)
            raise NotFound(f"{login} is not an organisation that the token may see")
        page = _check_cursor(info, page, subject)
        yield page
        info = page["pageInfo"]
        if not info["hasNextPage"]:
            return
        after = info["endCursor"]


def _check_cursor(before: Json, page: Json, subject: str) -> Json:
    """Return the next page. Raises Garbled if it ends where the one before did."""
    info = page["pageInfo"]
    if info["hasNextPage"] and info["endCursor"] == before["endCursor"]:
        raise Garbled("the next page has the same cursor as this one", subject=subject)
    return page


def store_membership(warehouse: Warehouse, team_id: str, found: Membership, now: datetime) -> None:
    """Store the members and teams, in place of those read before."""
    team = {"team_id": team_id}
    seen = {row["id"]: Sighting(row["id"], row["database_id"], row["login"], "User") for row in found.members}
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
        *record_sightings(warehouse, team_id, seen, now),
    )


def _store_error(warehouse: Warehouse, team_id: str, reason: str) -> None:
    row = {"team_id": team_id, "members_error": reason}
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, [row], row)))
