"""What a scan lists of a repository, and what is to be fetched again."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.github.api.envelope import parse_iso_time
from tasks.github.api.response import Json
from warehouse.lists.shortfall import Shortfall

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ScannedPullRequest:
    """A pull request as a scan saw it."""

    id: str
    number: int
    created_at: datetime
    updated_at: datetime
    state: str


@dataclass(frozen=True)
class Refetch:
    """A pull request to fetch again although it may not have changed; its facts are the last known ones."""

    id: str
    number: int
    updated_at: datetime
    created_at: datetime | None = None
    state: str | None = None


@dataclass(frozen=True)
class Scan:
    """The pull requests of one repository in a window, the last updated first.

    `started_at` is GitHub's time: whatever was updated before it and falls in the window is in `pull_requests`. The
    open ones that no window reaches follow, if they were looked for.
    `full_name`, `is_archived` and `total` (all pull requests, of any age) are the repository's current ones.
    `shortfall` compares the list with GitHub's total if it was read to its end.
    """

    pull_requests: tuple[ScannedPullRequest, ...]
    full_name: str
    is_archived: bool
    total: int
    started_at: datetime
    shortfall: Shortfall | None = None


@dataclass(frozen=True)
class ProbedRepository:
    """A repository as of the probe. `newest_at` is the last update of any of its pull requests, None if it has none.

    `open_pull_requests` are those that are open, None if they were not asked for or do not fit in the probe.
    """

    full_name: str
    is_archived: bool
    total: int
    newest_at: datetime | None
    open_pull_requests: tuple[ScannedPullRequest, ...] | None = None

    def is_older_than(self, start: datetime) -> bool:
        """Return whether no pull request was updated since then; a list without its newest one does not tell."""
        return self.total == 0 if self.newest_at is None else self.newest_at < start

    def as_scan(self, started_at: datetime) -> Scan:
        """Return what a scan would find if nothing moved: the open ones that no window reaches."""
        return Scan(self.open_pull_requests or (), self.full_name, self.is_archived, self.total, started_at)


def parse_scanned(node: Json) -> ScannedPullRequest | None:
    """Parse a pull request as the scans request it; None if its updatedAt is not a timestamp.

    Then the list lacks it, and is short of GitHub's total: one pull request does not decide for the others. Without a
    createdAt that can be, as imported ones may have it, it is as old as any.
    """
    updated_at = parse_iso_time(node["updatedAt"])
    if updated_at is None:
        return None
    created_at = parse_iso_time(node["createdAt"]) or min(LONG_AGO, updated_at)
    return ScannedPullRequest(node["id"], node["number"], created_at, updated_at, node["state"])
