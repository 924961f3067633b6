"""Scan a repository: list the pull requests of a window, before they are fetched.

A walk in the order of UPDATED_AT loses what is touched while it runs: a touched pull request moves from a page that is
still to be read to one that has been read. So the head is read again, down to where the previous walk began, until a
walk fits on one page (which GitHub reads at one point in time) or two in a row show nothing new (one could miss what is
touched twice within the second at which it ends).

A walk that reaches the end of the list is held against GitHub's total; one that is short is repeated, too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from tasks.github.api.client import GitHub
from tasks.github.api.errors import NotFound
from tasks.github.api.listing import MAX_READS, MIN_PAGE_SIZE, ListQuery, read_pages
from tasks.github.api.queries.document import PAGE, Document
from tasks.github.api.queries.pull_requests import SCAN, SCAN_OPEN
from tasks.github.api.response import Json, Response
from tasks.github.pull_requests.scanned import Scan, ScannedPullRequest, parse_scanned
from warehouse.lists.shortfall import Shortfall
from warehouse.windows import Window

QUIET_WALKS = 2


@dataclass
class _Walk:
    """What one walk from the head down has seen. `is_whole` says that it reached the end of the list."""

    pages: int = 0
    head_at: datetime | None = None
    is_new: bool = False
    is_whole: bool = False
    repository: Json = field(default_factory=dict)

    @property
    def total(self) -> int:
        return int(self.repository["pullRequests"]["totalCount"])


async def scan_repository(
    github: GitHub, repository_id: str, full_name: str, window: Window, *, page_size: int = PAGE, tolerated: int = 0
) -> Scan:
    """Return every pull request of the repository that was updated in `window`.

    The repository is queried by node id, so a renamed one is found. A list that ends `tolerated` or fewer before
    GitHub's total is not read again for that. Raises NotFound if the repository no longer exists.
    """
    began_at = github.clock()
    seen: dict[str, ScannedPullRequest] = {}
    query = _query(SCAN, repository_id, full_name, page_size)
    walk = await _walk(github, query, window.start, seen)
    started_at = github.at(began_at)  # only now is the difference of GitHub's clock known
    quiet = 0
    while walk.pages > 1 and quiet < QUIET_WALKS and walk.head_at is not None:
        is_whole = walk.is_whole
        walk = await _walk(github, query, walk.head_at, seen)
        walk.is_whole |= is_whole
        quiet = 0 if walk.is_new else quiet + 1
    for _ in range(MAX_READS - 1):
        if not walk.is_whole or len(seen) >= walk.total - tolerated:
            break
        walk = await _walk(github, query, window.start, seen)
    return Scan(
        pull_requests=_newest_first(item for item in seen.values() if item.updated_at in window),
        full_name=str(walk.repository["nameWithOwner"]),
        is_archived=bool(walk.repository["isArchived"]),
        total=walk.total,
        started_at=started_at,
        shortfall=Shortfall(walk.total, len(seen)) if walk.is_whole else None,
    )


async def scan_forgotten(
    github: GitHub, repository_id: str, full_name: str, before: datetime, *, page_size: int = PAGE, tolerated: int = 0
) -> tuple[tuple[ScannedPullRequest, ...], Shortfall]:
    """Return the open pull requests last updated before then, which no window finds; the last updated first.

    With them comes what is missing of the list of all that are open. Touching a pull request does not move it in the
    order of CREATED_AT, but closing it takes it out, and others move up. So a walk of several pages is repeated until
    it shows nothing new, and one that ends before GitHub's total a few times.
    """
    seen: dict[str, ScannedPullRequest] = {}
    query = _query(SCAN_OPEN, repository_id, full_name, page_size)
    pages, is_new, total, reads = 2, True, 0, 0
    while (pages > 1 and is_new) or (len(seen) < total - tolerated and reads < MAX_READS):
        pages, is_new, reads = 0, False, reads + 1
        async for repository in read_pages(github, query):
            pages += 1
            total = repository["pullRequests"]["totalCount"]
            for item in _parse_page(repository):
                is_new |= _keep(item, seen)
    return _newest_first(item for item in seen.values() if item.updated_at < before), Shortfall(total, len(seen))


def _query(document: Document, repository_id: str, full_name: str, page_size: int) -> ListQuery:
    return ListQuery(
        document,
        {"id": repository_id},
        f"scan of {full_name}",
        "pullRequests",
        lambda response: _repository(response, full_name),
        page_size,
        min(page_size, MIN_PAGE_SIZE),
    )


async def _walk(github: GitHub, query: ListQuery, down_to: datetime, seen: dict[str, ScannedPullRequest]) -> _Walk:
    """Read from the head until something older than `down_to`, and collect it in `seen`."""
    walk = _Walk()
    async for repository in read_pages(github, query):
        walk.pages += 1
        walk.repository = repository
        for item in _parse_page(repository):
            walk.head_at = walk.head_at or item.updated_at
            if item.updated_at < down_to:
                return walk
            walk.is_new |= _keep(item, seen)
    walk.is_whole = True
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


def _repository(response: Response, full_name: str) -> Json:
    node = response.data.get("node")
    if node is not None and node.get("pullRequests") is not None:
        return cast(Json, node)
    problem = response.problem_at("node") or response.problem_at("node", "pullRequests")
    if problem is not None and problem.kind == "FORBIDDEN":
        raise problem.as_error(f"scan of {full_name}")
    raise NotFound(f"{full_name} no longer exists, or the token may not see it")


def _parse_page(repository: Json) -> Iterator[ScannedPullRequest]:
    found = (parse_scanned(node) for node in repository["pullRequests"]["nodes"] or () if node is not None)
    return (each for each in found if each is not None)


async def check_repository(github: GitHub, repository_id: str, full_name: str) -> None:
    """Raise NotFound or Forbidden if the repository no longer exists for this token."""
    response = await github.execute(
        SCAN, {"id": repository_id, "first": 1, "after": None}, subject=f"scan of {full_name}"
    )
    _repository(response, full_name)
