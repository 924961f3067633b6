"""What the warehouse knows before a sync: what was fetched and when, what is left over, what is due again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from tasks.github.ingestion.by_repository import group_by_repository
from tasks.github.ingestion.items import Refetch
from tasks.github.pull_requests.scan import Scan
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.windows import SETTLED_AFTER, Window

# What was fetched within this time is not fetched again for that reason.
FRESH_FOR = timedelta(days=1)


@dataclass(frozen=True)
class StoredState:
    """`items`: rows of `sync_items` by repository, of all phases. `people`: logins.

    `attempts`: failed fetches by pull request, in this phase. `unsettled`: the other phases in which a pull
    request is not done. `again`: by repository, what is to be fetched whatever a scan says. `stored`: by
    repository, what the warehouse holds of the run's window, where that has no end.
    """

    items: Mapping[str, pl.DataFrame]
    nothing: pl.DataFrame
    people: set[str]
    attempts: Mapping[str, int]
    unsettled: Mapping[str, tuple[int, ...]]
    again: Mapping[str, tuple[Refetch, ...]]
    stored: Mapping[str, tuple[Refetch, ...]]

    def lost(self, repository_id: str, scan: Scan, window: Window) -> tuple[Refetch, ...]:
        """What should have been found in the window, and was not.

        Times only move on: what was stored as updated in a window without an end, and is not in it any more, is
        gone from GitHub. It is asked for once more, which says so.
        """
        found = {item.id for item in scan.found}
        stored = self.stored.get(repository_id, ())
        return tuple(item for item in stored if item.id not in found and item.updated_at in window)

    def items_of(self, repository_id: str) -> pl.DataFrame:
        return self.items.get(repository_id, self.nothing)


def read_stored_state(
    warehouse: Warehouse, run: Run, now: datetime, *, is_incremental: bool, is_refetch: bool
) -> StoredState:
    """Before the sync `run`. What failed or is not whole is due again in every run, wherever it stands in time.

    Of what was left pending only an incremental run takes care: a window is scanned to its end.
    `is_refetch`: open pull requests and those closed lately are due again.
    """
    items = warehouse.read(_ITEMS, [run.team_id])
    undone = items.filter((pl.col("state") != "done") & (pl.col("phase") != run.phase))
    parts = {str(key[0]): part for key, part in items.partition_by("repository_id", as_dict=True).items()}
    people = warehouse.read("SELECT login FROM people WHERE team_id = ?", [run.team_id])
    return StoredState(
        items=parts,
        nothing=items.clear(),
        people=set(people["login"]),
        attempts=dict(items.filter(phase=run.phase).select("pull_request_id", "attempts").iter_rows()),
        unsettled={
            str(key[0]): tuple(part["phase"])
            for key, part in undone.partition_by("pull_request_id", as_dict=True).items()
        },
        again=_read_again(warehouse, run, now, is_incremental=is_incremental, is_refetch=is_refetch),
        stored=_refetches(warehouse.read(_STORED, [run.team_id, run.window.start]).to_dicts())
        if run.window.end is None
        else {},
    )


def _read_again(
    warehouse: Warehouse, run: Run, now: datetime, *, is_incremental: bool, is_refetch: bool
) -> dict[str, tuple[Refetch, ...]]:
    parameters = {
        "team": run.team_id,
        "states": ["failed", "pending"] if is_incremental else ["failed"],
        "closed_since": now - SETTLED_AFTER if is_incremental and is_refetch else None,
        "fetched_before": now - FRESH_FOR,
    }
    return _refetches(warehouse.read(_AGAIN, parameters).to_dicts())


def _refetches(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Refetch, ...]]:
    """Return each pull request once."""
    groups = group_by_repository(rows, lambda row: Refetch(row["id"], row["number"], row["updated_at"]))
    return {key: tuple(unique.values()) for key, unique in groups.items()}


# Unsure is what is flagged as incomplete, and what may have changed in the second in which it was read: GitHub's
# updatedAt is in whole seconds, so that a second change within it does not show.
_ITEMS = """
SELECT i.repository_id, i.pull_request_id, i.phase, i.updated_at, i.state, i.attempts,
       coalesce(NOT p.is_complete OR p.fetched_at < p.updated_at + INTERVAL 2 SECOND, false) AS is_unsure
FROM sync_items i LEFT JOIN pull_requests p ON p.id = i.pull_request_id
WHERE i.team_id = ?
"""

_STORED = "SELECT repository_id, id, number, updated_at FROM pull_requests WHERE team_id = ? AND updated_at >= ?"

# What a sync left over, what is flagged as incomplete, and, where asked for, what may have changed unseen.
_AGAIN = """
SELECT repository_id, pull_request_id AS id, number, updated_at FROM sync_items
WHERE team_id = $team AND state IN (SELECT unnest($states))
UNION ALL
SELECT repository_id, id, number, updated_at FROM pull_requests
WHERE team_id = $team AND (
    NOT is_complete
    OR (fetched_at < $fetched_before AND $closed_since::TIMESTAMPTZ IS NOT NULL
        AND (state = 'OPEN' OR closed_at >= $closed_since::TIMESTAMPTZ))
)
"""
