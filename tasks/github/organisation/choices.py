"""Fetch the owners that a person may choose from: those that the token sees."""

from dataclasses import dataclass
from typing import cast

from tasks.github.api.client import GitHub
from tasks.github.api.errors import NotFound
from tasks.github.api.listing import Listing, ListQuery, read_pages
from tasks.github.api.queries.organisation import VIEWER_ORGANISATIONS
from tasks.github.api.response import Json, Response


@dataclass(frozen=True)
class OwnerChoice:
    """An organisation, or the user of the token."""

    login: str
    name: str | None
    is_organisation: bool
    repositories_count: int


async def fetch_owner_choices(github: GitHub) -> list[OwnerChoice]:
    """Fetch the organisations of the token's user by login, then the user. Raises GitHubError.

    A fine-grained token sees only those that it was made for; organisations that hide themselves from the token, as
    those with single sign-on do, are left out.
    """
    query = ListQuery(VIEWER_ORGANISATIONS, {}, "organisations of the token's user", "organizations", _find_viewer)
    listing, viewer = Listing(), Json()
    async for viewer in read_pages(github, query):
        listing.add(viewer["organizations"])
    organisations = [_choice(node, is_organisation=True) for node in listing.nodes.values()]
    organisations.sort(key=lambda each: each.login.lower())
    return [*organisations, _choice(viewer, is_organisation=False)]


def _find_viewer(response: Response) -> Json:
    node = response.data.get("viewer")
    if node is None:
        raise NotFound("GitHub does not say who the token's user is")
    return cast(Json, node)


def _choice(node: Json, *, is_organisation: bool) -> OwnerChoice:
    return OwnerChoice(node["login"], node["name"], is_organisation, node["repositories"]["totalCount"])
