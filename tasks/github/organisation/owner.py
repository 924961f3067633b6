"""Fetch an owner from GitHub."""

from dataclasses import dataclass

from tasks.github.api.client import GitHub
from tasks.github.api.queries.organisation import OWNER, OWNER_BY_ID
from tasks.github.api.response import Json, Response


@dataclass(frozen=True)
class Owner:
    """An organisation or a user. `kind` is the GraphQL type; `viewer` is the login of the token's user."""

    id: str
    login: str
    name: str | None
    kind: str
    viewer: str
    database_id: int | None = None

    @property
    def team_id(self) -> str:
        return self.login.lower()

    @property
    def is_organisation(self) -> bool:
        """Whether it has members and teams; a user has none."""
        return self.kind == "Organization"


async def fetch_owner(github: GitHub, login: str) -> Owner:
    """Fetch the organisation or user of this login. Raises NotFound if there is none."""
    response = await github.execute(OWNER, {"login": login}, subject=login)
    node = response.data.get("repositoryOwner")
    if node is None:
        raise response.as_missing("repositoryOwner", f"{login}: no such organisation or user")
    return _parse_owner(node, response)


async def fetch_owner_by_id(github: GitHub, owner_id: str, login: str) -> Owner:
    """Fetch the organisation or user of this node id, whatever its login is today; `login` is for the message.

    Raises NotFound if it no longer exists.
    """
    response = await github.execute(OWNER_BY_ID, {"id": owner_id}, subject=login)
    node = response.data.get("node")
    if node is None or "login" not in node:
        raise response.as_missing("node", f"{login}: the organisation or user no longer exists")
    return _parse_owner(node, response)


def _parse_owner(node: Json, response: Response) -> Owner:
    viewer = response.data["viewer"]["login"]
    return Owner(node["id"], node["login"], node.get("name"), node["__typename"], viewer, node.get("databaseId"))
