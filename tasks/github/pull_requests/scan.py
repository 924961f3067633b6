"""Scan a repository: list the pull requests of a window, before they are fetched.

A walk in the order of UPDATED_AT loses what is touched while it runs: a touched pull request moves from a page that is
still to be read to one that has been read. So the head is read again, down to where the previous walk began, until a
walk fits on one page (which GitHub reads at one point in time) or two in a row show nothing new (one could miss what is
touched twice within the second at which it ends).
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from tasks.github.api.backoff import ATTEMPTS
from tasks.github.api.client import GitHub
from tasks.github.api.document import PAGE, Document, Variables
from tasks.github.api.envelope import parse_iso_time
from tasks.github.api.errors import Garbled, NotFound, TooHeavy
from tasks.github.api.queries import SCAN, SCAN_OPEN
from tasks.github.api.response import Json, Response
from tasks.github.pull_requests.scanned import Scan, ScannedPullRequest
from warehouse.windows import Window

QUIET_WALKS = 2
# Pages that are too heavy for GitHub are halved down to this: five fields per pull request are not heavy.
MIN_PAGE_SIZE = 10


@dataclass
class _Walk:
    """What one walk from the head down has seen."""

    pages: int = 0
    head_at: datetime | None = None
    is_new: bool = False
    repository: Json = field(default_factory=dict)


async def scan_repository(
    github: GitHub, repository_id: str, full_name: str, window: Window, *, page_size: int = PAGE
) -> Scan:
    """Return every pull request of the repository that was updated in `window`.

    The repository is queried by node id, so a renamed one is found. Raises NotFound if it no longer exists.
    """
    began_at = github.clock()
    seen: dict[str, ScannedPullRequest] = {}
    walk = await _walk(github, repository_id, full_name, window.start, page_size, seen)
    started_at = github.at(began_at)  # only now is the difference of GitHub's clock known
    repository = walk.repository
    quiet = 0
    while walk.pages > 1 and quiet < QUIET_WALKS and walk.head_at is not None:
        walk = await _walk(github, repository_id, full_name, walk.head_at, page_size, seen)
        quiet = 0 if walk.is_new else quiet + 1
    return Scan(
        pull_requests=_newest_first(item for item in seen.values() if item.updated_at in window),
        full_name=str(repository["nameWithOwner"]),
        is_archived=bool(repository["isArchived"]),
        total=int(repository["pullRequests"]["totalCount"]),
        started_at=started_at,
    )


async def scan_forgotten(
    github: GitHub, repository_id: str, full_name: str, before: datetime, *, page_size: int = PAGE
) -> tuple[ScannedPullRequest, ...]:
    """Return the open pull requests last updated before then, which no window finds; the last updated first.

    Touching a pull request does not move it in the order of CREATED_AT, but closing it takes it out, and others move
    up. So a walk of several pages is repeated until it shows nothing new.
    """
    seen: dict[str, ScannedPullRequest] = {}
    pages, is_new = 2, True
    while pages > 1 and is_new:
        pages, is_new = 0, False
        async for repository in _pages(github, SCAN_OPEN, repository_id, full_name, page_size):
            pages += 1
            for item in _parse_page(repository):
                is_new |= _keep(item, seen)
    return _newest_first(item for item in seen.values() if item.updated_at < before)


async def _walk(
    github: GitHub,
    repository_id: str,
    full_name: str,
    down_to: datetime,
    page_size: int,
    seen: dict[str, ScannedPullRequest],
) -> _Walk:
    """Read from the head until something older than `down_to`, and collect it in `seen`."""
    walk = _Walk()
    async for repository in _pages(github, SCAN, repository_id, full_name, page_size):
        walk.pages += 1
        walk.repository = repository
        for item in _parse_page(repository):
            walk.head_at = walk.head_at or item.updated_at
            if item.updated_at < down_to:
                return walk
            walk.is_new |= _keep(item, seen)
    return walk


def _keep(item: ScannedPullRequest, seen: dict[str, ScannedPullRequest]) -> bool:
    """Keep the newest version of a pull request; return whether this one is new."""
    before = seen.get(item.id)
    if before is not None and before.updated_at >= item.updated_at:
        return False
    seen[item.id] = item
    return True


def _newest_first(items: Iterable[ScannedPullRequest]) -> tuple[ScannedPullRequest, ...]:
    return tuple(sorted(items, key=lambda each: (each.updated_at, each.id), reverse=True))


async def _pages(
    github: GitHub, document: Document, repository_id: str, full_name: str, page_size: int
) -> AsyncIterator[Json]:
    """Read the repository with one page of its pull requests after the other; halve a page that is too heavy."""
    after: str | None = None
    while True:
        variables: Variables = {"id": repository_id, "first": page_size, "after": after}
        try:
            response = await github.execute(
                document,
                variables,
                subject=f"scan of {full_name}",
                attempts=2 if page_size > MIN_PAGE_SIZE else ATTEMPTS,
            )
        except TooHeavy:
            if page_size <= MIN_PAGE_SIZE:
                raise
            page_size = max(MIN_PAGE_SIZE, page_size // 2)
            await github.back_off(1)
            continue
        repository = _repository(response, full_name)
        yield repository
        info = repository["pullRequests"]["pageInfo"]
        if not info["hasNextPage"]:
            return
        if info["endCursor"] == after:
            raise Garbled("the next page has the same cursor as this one", subject=f"scan of {full_name}")
        after = info["endCursor"]


def _repository(response: Response, full_name: str) -> Json:
    node = response.data.get("node")
    if node is not None and node.get("pullRequests") is not None:
        return cast(Json, node)
    problem = response.problem_at("node") or response.problem_at("node", "pullRequests")
    if problem is not None and problem.kind == "FORBIDDEN":
        raise problem.as_error(f"scan of {full_name}")
    raise NotFound(f"{full_name} no longer exists, or the token may not see it")


def _parse_page(repository: Json) -> Iterator[ScannedPullRequest]:
    for node in repository["pullRequests"]["nodes"] or ():
        if node is not None:
            yield ScannedPullRequest(
                id=node["id"],
                number=node["number"],
                created_at=_read_time(node, "createdAt"),
                updated_at=_read_time(node, "updatedAt"),
                state=node["state"],
            )


def _read_time(node: Json, name: str) -> datetime:
    timestamp = parse_iso_time(node[name])
    if timestamp is None:
        raise Garbled(f"the {name} of #{node['number']} is not a timestamp")
    return timestamp


async def check_repository(github: GitHub, repository_id: str, full_name: str) -> None:
    """Raise NotFound or Forbidden if the repository no longer exists for this token."""
    response = await github.execute(
        SCAN, {"id": repository_id, "first": 1, "after": None}, subject=f"scan of {full_name}"
    )
    _repository(response, full_name)
