"""The state of each repository during a sync: what is left to fetch, what failed, and the columns that say so."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError
from tasks.github.ingestion.by_repository import describe_problem
from tasks.github.ingestion.summary import SyncSummary
from tasks.github.pull_requests.scanned import ProbedRepository, Scan
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.windows import OVERLAP, Window


@dataclass
class RepositorySync:
    """One repository in one sync. Counts are of pull requests of this phase.

    `failed` and `incomplete` map ids to reasons; those of earlier syncs stay until a pull request is complete.
    """

    id: str
    full_name: str
    sync_status: str | None = None
    watermark_at: datetime | None = None
    history_from: datetime | None = None
    total: int = 0
    done: int = 0
    left: int = 0
    scanned_at: datetime | None = None
    failed: dict[str, str] = field(default_factory=dict)
    incomplete: dict[str, str] = field(default_factory=dict)
    error: GitHubError | None = None
    failures_in_a_row: int = 0

    @property
    def is_usable(self) -> bool:
        """Whether anything is stored of it, or there is nothing to store."""
        return self.error is None and (self.total == 0 or self.done > 0)

    def reaches(self, history_start: datetime) -> bool:
        """Return whether everything from then to the watermark is stored; not so if a sync failed or there was none."""
        return self.watermark_at is not None and self.history_from is not None and self.history_from <= history_start

    def is_quiet(self, probed: ProbedRepository, history_start: datetime) -> bool:
        """Return whether nothing moved since its watermark, and no earlier sync left anything to do."""
        if self.watermark_at is None or self.sync_status != "done" or not self.reaches(history_start):
            return False
        return probed.newest_at is None or probed.newest_at < self.watermark_at - OVERLAP

    def window(self, history_start: datetime, end: datetime | None) -> Window:
        """Return the window of an incremental sync: from the watermark, or the whole history if that is not stored."""
        start = history_start
        if self.watermark_at is not None and self.reaches(history_start):
            start = self.watermark_at - OVERLAP
        return Window(start, end and max(start, end))

    def add_differences(self, incomplete: Mapping[str, str], missing: Mapping[str, str]) -> None:
        """Add pull requests that do not equal GitHub's totals: reasons by id, those missing altogether apart."""
        self.incomplete |= incomplete
        self.failed |= missing
        self.done -= len(missing)

    def record_scan(self, scan: Scan, kept_count: int, to_fetch_count: int) -> None:
        """Record its scan: how many are done already, and how many are to be fetched."""
        self.full_name = scan.full_name
        self.scanned_at = scan.started_at
        self.total, self.done, self.left = kept_count + to_fetch_count, kept_count, to_fetch_count

    def record_batch(
        self, done: Iterable[str], gone: Iterable[str], failed: Mapping[str, str], incomplete: Mapping[str, str]
    ) -> None:
        """Record a batch: what was fetched (some of it incompletely), is gone from GitHub, or failed."""
        done, gone = list(done), list(gone)
        self.failures_in_a_row = 0 if done else self.failures_in_a_row + len(failed)
        for key in (*done, *gone):
            self.failed.pop(key, None)
            self.incomplete.pop(key, None)
        self.done += len(done)
        self.total -= len(gone)
        self.left -= len(done) + len(gone) + len(failed)
        self.failed |= failed
        self.incomplete |= incomplete

    def columns(self, window: Window, now: datetime) -> dict[str, object]:
        """Return its columns of `repositories` once everything was tried."""
        problem = self.problem
        status = "failed" if not self.is_usable else "partial" if problem else "done"
        row: dict[str, object] = {"sync_status": status, "last_sync_error": problem}
        if self.scanned_at is not None:
            row |= {"last_sync_at": now}
        if self.scanned_at is not None and self.error is None and not self.failed:
            row |= self._coverage(window, self.scanned_at)
        return row

    @property
    def problem(self) -> str | None:
        """What is wrong with it, in words; None if nothing is."""
        if self.error is not None:
            return f"{self.error.reason.rstrip('.')}. {self.error.hint}"
        parts = [
            f"{len(reasons)} pull request{'s' * (len(reasons) > 1)} {words}: {next(iter(reasons.values()))}"
            for reasons, words in ((self.failed, "could not be fetched"), (self.incomplete, "not complete"))
            if reasons
        ]
        return "; ".join(parts) or None

    def _coverage(self, window: Window, scanned_at: datetime) -> dict[str, datetime]:
        """Return the span in which everything is stored: extended if the window touches the earlier span."""
        until = min(scanned_at, window.end) if window.end else scanned_at
        start = window.start
        if self.watermark_at and self.history_from and start <= self.watermark_at and until >= self.history_from:
            start, until = min(start, self.history_from), max(until, self.watermark_at)
        return {"watermark_at": until, "history_from": start}


def raise_if_nothing_fetched(syncs: Collection[RepositorySync], last_failure: GitHubError | None) -> None:
    """Raise the cause of one of the failures if nothing could be fetched of what there is."""
    error = next((each.error for each in syncs if each.error is not None), last_failure)
    is_empty = any(each.total for each in syncs) and not any(each.done for each in syncs)
    if error is not None and (is_empty or not any(each.is_usable for each in syncs)):
        raise error


def read_repository_syncs(
    warehouse: Warehouse, run: Run, repository_ids: Collection[str] | None = None
) -> dict[str, RepositorySync]:
    """Read the followed repositories of a team, or those of these ids, the most recently pushed first."""
    rows = warehouse.read(_FOLLOWED, [run.team_id]).to_dicts()
    wanted = (row for row in rows if repository_ids is None or row["id"] in repository_ids)
    syncs = {row["id"]: RepositorySync(**row) for row in wanted}
    for row in warehouse.read(_INCOMPLETE, [run.team_id]).to_dicts():
        if row["repository_id"] in syncs:
            sync = syncs[row["repository_id"]]
            target = sync.failed if row["is_failed"] else sync.incomplete
            target[row["id"]] = describe_problem(row)
    return syncs


def read_history_start(warehouse: Warehouse, run: Run) -> datetime:
    """Return from when on an incremental run wants everything: the team's longest history, or its own window."""
    row = warehouse.read_one(_HISTORY_START, [run.team_id])
    start: datetime | None = row["start"] if row else None
    return min(start or run.window.start, run.window.start)


_HISTORY_START = "SELECT min(history_from) AS start FROM repositories WHERE team_id = ? AND is_followed"

_FOLLOWED = """
SELECT id, full_name, sync_status, watermark_at, history_from FROM repositories
WHERE team_id = ? AND is_followed ORDER BY pushed_at DESC NULLS LAST, id
"""

_INCOMPLETE = """
SELECT repository_id, id, number, partial_reason AS reason, false AS is_failed
FROM pull_requests WHERE team_id = $1 AND NOT is_complete
UNION ALL
SELECT repository_id, pull_request_id, number, error, true
FROM sync_items WHERE team_id = $1 AND state = 'failed'
"""


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
