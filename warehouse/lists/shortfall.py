"""One list of GitHub's that ended before its own total: how much is missing, and for how many days."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

MAX_DAYS = 3


class ListName(StrEnum):
    """The lists of a team, of a repository and of a team within the organisation."""

    REPOSITORIES = "repositories"
    MEMBERS = "members"
    TEAMS = "teams"
    TEAM_MEMBERS = "team members"
    PULL_REQUESTS = "pull requests"
    OPEN_PULL_REQUESTS = "open pull requests"
    RELEASES = "releases"
    DEPLOYMENTS = "deployments"


OWNERS_LISTS = (ListName.REPOSITORIES, ListName.MEMBERS, ListName.TEAMS, ListName.TEAM_MEMBERS)
"""The lists that a discovery reads."""


@dataclass(frozen=True)
class Shortfall:
    """A list of which GitHub says that it has `said` items, and of which it gave `given`."""

    said: int
    given: int

    @property
    def missing(self) -> int:
        return max(0, self.said - self.given)

    def describe(self, words: str) -> str:
        return f"{words}: {self.given:,} of {self.said:,}"


@dataclass(frozen=True)
class ShortList:
    """A list that was short: on how many days (UTC), the last time `noted_at`."""

    shortfall: Shortfall
    days: int
    noted_at: datetime

    @property
    def is_settled(self) -> bool:
        """Whether it was asked for on so many days that it stays as it is."""
        return self.days >= MAX_DAYS

    def see_again(self, shortfall: Shortfall, now: datetime) -> "ShortList":
        """Return it after another reading; if more is missing than before, the days are counted anew."""
        if shortfall.missing > self.shortfall.missing:
            return ShortList(shortfall, 1, now)
        return replace(self, shortfall=shortfall, days=self.days + (now.date() > self.noted_at.date()), noted_at=now)
