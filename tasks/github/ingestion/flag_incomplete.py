"""Flag stored pull requests that do not equal GitHub's totals, so that this run or the next fetches them again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tasks.github.api.envelope import parse_iso_time
from tasks.github.api.response import Row
from tasks.github.ingestion.by_repository import describe_problem, group_by_repository
from tasks.github.ingestion.stored_state import Partial
from tasks.github.pull_requests.completeness import describe_settled
from tasks.github.pull_requests.parse import Rows
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.lists.shortfall import MAX_DAYS
from warehouse.store import Merge, Write, commit
from warehouse.totals import find_differences


@dataclass(frozen=True)
class Differences:
    """Reasons by repository and pull request: of the incomplete ones, and of those missing altogether."""

    incomplete: Mapping[str, dict[str, str]] = field(default_factory=dict)
    missing: Mapping[str, dict[str, str]] = field(default_factory=dict)


def flag_differences(warehouse: Warehouse, team_id: str, ids: Collection[str] | None = None) -> Differences:
    """Compare the stored pull requests of a team, or those of `ids`, and flag those that are not complete."""
    if warehouse.read_one(_ANYTHING, [team_id]) is None:
        return Differences()
    rows = find_differences(warehouse, team_id, ids).to_dicts()
    incomplete = [row for row in rows if not row["is_missing"]]
    missing = [row for row in rows if row["is_missing"]]
    writes: list[Write] = []
    if incomplete:
        flags = [{"id": row["id"], "is_complete": False, "partial_reason": row["reason"]} for row in incomplete]
        writes.append(Merge(schema.pull_requests, schema.frame(schema.pull_requests, flags, flags[0])))
    if missing:
        writes.append(_fail(warehouse, missing))
    if writes:
        commit(warehouse, *writes)
    return Differences(*(group_by_repository(part, describe_problem) for part in (incomplete, missing)))


def settle_partial(rows: Rows, partial: Mapping[str, Partial], now: datetime) -> None:
    """Count the days on which pull requests were fetched and not complete; those of MAX_DAYS are kept as they are.

    They stay flagged, and are no longer among the incomplete ones, which are fetched again.
    """
    for row in rows.pull_requests:
        days, before = row["partial_days"], partial.get(row["id"])
        updated_at = parse_iso_time(row["updated_at"])
        if days and before is not None and updated_at is not None:
            days = row["partial_days"] = max(days, before.count_days(updated_at, now))
        if days is not None and days >= MAX_DAYS:
            row["partial_reason"] = describe_settled(row["partial_reason"])
            rows.incomplete.pop(row["id"], None)


def _fail(warehouse: Warehouse, missing: Sequence[Row]) -> Merge:
    """Mark the items of these pull requests as failed in every phase, so that they are fetched again."""
    keys = warehouse.read(_ITEMS, [[row["id"] for row in missing]]).to_dicts()
    rows = [key | {"state": "failed", "error": missing[0]["reason"]} for key in keys]
    return Merge(schema.sync_items, schema.frame(schema.sync_items, rows, rows[0]))


_ANYTHING = "SELECT 1 AS done FROM sync_items WHERE team_id = ? AND state = 'done' LIMIT 1"
_ITEMS = "SELECT pull_request_id, phase FROM sync_items WHERE pull_request_id IN (SELECT unnest(?)) AND state = 'done'"
