"""Facts made ready to be measured: what landed is merged, and some repositories at a time are in work."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import polars as pl

from warehouse.metrics.accounts.people import compute_accounts
from warehouse.metrics.facts import Facts, hand_on
from warehouse.metrics.life.shares import MAX_PULL_REQUESTS, split_by_repository
from warehouse.metrics.outcomes.endings import complete_lives
from warehouse.metrics.outcomes.landings import apply_landings, find_replacements


@dataclass(frozen=True)
class Common:
    """What is decided for all repositories at once: `compute_accounts` and `find_replacements`."""

    accounts: pl.DataFrame
    replacements: pl.DataFrame


@dataclass(frozen=True)
class Shares:
    """The facts of one team in shares of some repositories each, so that not all of them are in memory.

    `team` has what is not about pull requests, and may have the others. Each of `shares` has the same of the team, and
    the pull requests of its repositories with all that is theirs; `common` is None if there is only one of them.
    """

    team: Facts
    shares: Iterable[Facts]
    common: Common | None = None

    @classmethod
    def of(cls, facts: Facts) -> Self:
        """Take facts that are in memory."""
        return cls(facts, [facts])

    @property
    def accounts(self) -> pl.DataFrame:
        """All accounts, as `compute_accounts` returns them."""
        return self.common.accounts if self.common else compute_accounts(self.team)

    def prepare(self, max_pull_requests: int = MAX_PULL_REQUESTS) -> Iterator[Facts]:
        """Yield the shares ready to be measured, none of more pull requests than this but of one repository."""
        for share in self.shares:
            yield from prepare(share, self.common, max_pull_requests)


def prepare(facts: Facts, common: Common | None = None, max_pull_requests: int = MAX_PULL_REQUESTS) -> Iterator[Facts]:
    """Yield facts ready to be measured, in shares; without `common` they are all that there is."""
    lives = complete_lives(facts)
    if common:
        hand_on(find_replacements, lives, common.replacements)
    landed = apply_landings(lives)
    if common:
        hand_on(compute_accounts, landed, common.accounts)
    yield from split_by_repository(landed, max_pull_requests)
