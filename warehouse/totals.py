"""Compare the stored rows of each pull request with GitHub's own totals.

Every fetch compares what it received; this compares what is stored, whatever happened to it since.
"""

from collections.abc import Collection

import polars as pl

from warehouse.connection import Warehouse
from warehouse.lists.shortfall import MAX_DAYS

# The name of what is counted; GitHub's total in `pull_requests`; the table whose rows it is about.
CHECKS = (
    ("reviews", "p.reviews_count", "reviews"),
    ("review threads", "p.review_threads_count", "review_threads"),
    ("comments", "p.comments_count", "comments"),
    ("commits", "p.commits_count", "commits"),
    ("review comments", "c.comments_total", "review_comments"),
)


HAS_GAPS = f"(NOT is_complete AND coalesce(partial_days, 0) < {MAX_DAYS})"
"""The condition of a pull request that is not complete and is to be fetched again, which is no longer so after days."""


def find_differences(warehouse: Warehouse, team_id: str, ids: Collection[str] | None = None) -> pl.DataFrame:
    """Return one row per pull request that counts as complete and is not: id, repository_id, full_name, number, reason.

    A pull request that a sync marked done but that is not stored at all is among them: `is_missing`. With `ids` only
    those are compared. Each table is read once, however many pull requests there are.
    """
    parameters: dict[str, object] = {"team": team_id} | ({} if ids is None else {"ids": list(ids)})
    return warehouse.read(_ALL if ids is None else _SOME, parameters)


def _build(condition: str) -> str:
    """Build the query for the pull requests whose {id} meets the condition."""
    rows = " UNION ALL ".join(
        _ROWS.format(place=place, table=table, own=condition.format(id="pull_request_id"), said=_SAID.get(table, "0"))
        for place, (_, _, table) in enumerate(CHECKS)
    )
    counts = ", ".join(f"count(*) FILTER (place = {place}) AS n{place}" for place in range(len(CHECKS)))
    reasons = ", ".join(
        _REASON.format(words=words, total=total, place=place) for place, (words, total, _) in enumerate(CHECKS)
    )
    of = {"own": condition.format(id="p.id"), "own_item": condition.format(id="i.pull_request_id")}
    return _DIFFERENT.format(counts=counts, rows=rows, reasons=reasons, **of)


_ROWS = "SELECT pull_request_id, {place} AS place, {said} AS said FROM {table} WHERE team_id = $team AND {own}"
# Comments on lines are counted by their thread: GitHub says nothing of those of a pull request without threads.
_SAID = {"review_threads": "comments_count"}
_REASON = """
CASE WHEN {total} <> coalesce(c.n{place}, 0) THEN '{words}: ' || coalesce(c.n{place}, 0) || ' of ' || {total} END"""

_DIFFERENT = """
WITH counted AS (
    SELECT pull_request_id, {counts}, sum(said) FILTER (place = 1) AS comments_total FROM ({rows}) GROUP BY ALL
), differing AS (
    SELECT p.id, p.repository_id, p.number, concat_ws('; ', {reasons}) AS reason, false AS is_missing
    FROM pull_requests p LEFT JOIN counted c ON c.pull_request_id = p.id
    WHERE p.team_id = $team AND p.is_complete AND {own} AND reason <> ''
    UNION ALL
    SELECT DISTINCT i.pull_request_id, i.repository_id, i.number, 'it is not in the warehouse any more', true
    FROM sync_items i
    WHERE i.team_id = $team AND i.state = 'done' AND {own_item}
      AND i.pull_request_id NOT IN (SELECT id FROM pull_requests)
)
SELECT d.id, d.repository_id, r.full_name, d.number, d.reason, d.is_missing
FROM differing d LEFT JOIN repositories r ON r.id = d.repository_id
ORDER BY is_missing, full_name, number
"""
_ALL = _build("true")
_SOME = _build("{id} IN (SELECT unnest($ids))")
