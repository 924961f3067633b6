"""What an ingestion covers, and how its batches are run."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from warehouse.guard.commits import Guard

Work = Callable[[], Awaitable[None]]
RunBatch = Callable[[str, Work], Awaitable[None]]
"""Runs a batch under a label: directly, or as a task run."""
OnProgress = Callable[[int, int], Awaitable[None]]
"""Called after each commit with the pull requests done and their total."""


@dataclass(frozen=True)
class Scope:
    """What an ingestion covers: all followed repositories of the team, or those of `repository_ids`.

    With `is_refetch` an incremental run also fetches what may have changed without a new updatedAt (see
    stored_state.py), and lists what is open, of any age. A first phase of named repositories is the whole of their
    history: no other phase follows it.

    With `guard` it is a part of a sync, beside which other processes ingest others: see parts/. Each commit is made
    within it, and what concerns the team as a whole is left to the ingestion that follows all parts. That one is told
    by `done_in_parts` which repositories are done unless something moved in them meanwhile.
    """

    repository_ids: Collection[str] | None = None
    is_refetch: bool = False
    guard: Guard | None = None
    done_in_parts: frozenset[str] = frozenset()

    @property
    def is_part(self) -> bool:
        return self.guard is not None

    @property
    def is_thorough(self) -> bool:
        """Return whether an incremental run compares all that is stored with GitHub's totals, not only what it writes.

        So does the weekly run, and one of named repositories, by which a person mends what doctor found.
        """
        return self.is_refetch or self.repository_ids is not None


ALL = Scope()


async def run_directly(label: str, work: Work) -> None:
    """Run a batch directly, without Prefect."""
    await work()
