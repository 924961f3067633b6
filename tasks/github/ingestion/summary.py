"""What a sync did, in numbers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tasks.github.api.client import GitHub
from tasks.github.ingestion.repository_sync import RepositorySync


@dataclass(frozen=True)
class SyncSummary:
    """What a sync did. `prs_done` of `prs_total` are in the warehouse; `problems` maps repositories to reasons."""

    prs_total: int
    prs_done: int
    prs_failed: int
    repositories_count: int
    problems: Mapping[str, str]
    points: int
    requests: int

    @property
    def is_partial(self) -> bool:
        return bool(self.problems)


def summarise(github: GitHub, standings: Collection[RepositorySync]) -> SyncSummary:
    """Of the repositories as they stand when it is over."""
    return SyncSummary(
        prs_total=sum(standing.total for standing in standings),
        prs_done=sum(standing.done for standing in standings),
        prs_failed=sum(len(standing.failed) for standing in standings),
        repositories_count=len(standings),
        problems={standing.full_name: problem for standing in standings if (problem := standing.problem)},
        points=github.points_spent,
        requests=github.requests,
    )
