"""Which pull requests of a repository are to be there: the light walks before the fetch.

A walk in the order of UPDATED_AT loses what is touched while it runs: a touched pull request moves from a
page that is still to be read to one that has been read. So the head is read again, down to where the walk
before began, until a walk fits on one page (which GitHub answers as of one moment) or two in a row show
nothing new (one could miss what is touched twice within the second at which it ends).
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from tasks.github.api.backoff import ATTEMPTS
from tasks.github.api.client import GitHub
from tasks.github.api.document import PAGE, Document, Variables
from tasks.github.api.errors import Garbled, NotFound, TooHeavy
from tasks.github.api.queries import SCAN, SCAN_OPEN
from tasks.github.api.response import Json, Response
from warehouse.windows import Window

QUIET_WALKS = 2
# Pages that GitHub finds too heavy are halved down to this: five fields a pull request are not heavy.
SMALLEST_PAGE = 10


@dataclass(frozen=True)
class Found:
    """A pull request as a scan saw it."""

    id: str
    number: int
    created_at: datetime
    updated_at: datetime
    state: str


@dataclass(frozen=True)
class Scan:
    """The pull requests of one repository in a window, the last updated first.

    `started_at` is GitHub's time: whatever was updated before it and falls in the window is in `found`. Behind those
    stand the open ones that no window reaches, where they were looked for.
    `full_name`, `is_archived` and `total` (all pull requests, of any age) are the repository's as of now.
    """

    found: tuple[Found, ...]
    full_name: str
    is_archived: bool
    total: int
    started_at: datetime


@dataclass
class _Walk:
    """What one walk from the head down has seen."""

    pages: int = 0
    head_at: datetime | None = None
    is_new: bool = False
    repository: Json = field(default_factory=dict)


async def scan_repository(
    github: GitHub, repository_id: str, full_name: str, window: Window, *, page: int = PAGE
) -> Scan:
    """Every pull request of the repository that was updated in `window`.

    Asked by node id, so a renamed repository is found. Raises NotFound where it is gone.
    """
    began_at = github.clock()
    seen: dict[str, Found] = {}
    walk = await _walk(github, repository_id, full_name, window.start, page, seen)
    started_at = github.at(began_at)  # only now is it known by how much GitHub's clock differs
    repository = walk.repository
    quiet = 0
    while walk.pages > 1 and quiet < QUIET_WALKS and walk.head_at is not None:
        walk = await _walk(github, repository_id, full_name, walk.head_at, page, seen)
        quiet = 0 if walk.is_new else quiet + 1
    return Scan(
        found=_newest_first(found for found in seen.values() if found.updated_at in window),
        full_name=str(repository["nameWithOwner"]),
        is_archived=bool(repository["isArchived"]),
        total=int(repository["pullRequests"]["totalCount"]),
        started_at=started_at,
    )


async def scan_forgotten(
    github: GitHub, repository_id: str, full_name: str, before: datetime, *, page: int = PAGE
) -> tuple[Found, ...]:
    """Open pull requests that were last updated before then, which no window finds; the last updated first.

    Touching a pull request does not move it in the order of CREATED_AT, but closing it takes it out, and others move
    up. So a walk of several pages is made again until it shows nothing new.
    """
    seen: dict[str, Found] = {}
    pages, is_new = 2, True
    while pages > 1 and is_new:
        pages, is_new = 0, False
        async for repository in _pages(github, SCAN_OPEN, repository_id, full_name, page):
            pages += 1
            for found in _parse_page(repository):
                is_new |= _keep(found, seen)
    return _newest_first(found for found in seen.values() if found.updated_at < before)


async def _walk(
    github: GitHub, repository_id: str, full_name: str, down_to: datetime, page: int, seen: dict[str, Found]
) -> _Walk:
    """Read from the head until something older than `down_to`; what is found goes into `seen`."""
    walk = _Walk()
    async for repository in _pages(github, SCAN, repository_id, full_name, page):
        walk.pages += 1
        walk.repository = repository
        for found in _parse_page(repository):
            walk.head_at = walk.head_at or found.updated_at
            if found.updated_at < down_to:
                return walk
            walk.is_new |= _keep(found, seen)
    return walk


def _keep(found: Found, seen: dict[str, Found]) -> bool:
    """Remember the newest sight of a pull request; True where this one is new."""
    before = seen.get(found.id)
    if before is not None and before.updated_at >= found.updated_at:
        return False
    seen[found.id] = found
    return True


def _newest_first(found: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(sorted(found, key=lambda each: (each.updated_at, each.id), reverse=True))


async def _pages(
    github: GitHub, document: Document, repository_id: str, full_name: str, page: int
) -> AsyncIterator[Json]:
    """The repository with one page of its pull requests after the other; a page that is too heavy is halved."""
    after: str | None = None
    while True:
        variables: Variables = {"id": repository_id, "first": page, "after": after}
        try:
            answer = await github.execute(
                document, variables, asked=f"scan of {full_name}", attempts=2 if page > SMALLEST_PAGE else ATTEMPTS
            )
        except TooHeavy:
            if page <= SMALLEST_PAGE:
                raise
            page = max(SMALLEST_PAGE, page // 2)
            await github.back_off(1)
            continue
        repository = _repository(answer, full_name)
        yield repository
        info = repository["pullRequests"]["pageInfo"]
        if not info["hasNextPage"]:
            return
        if info["endCursor"] == after:
            raise Garbled("the next page has the same cursor as this one", asked=f"scan of {full_name}")
        after = info["endCursor"]


def _repository(answer: Response, full_name: str) -> Json:
    node = answer.data.get("node")
    if node is not None and node.get("pullRequests") is not None:
        return cast(Json, node)
    problem = answer.problem_at("node") or answer.problem_at("node", "pullRequests")
    if problem is not None and problem.kind == "FORBIDDEN":
        raise problem.as_error(f"scan of {full_name}")
    raise NotFound(f"{full_name} is not there any more, or the token may not see it")


def _parse_page(repository: Json) -> Iterator[Found]:
    for node in repository["pullRequests"]["nodes"] or ():
        if node is not None:
            yield Found(
                id=node["id"],
                number=node["number"],
                created_at=datetime.fromisoformat(node["createdAt"]),
                updated_at=datetime.fromisoformat(node["updatedAt"]),
                state=node["state"],
            )


async def check_repository(github: GitHub, repository_id: str, full_name: str) -> None:
    """Raises NotFound or Forbidden where the repository is not there any more for this token."""
    answer = await github.execute(SCAN, {"id": repository_id, "first": 1, "after": None}, asked=f"scan of {full_name}")
    _repository(answer, full_name)
