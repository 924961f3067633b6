"""The summary of a sync, in numbers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tasks.github.api.client import GitHub
from tasks.github.ingestion.repository_sync import RepositorySync


@dataclass(frozen=True)
class SyncSummary:
    """The result of a sync. `prs_done` of `prs_total` are in the warehouse; `problems` maps repositories to reasons."""

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


def summarise(github: GitHub, syncs: Collection[RepositorySync]) -> SyncSummary:
    """Sum up the repositories after a sync."""
    return SyncSummary(
        prs_total=sum(sync.total for sync in syncs),
        prs_done=sum(sync.done for sync in syncs),
        prs_failed=sum(len(sync.failed) for sync in syncs),
        repositories_count=len(syncs),
        problems={sync.full_name: problem for sync in syncs if (problem := sync.problem)},
        points=github.points_spent,
        requests=github.requests,
    )
