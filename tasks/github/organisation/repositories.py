"""Fetch the repositories of an owner from GitHub."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from tasks.github.api.client import GitHub
from tasks.github.api.envelope import parse_iso_time
from tasks.github.api.listing import MAX_READS, MIN_PAGE_SIZE, Listing, ListQuery, read_pages
from tasks.github.api.queries.document import PAGE
from tasks.github.api.queries.organisation import ONE_REPOSITORY, REPOSITORIES
from tasks.github.api.response import Json, Response
from warehouse.errors import PrflowError


class NotARepository(PrflowError, ValueError):
    """A name that does not belong to the owner; the message names both."""


@dataclass(frozen=True)
class Repository:
    """A repository as GitHub lists it. `pull_requests_count` counts all states."""

    id: str
    full_name: str
    name: str
    is_archived: bool
    is_fork: bool
    is_private: bool
    default_branch: str | None
    created_at: datetime | None
    pushed_at: datetime | None
    pull_requests_count: int

    @property
    def is_followed_by_default(self) -> bool:
        """Whether it is followed unless a person decides otherwise: archived repositories and forks are not."""
        return not self.is_archived and not self.is_fork


async def fetch_repositories(
    github: GitHub, login: str, *, page_size: int = PAGE, listing: Listing | None = None, tolerated: int = 0
) -> AsyncIterator[list[Repository]]:
    """Fetch the repositories of an owner page by page, the most recently pushed first.

    A list that ends more than `tolerated` before GitHub's total is read again, so that some come twice; `listing` then
    tells what is missing still.
    """
    listing = listing or Listing()

    def find(response: Response) -> Json:
        node = response.data.get("repositoryOwner")
        if node is None:
            raise response.as_missing("repositoryOwner", f"{login}: no such organisation or user")
        return cast(Json, node)

    subject, smallest = f"repositories of {login}", min(page_size, MIN_PAGE_SIZE)
    query = ListQuery(REPOSITORIES, {"login": login}, subject, "repositories", find, page_size, smallest)
    for _ in range(MAX_READS):
        async for holder in read_pages(github, query):
            yield [parse_repository(node) for node in listing.add(holder["repositories"])]
        if listing.shortfall.missing <= tolerated:
            return


async def fetch_own_repository(github: GitHub, owner: str, login: str, name: str, known: Collection[str]) -> Repository:
    """Fetch a repository of an owner. Raises NotFound, and NotARepository for one that belongs to another owner now.

    GitHub answers the name of a repository that went to another owner with what it is there. It is another team's then,
    unless it is among the `known` ids of this one, which goes on with it.
    """
    found = await fetch_repository(github, login, name)
    now = found.full_name.partition("/")[0]
    if now.lower() != owner.lower() and found.id not in known:
        raise NotARepository(
            f"{login}/{name} is not {owner}'s any more: it is {found.full_name} now.",
            f"Follow it there: prflow onboard {found.full_name}",
        )
    return found


async def fetch_repository(github: GitHub, owner: str, name: str) -> Repository:
    """Fetch a repository by its current name or an earlier one. Raises NotFound if there is none."""
    full_name = f"{owner}/{name}"
    response = await github.execute(ONE_REPOSITORY, {"owner": owner, "name": name}, subject=full_name)
    node = response.data.get("repository")
    if node is None:
        raise response.as_missing("repository", f"{full_name}: no such repository")
    return parse_repository(node)


def split_names(names: Sequence[str], owner: str) -> list[tuple[str, str]]:
    """Split `OWNER/NAME` or `NAME` into pairs. Raises NotARepository for any other name or another owner."""
    pairs = []
    for full_name in names:
        before, slash, name = full_name.strip().rpartition("/")
        if not name or "/" in before or (slash and before.lower() != owner.lower()):
            raise NotARepository(f"{full_name!r} is not a repository of {owner}.", f"Write it as {owner}/NAME.")
        pairs.append((before or owner, name))
    return pairs


def parse_repository(node: Json) -> Repository:
    """Parse a repository as the queries request it."""
    branch = node["defaultBranchRef"]
    return Repository(
        id=node["id"],
        full_name=node["nameWithOwner"],
        name=node["name"],
        is_archived=node["isArchived"],
        is_fork=node["isFork"],
        is_private=node["isPrivate"],
        default_branch=branch["name"] if branch else None,
        created_at=parse_iso_time(node["createdAt"]),
        pushed_at=parse_iso_time(node["pushedAt"]),
        pull_requests_count=node["pullRequests"]["totalCount"],
    )
