"""The summary of a sync, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass


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
