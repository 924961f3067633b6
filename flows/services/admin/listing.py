"""The repositories of the owner that is set up, read in the background: pages show them as they come."""

import asyncio
from datetime import datetime

from dashboard.reading.admin import ListedRepository, Problem, RepositoryList
from flows.services.admin.access import TokenStore
from flows.services.admin.words import explain
from tasks.github.api.listing import Listing
from tasks.github.organisation.repositories import Repository, fetch_repositories
from warehouse.errors import PrflowError

# Small enough for the first rows to come at once, large enough for a thousand repositories in 20 requests.
PAGE_SIZE = 50


class RepositoryReading:
    """One list at a time, of one owner; it stays until another owner is chosen, or a person asks again."""

    def __init__(self, tokens: TokenStore) -> None:
        self._tokens = tokens
        self._task: asyncio.Task[None] | None = None
        self._login = ""
        self._found: dict[str, Repository] = {}
        self._listing = Listing()
        self._waiting_until: datetime | None = None
        self._problem: Problem | None = None
        self.is_done = False

    def begin(self, login: str) -> None:
        """Read the list of this owner, unless it has been read, or is being read."""
        if login.lower() != self._login.lower():
            self.again(login)

    def again(self, login: str) -> None:
        """Read the list from its beginning; what was read of another owner is forgotten."""
        self.cancel()
        self._login, self._found, self._listing = login, {}, Listing()
        self._waiting_until, self._problem, self.is_done = None, None, False
        self._task = asyncio.create_task(self._read(login))

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task, self._login = None, ""

    @property
    def repositories(self) -> list[Repository]:
        """Return those read so far, the most recently pushed first."""
        return list(self._found.values())

    def show(self) -> RepositoryList:
        """Return what pages show of the list."""
        found = self.repositories
        return RepositoryList(
            rows=[_row(each) for each in found if each.is_followed_by_default],
            seen_count=len(found),
            total_count=self._listing.total or None,
            archived_count=sum(each.is_archived for each in found),
            forks_count=sum(each.is_fork and not each.is_archived for each in found),
            is_done=self.is_done,
            waiting_until=self._waiting_until,
            problem=self._problem,
        )

    async def _read(self, login: str) -> None:
        try:
            async with self._tokens.open_github(login, self._note_wait) as github:
                async for page in fetch_repositories(github, login, page_size=PAGE_SIZE, listing=self._listing):
                    self._found |= {each.id: each for each in page}
        except PrflowError as error:
            self._problem = explain(error)
        else:
            self.is_done = True

    async def _note_wait(self, until: datetime | None) -> None:
        self._waiting_until = until


def _row(repository: Repository) -> ListedRepository:
    return ListedRepository(
        full_name=repository.full_name,
        is_private=repository.is_private,
        pushed_at=repository.pushed_at,
        pull_requests_count=repository.pull_requests_count,
    )
