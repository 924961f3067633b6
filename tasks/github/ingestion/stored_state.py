"""The state of the warehouse before a sync: what was fetched and when, what is left over, what to fetch again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from tasks.github.api.queries.pull_requests import FIELDS_VERSION
from tasks.github.api.response import Row
from tasks.github.ingestion.by_repository import group_by_repository
from tasks.github.pull_requests.scanned import Refetch, Scan
from warehouse.connection import Warehouse
from warehouse.identity.logins import read_known_logins
from warehouse.progress.values import Run
from warehouse.totals import HAS_GAPS
from warehouse.windows import SETTLED_AFTER, Window

# What was fetched this recently is not fetched again for that reason.
FRESH_FOR = timedelta(days=1)
# Pull requests a night that lack fields which were not queried yet when they were fetched: some 130 points each 1,000.
MAX_OUTDATED = 2_000


@dataclass(frozen=True)
class Partial:
    """A pull request that is stored and not complete, as of `updated_at`: on how many days it was fetched so."""

    updated_at: datetime
    days: int
    fetched_at: datetime

    def count_days(self, updated_at: datetime, now: datetime) -> int:
        """Return on how many days the version of `updated_at` was fetched and not complete, now included."""
        return self.days + (now.date() > self.fetched_at.date()) if updated_at == self.updated_at else 1


@dataclass(frozen=True)
class StoredState:
    """`items`: rows of `sync_items` by repository, of all phases. `people`: keys. `logins`: by node id of the account.

    `attempts`: failed fetches by pull request, in this phase. `failed_before`: ids whose last fetch failed.
    `partial`: what is stored and not complete. `unsettled`: the other phases in which a pull request is not done.
    `refetches`: by repository, what to fetch whatever a scan says. `stored`: by repository, what is stored of the
    run's window, if that has no end.
    """

    items: Mapping[str, pl.DataFrame]
    nothing: pl.DataFrame
    people: set[str]
    logins: dict[str, str]
    attempts: Mapping[str, int]
    failed_before: frozenset[str]
    partial: Mapping[str, Partial]
    unsettled: Mapping[str, tuple[int, ...]]
    refetches: Mapping[str, tuple[Refetch, ...]]
    stored: Mapping[str, tuple[Refetch, ...]]

    def find_vanished(self, repository_id: str, scan: Scan, window: Window) -> tuple[Refetch, ...]:
        """Return the stored pull requests that a scan of the window should have found and did not.

        An updatedAt only increases: what was stored in a window without an end and is no longer in it is gone from
        GitHub. Fetching it once more confirms that.
        """
        found = {item.id for item in scan.pull_requests}
        stored = self.stored.get(repository_id, ())
        return tuple(item for item in stored if item.id not in found and item.updated_at in window)

    def items_of(self, repository_id: str) -> pl.DataFrame:
        return self.items.get(repository_id, self.nothing)


def read_stored_state(
    warehouse: Warehouse, run: Run, now: datetime, *, is_incremental: bool, is_refetch: bool, is_part: bool = False
) -> StoredState:
    """Read the state before the sync `run`. What failed or is not complete is fetched again in every run, of any time.

    Only an incremental run fetches what was left pending: other windows are scanned to their end. With `is_refetch`
    open pull requests and those closed recently are fetched again, too. Each refresh fetches some of those again that
    were fetched with fewer fields; not a part of one, as those are counted for the team.
    """
    items = warehouse.read(_ITEMS, [run.team_id])
    undone = items.filter((pl.col("state") != "done") & (pl.col("phase") != run.phase))
    parts = {str(key[0]): part for key, part in items.partition_by("repository_id", as_dict=True).items()}
    people = warehouse.read("SELECT account_id FROM people WHERE team_id = ?", [run.team_id])
    return StoredState(
        items=parts,
        nothing=items.clear(),
        people=set(people["account_id"]),
        logins=read_known_logins(warehouse, run.team_id),
        attempts=dict(items.filter(phase=run.phase).select("pull_request_id", "attempts").iter_rows()),
        failed_before=frozenset(items.filter(state="failed")["pull_request_id"]),
        partial={
            row.pop("id"): Partial(**row) for row in warehouse.read(_PARTIAL, [run.team_id]).iter_rows(named=True)
        },
        unsettled={
            str(key[0]): tuple(part["phase"])
            for key, part in undone.partition_by("pull_request_id", as_dict=True).items()
        },
        refetches=_read_refetches(
            warehouse,
            run,
            now,
            is_incremental=is_incremental,
            is_refetch=is_refetch,
            max_outdated=MAX_OUTDATED if is_incremental and run.flow == "refresh" and not is_part else 0,
        ),
        stored=_to_refetches(warehouse.read(_STORED, [run.team_id, run.window.start]).to_dicts())
        if run.window.end is None
        else {},
    )


def _read_refetches(
    warehouse: Warehouse, run: Run, now: datetime, *, is_incremental: bool, is_refetch: bool, max_outdated: int
) -> dict[str, tuple[Refetch, ...]]:
    parameters = {
        "team": run.team_id,
        "states": ["failed", "pending"] if is_incremental else ["failed"],
        "closed_since": now - SETTLED_AFTER if is_incremental and is_refetch else None,
        "fetched_before": now - FRESH_FOR,
        "version": FIELDS_VERSION,
        "max_outdated": max_outdated,
    }
    return _to_refetches(warehouse.read(_REFETCHES, parameters).to_dicts())


def _to_refetches(rows: Iterable[Row]) -> dict[str, tuple[Refetch, ...]]:
    """Return each pull request once."""
    groups = group_by_repository(
        rows, lambda row: Refetch(row["id"], row["number"], row["updated_at"], row["created_at"], row["state"])
    )
    return {key: tuple(unique.values()) for key, unique in groups.items()}


_PARTIAL = """
SELECT id, updated_at, coalesce(partial_days, 0) AS days, fetched_at FROM pull_requests
WHERE team_id = ? AND NOT is_complete
"""

# Unsure: flagged as incomplete (but not kept as it is), or possibly changed within the second in which it was read.
# GitHub's updatedAt is in full seconds, so a second change within one does not show.
_ITEMS = f"""
SELECT i.repository_id, i.pull_request_id, i.phase, i.updated_at, i.state, i.attempts,
       coalesce({HAS_GAPS} OR p.fetched_at < p.updated_at + INTERVAL 2 SECOND, false) AS is_unsure
FROM sync_items i LEFT JOIN pull_requests p ON p.id = i.pull_request_id
WHERE i.team_id = ?
"""  # noqa: S608  (a constant of ours)

_STORED = """
SELECT repository_id, id, number, updated_at, created_at, state FROM pull_requests
WHERE team_id = ? AND updated_at >= ?
"""

# What a sync left over, what is flagged as incomplete, and, if requested, what may have changed without a trace, and
# the newest of what was fetched before all of today's fields were queried.
_REFETCHES = f"""
SELECT repository_id, pull_request_id AS id, number, updated_at, created_at,
       CASE WHEN is_open THEN 'OPEN' WHEN NOT is_open THEN 'CLOSED' END AS state
FROM sync_items
WHERE team_id = $team AND state IN (SELECT unnest($states))
UNION ALL
SELECT repository_id, id, number, updated_at, created_at, state FROM pull_requests
WHERE team_id = $team AND (
    {HAS_GAPS}
    OR (fetched_at < $fetched_before AND $closed_since::TIMESTAMPTZ IS NOT NULL
        AND (state = 'OPEN' OR closed_at >= $closed_since::TIMESTAMPTZ))
)
UNION ALL
(SELECT repository_id, id, number, updated_at, created_at, state FROM pull_requests
WHERE team_id = $team AND fields_version IS DISTINCT FROM $version
    AND id NOT IN (SELECT pull_request_id FROM sync_items WHERE team_id = $team AND state = 'failed')
ORDER BY updated_at DESC, id LIMIT $max_outdated)
"""  # noqa: S608  (a constant of ours)
