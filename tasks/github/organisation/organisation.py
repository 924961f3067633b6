"""Whose repositories there are, and which of them are followed."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.github.api.client import GitHub
from tasks.github.api.document import PAGE, Variables
from tasks.github.api.errors import Garbled, GitHubError, NotFound
from tasks.github.api.organisation_queries import ONE_REPOSITORY, OWNER, REPOSITORIES
from tasks.github.api.response import Json, Response


@dataclass(frozen=True)
class Owner:
    """An organisation or a user. `kind` is the GraphQL type; `viewer` the login behind the token."""

    id: str
    login: str
    name: str | None
    kind: str
    viewer: str

    @property
    def team_id(self) -> str:
        return self.login.lower()

    @property
    def is_organisation(self) -> bool:
        """A user has no members."""
        return self.kind == "Organization"


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
    pushed_at: datetime | None
    pull_requests_count: int

    @property
    def is_followed_by_default(self) -> bool:
        """Archived ones and forks are followed only where a person names them."""
        return not self.is_archived and not self.is_fork


async def fetch_owner(github: GitHub, login: str) -> Owner:
    """The organisation or user of this login; NotFound where there is none."""
    answer = await github.execute(OWNER, {"login": login}, asked=login)
    node = answer.data.get("repositoryOwner")
    if node is None:
        raise _missing(answer, "repositoryOwner", f"{login}: no such organisation or user")
    return Owner(node["id"], node["login"], node.get("name"), node["__typename"], answer.data["viewer"]["login"])


async def fetch_repositories(github: GitHub, login: str, *, page: int = PAGE) -> AsyncIterator[list[Repository]]:
    """The repositories of an owner in pages as they come, the most recently pushed first."""
    after: str | None = None
    while True:
        variables: Variables = {"login": login, "first": page, "after": after}
        answer = await github.execute(REPOSITORIES, variables, asked=f"repositories of {login}")
        node = answer.data.get("repositoryOwner")
        if node is None:
            raise _missing(answer, "repositoryOwner", f"{login}: no such organisation or user")
        connection = node["repositories"]
        yield [parse_repository(repository) for repository in connection["nodes"] or () if repository is not None]
        info = connection["pageInfo"]
        if not info["hasNextPage"]:
            return
        if info["endCursor"] == after:
            raise Garbled("the next page has the same cursor as this one", asked=f"repositories of {login}")
        after = info["endCursor"]


async def fetch_repository(github: GitHub, owner: str, name: str) -> Repository:
    """One repository by its name, which may be an earlier name of it; NotFound where there is none."""
    full_name = f"{owner}/{name}"
    answer = await github.execute(ONE_REPOSITORY, {"owner": owner, "name": name}, asked=full_name)
    node = answer.data.get("repository")
    if node is None:
        raise _missing(answer, "repository", f"{full_name}: no such repository")
    return parse_repository(node)


def split_names(names: Sequence[str], owner: str) -> list[tuple[str, str]]:
    """`OWNER/NAME` or `NAME` as pairs; ValueError for a name that is neither or of another owner."""
    pairs = []
    for full_name in names:
        before, slash, name = full_name.strip().rpartition("/")
        if not name or "/" in before or (slash and before.lower() != owner.lower()):
            raise ValueError(f"{full_name!r} is not a repository of {owner}: write it as {owner}/NAME.")
        pairs.append((before or owner, name))
    return pairs


def parse_repository(node: Json) -> Repository:
    """A repository as the queries ask for it."""
    branch = node["defaultBranchRef"]
    return Repository(
        id=node["id"],
        full_name=node["nameWithOwner"],
        name=node["name"],
        is_archived=node["isArchived"],
        is_fork=node["isFork"],
        is_private=node["isPrivate"],
        default_branch=branch["name"] if branch else None,
        pushed_at=datetime.fromisoformat(node["pushedAt"]) if node["pushedAt"] else None,
        pull_requests_count=node["pullRequests"]["totalCount"],
    )


def _missing(answer: Response, path: str, words: str) -> GitHubError:
    problem = answer.problem_at(path)
    return problem.as_error(words) if problem is not None and problem.kind == "FORBIDDEN" else NotFound(words)
