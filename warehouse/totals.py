"""Compare the stored rows of each pull request with GitHub's own totals.

Every fetch compares what it received; this compares what is stored, whatever happened to it since.
"""

import polars as pl

from warehouse.connection import Warehouse
from warehouse.lists.shortfall import MAX_DAYS

# The name of what is counted; GitHub's total in `pull_requests`; the table whose rows it is about.
CHECKS = (
    ("reviews", "p.reviews_count", "reviews"),
    ("review threads", "p.review_threads_count", "review_threads"),
    ("comments", "p.comments_count", "comments"),
    ("commits", "p.commits_count", "commits"),
    ("review comments", "t.comments_total", "review_comments"),
)


HAS_GAPS = f"(NOT is_complete AND coalesce(partial_days, 0) < {MAX_DAYS})"
"""The condition of a pull request that is not complete and is to be fetched again, which is no longer so after days."""

# Pull requests that are compared by one query: more of them at once would take more memory, not less time.
MAX_CONCURRENT = 25_000


def find_differences(warehouse: Warehouse, team_id: str, max_concurrent: int = MAX_CONCURRENT) -> pl.DataFrame:
    """Return one row per pull request that counts as complete and is not: id, repository_id, full_name, number, reason.

    A pull request that a sync marked done but that is not stored at all is among them: `is_missing`.
    """
    stored = warehouse.read_one("SELECT count(*) AS n FROM pull_requests WHERE team_id = ?", [team_id])
    parts = 1 + (stored["n"] if stored else 0) // max_concurrent
    missing = warehouse.read(_MISSING, [team_id])
    found = [warehouse.read(_build(part, parts), [team_id] * (len(CHECKS) + 2)) for part in range(parts)]
    return pl.concat([*(each.select(missing.columns) for each in found), missing])


def _build(part: int, parts: int) -> str:
    """Build the query for one of `parts` equal parts of the pull requests."""
    own = f"hash(pull_request_id) % {parts} = {part}" if parts > 1 else "true"
    held = "\n".join(_JOIN.format(table=table, place=place, own=own) for place, (_, _, table) in enumerate(CHECKS))
    reasons = ", ".join(_REASON.format(words=words, total=total, place=i) for i, (words, total, _) in enumerate(CHECKS))
    return _DIFFERENT.format(reasons=reasons, held=held, own=own, own_id=own.replace("pull_request_id", "p.id"))


_JOIN = """LEFT JOIN (
    SELECT pull_request_id, count(*) AS n FROM {table} WHERE team_id = ? AND {own} GROUP BY ALL
) c{place} ON c{place}.pull_request_id = p.id"""

_REASON = """
CASE WHEN {total} <> coalesce(c{place}.n, 0) THEN '{words}: ' || coalesce(c{place}.n, 0) || ' of ' || {total} END"""

_DIFFERENT = """
SELECT p.id, p.repository_id, r.full_name, p.number, concat_ws('; ', {reasons}) AS reason, false AS is_missing
FROM pull_requests p
LEFT JOIN repositories r ON r.id = p.repository_id
LEFT JOIN (
    SELECT pull_request_id, sum(comments_count) AS comments_total FROM review_threads
    WHERE team_id = ? AND {own} GROUP BY ALL
) t ON t.pull_request_id = p.id
{held}
WHERE p.team_id = ? AND {own_id} AND p.is_complete AND reason <> ''
ORDER BY r.full_name, p.number
"""


_MISSING = """
SELECT DISTINCT i.pull_request_id AS id, i.repository_id, r.full_name, i.number,
       'it is not in the warehouse any more' AS reason, true AS is_missing
FROM sync_items i LEFT JOIN repositories r ON r.id = i.repository_id
WHERE i.team_id = ? AND i.state = 'done' AND i.pull_request_id NOT IN (SELECT id FROM pull_requests)
ORDER BY r.full_name, i.number
"""
