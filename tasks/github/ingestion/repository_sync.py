"""The state of each repository during a sync: what is left to fetch, what failed, and the columns that say so."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError
from tasks.github.ingestion.by_repository import describe_problem
from tasks.github.ingestion.summary import SyncSummary
from tasks.github.pull_requests.scanned import ProbedRepository, Scan
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import one_line
from warehouse.progress import Run
from warehouse.totals import HAS_GAPS
from warehouse.windows import OVERLAP, Phase, Window
from warehouse.words import plural

# A repository whose syncs have failed for three nights is a standing problem, shown on Data health & sync. Nights are a
# day apart, give or take the time that a run takes.
STANDING_AFTER = timedelta(days=2) - timedelta(hours=6)
# A first phase in which all of so many pull requests failed, and none was fetched, has nothing to show. Fewer may be
# ones that GitHub never returns.
MIN_FAILURES = 3
# Repositories that the name of a batch lists.
MAX_NAMES = 3


@dataclass
class RepositorySync:
    """One repository in one sync. Counts are of pull requests of this phase.

    `failed` and `incomplete` map ids to reasons; those of earlier syncs stay until a pull request is complete.
    `list_problems` says which lists of it ended before GitHub's total: then its window is not covered.
    """

    id: str
    full_name: str
    sync_status: str | None = None
    watermark_at: datetime | None = None
    history_from: datetime | None = None
    failing_since: datetime | None = None
    total: int = 0
    done: int = 0
    left: int = 0
    scanned_at: datetime | None = None
    failed: dict[str, str] = field(default_factory=dict)
    incomplete: dict[str, str] = field(default_factory=dict)
    list_problems: list[str] = field(default_factory=list)
    error: GitHubError | None = None
    failures_in_a_row: int = 0

    def has_standing_problem(self, now: datetime) -> bool:
        """Return whether it has failed for so many nights that it no longer makes a run fail."""
        return self.failing_since is not None and now - self.failing_since >= STANDING_AFTER

    def reaches(self, history_start: datetime) -> bool:
        """Return whether everything from then to the watermark is stored; not so if a sync failed or there was none."""
        return self.watermark_at is not None and self.history_from is not None and self.history_from <= history_start

    def covers(self, until: datetime) -> bool:
        """Return whether an earlier phase has stored everything up to then."""
        return self.watermark_at is not None and self.watermark_at >= until

    def is_quiet(self, probed: ProbedRepository, history_start: datetime) -> bool:
        """Return whether nothing moved since its watermark, and no earlier sync left anything to do."""
        if self.watermark_at is None or self.sync_status != "done" or not self.reaches(history_start):
            return False
        return probed.is_older_than(self.watermark_at - OVERLAP)

    def is_done_in_part(self, probed: ProbedRepository, window: Window) -> bool:
        """Return whether a part of this sync has done all of the window, and nothing moved since.

        Nothing can come into a window that has an end: an updatedAt only increases.
        """
        if self.watermark_at is None or self.sync_status != "done":
            return False
        return window.end is not None or probed.is_older_than(self.watermark_at - OVERLAP)

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
        self,
        done: Iterable[str],
        gone: Iterable[str],
        failed: Mapping[str, str],
        incomplete: Mapping[str, str],
        failed_before: Collection[str] = (),
    ) -> None:
        """Record a batch: what was fetched (some of it incompletely), is gone from GitHub, or failed.

        One that also failed in an earlier run says nothing about the others.
        """
        done, gone = list(done), list(gone)
        new_failures = sum(key not in failed_before for key in failed)
        self.failures_in_a_row = 0 if done else self.failures_in_a_row + new_failures
        for key in (*done, *gone):
            self.failed.pop(key, None)
            self.incomplete.pop(key, None)
        self.done += len(done)
        self.total -= len(gone)
        self.left -= len(done) + len(gone) + len(failed)
        self.failed |= failed
        self.incomplete |= incomplete

    def record_refusal(self, pull_request_id: str, reason: str) -> None:
        """Record that a pull request was fetched and cannot be stored."""
        self.done -= 1
        self.incomplete.pop(pull_request_id, None)
        self.failed[pull_request_id] = reason

    def columns(self, window: Window, now: datetime) -> dict[str, object]:
        """Return its columns of `repositories` once everything was tried."""
        problem = self.problem
        status = "failed" if self.error is not None else "partial" if problem else "done"
        row: dict[str, object] = {"sync_status": status, "last_sync_error": problem}
        row["failing_since"] = (self.failing_since or now) if status == "failed" else None
        if self.scanned_at is not None:
            row |= {"last_sync_at": now}
        # A pull request that could not be fetched holds nothing back: its row of sync_items brings it into each run.
        if self.scanned_at is not None and self.error is None and not self.list_problems:
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
        parts += [f"GitHub's list ended early: {problem}" for problem in self.list_problems]
        return "; ".join(parts) or None

    def _coverage(self, window: Window, scanned_at: datetime) -> dict[str, datetime]:
        """Return the span in which everything is stored: extended if the window touches the earlier span."""
        until = min(scanned_at, window.end) if window.end else scanned_at
        start = window.start
        if self.watermark_at and self.history_from and start <= self.watermark_at and until >= self.history_from:
            start, until = min(start, self.history_from), max(until, self.watermark_at)
        return {"watermark_at": until, "history_from": start}


def raise_if_nothing_fetched(
    syncs: Collection[RepositorySync], last_failure: GitHubError | None, phase: Phase, now: datetime
) -> None:
    """Raise the cause of one of the failures if nothing could be fetched of what there is.

    That is if every repository failed, unless one of them has for nights, or if in a first phase there is nothing to
    open the dashboard with. Single pull requests never make a later run fail.
    """
    errors = [each.error for each in syncs if each.error is not None]
    if errors and len(errors) == len(syncs) and not any(each.has_standing_problem(now) for each in syncs):
        raise errors[0]
    failed_count = sum(len(each.failed) for each in syncs)
    is_empty = any(each.total for each in syncs) and not any(each.done for each in syncs)
    error = next(iter(errors), last_failure)
    if error is not None and phase is Phase.RECENT and is_empty and (errors or failed_count >= MIN_FAILURES):
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
    """Return from when on an incremental run wants everything: the team's longest history, or its own window.

    The history of a complete team begins where its second phase did, also if no repository could be listed to there.
    """
    row = warehouse.read_one(_HISTORY_START, [run.team_id])
    start: datetime | None = row["start"] if row else None
    return min(start or run.window.start, run.window.start)


_HISTORY_START = """
SELECT least(min(r.history_from), any_value(CASE WHEN t.status = 'complete' THEN t.as_of - to_days(t.history_days) END))
    AS start
FROM repositories r JOIN teams t USING (team_id) WHERE team_id = ? AND is_followed
"""

_FOLLOWED = """
SELECT id, full_name, sync_status, watermark_at, history_from, failing_since FROM repositories
WHERE team_id = ? AND is_followed ORDER BY pushed_at DESC NULLS LAST, id
"""

_INCOMPLETE = f"""
SELECT repository_id, id, number, partial_reason AS reason, false AS is_failed
FROM pull_requests WHERE team_id = $1 AND {HAS_GAPS}
UNION ALL
SELECT repository_id, pull_request_id, number, error, true
FROM sync_items WHERE team_id = $1 AND state = 'failed'
"""  # noqa: S608  (a constant of ours)


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


def name_batch(team_id: str, number: int, repositories: Sequence[RepositorySync]) -> str:
    """Return the name of a batch, with one entry of `repositories` for each of its pull requests."""
    names = list(dict.fromkeys(one_line(one.full_name.rpartition("/")[2]) for one in repositories))
    more = [f"{len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else []
    subject = " and ".join(filter(None, [", ".join(names[:MAX_NAMES]), *more]))
    return f"{team_id} batch {number}: {plural(len(repositories), 'pull request')} of {subject or 'no repository'}"
