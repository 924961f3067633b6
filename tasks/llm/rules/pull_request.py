"""Input of the analysis: one pull request. All text in it is untrusted."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ChangedFile:
    path: str
    additions: int = 0
    deletions: int = 0

    @property
    def lines(self) -> int:
        return self.additions + self.deletions


@dataclass(frozen=True)
class Commit:
    """One commit. `author_domain` is the part of the author's e-mail address after the @, None if it is not known."""

    headline: str
    author_login: str | None = None
    author_name: str | None = None
    trailers: tuple[str, ...] = ()
    author_domain: str | None = None


@dataclass(frozen=True)
class Reviewer:
    """An account that reviewed or commented; `kind` is its GraphQL type."""

    login: str
    kind: str | None = None


@dataclass(frozen=True)
class PullRequest:
    """One pull request as stored in the warehouse.

    `is_known_bot` is the author's `is_bot` in the people table, which a person may have set; None if the author is
    not in it. `additions` and `deletions` are GitHub's totals.
    """

    id: str
    title: str
    number: int = 0
    body: str = ""
    author_login: str = ""
    author_kind: str = "User"
    is_known_bot: bool | None = None
    head_ref: str = ""
    labels: tuple[str, ...] = ()
    additions: int = 0
    deletions: int = 0
    created_at: datetime | None = None
    files: tuple[ChangedFile, ...] = ()
    commits: tuple[Commit, ...] = ()
    reviewers: tuple[Reviewer, ...] = ()
