"""What the warehouse knows before a sync: what was fetched and when, what is left over, what is due again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from tasks.github.items import Again
from warehouse.connection import Warehouse
from warehouse.progress import Run

# Resolved threads and checks do not move updatedAt: what is open, or was closed this recently, may have changed.
SETTLED_AFTER = timedelta(days=14)
# What was fetched within this time is not fetched again for that reason.
FRESH_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Known:
    """`items`: rows of `sync_items` by repository, of all phases. `people`: logins.

    `attempts`: failed fetches by pull request, in this phase. `unsettled`: the other phases in which a pull
    request is not done. `again`: by repository, what is to be fetched whatever a scan says.
    """

    items: Mapping[str, pl.DataFrame]
    nothing: pl.DataFrame
    people: set[str]
    attempts: Mapping[str, int]
    unsettled: Mapping[str, tuple[int, ...]]
    again: Mapping[str, tuple[Again, ...]]

    def items_of(self, repository_id: str) -> pl.DataFrame:
        return self.items.get(repository_id, self.nothing)


def read_known(warehouse: Warehouse, run: Run, now: datetime, *, is_incremental: bool, is_refetch: bool) -> Known:
    """Before the sync `run`. `again` is empty unless it is incremental: a window is scanned to its end.

    `is_refetch`: open pull requests and those closed lately are due again.
    """
    items = warehouse.read(_ITEMS, [run.team_id])
    undone = items.filter((pl.col("state") != "done") & (pl.col("phase") != run.phase))
    parts = {str(key[0]): part for key, part in items.partition_by("repository_id", as_dict=True).items()}
    people = warehouse.read("SELECT login FROM people WHERE team_id = ?", [run.team_id])
    return Known(
        items=parts,
        nothing=items.clear(),
        people=set(people["login"]),
        attempts=dict(items.filter(phase=run.phase).select("pull_request_id", "attempts").iter_rows()),
        unsettled={
            str(key[0]): tuple(part["phase"])
            for key, part in undone.partition_by("pull_request_id", as_dict=True).items()
        },
        again=_read_again(warehouse, run, now, is_refetch) if is_incremental else {},
    )


def _read_again(warehouse: Warehouse, run: Run, now: datetime, is_refetch: bool) -> dict[str, tuple[Again, ...]]:
    closed_since = now - SETTLED_AFTER if is_refetch else None
    rows = warehouse.read(
        _AGAIN, {"team": run.team_id, "closed_since": closed_since, "fetched_before": now - FRESH_FOR}
    ).to_dicts()
    found: dict[str, dict[str, Again]] = {}
    for row in rows:
        again = Again(row["id"], row["number"], row["updated_at"])
        found.setdefault(row["repository_id"], {})[again.id] = again
    return {key: tuple(unique.values()) for key, unique in found.items()}


# Unsure is what is flagged as incomplete, and what may have changed in the second in which it was read: GitHub's
# updatedAt is in whole seconds, so that a second change within it does not show.
_ITEMS = """
SELECT i.repository_id, i.pull_request_id, i.phase, i.updated_at, i.state, i.attempts,
       coalesce(NOT p.is_complete OR p.fetched_at < p.updated_at + INTERVAL 2 SECOND, false) AS is_unsure
FROM sync_items i LEFT JOIN pull_requests p ON p.id = i.pull_request_id
WHERE i.team_id = ?
"""

# What a sync left over, what is flagged as incomplete, and, where asked for, what may have changed unseen.
_AGAIN = """
SELECT repository_id, pull_request_id AS id, number, updated_at FROM sync_items
WHERE team_id = $team AND state <> 'done'
UNION ALL
SELECT repository_id, id, number, updated_at FROM pull_requests
WHERE team_id = $team AND (
    NOT is_complete
    OR (fetched_at < $fetched_before AND $closed_since::TIMESTAMPTZ IS NOT NULL
        AND (state = 'OPEN' OR closed_at >= $closed_since::TIMESTAMPTZ))
)
"""
