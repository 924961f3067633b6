"""Reads of insights: those that are true now, those that were, and those that somebody dismissed."""

from datetime import date

import polars as pl

from warehouse.connection import Warehouse

METRIC = "coalesce(i.metric, '-')"
REPOSITORY = "CASE WHEN i.scope = 'repository' THEN i.scope_id ELSE '' END"
"""What the insight `i` is about, as in the key of `insight_dismissals`."""

_ALL = f"""
SELECT i.*, r.full_name, d.dismissed_until, d.dismissed_at, d.dismissed_by
FROM insights i
LEFT JOIN repositories r ON i.scope = 'repository' AND r.id = i.scope_id
LEFT JOIN insight_dismissals d ON d.team_id = i.team_id AND d.detector = i.detector AND d.metric = {METRIC}
  AND d.repository_id = {REPOSITORY} AND d.dismissed_until > ?
WHERE i.team_id = ?
"""  # noqa: S608


def read_insights(warehouse: Warehouse, team_id: str, today: date) -> pl.DataFrame:
    """Read one row per insight that is true now and not dismissed on `today` (UTC), the most important first."""
    sql = f"{_ALL} AND i.resolved_at IS NULL AND d.dismissed_until IS NULL ORDER BY i.rank, i.id"
    return warehouse.read(sql, [today, team_id])


def read_all_insights(warehouse: Warehouse, team_id: str, today: date) -> pl.DataFrame:
    """Read one row per insight of the last 90 days: true now first, by rank, then the latest resolved.

    The columns of `insights`, with `full_name` of its repository, and `dismissed_until`, `dismissed_at` and
    `dismissed_by`, which are NULL unless it is dismissed on `today` (UTC).
    """
    sql = f"{_ALL} ORDER BY i.resolved_at DESC NULLS FIRST, i.rank, i.id"
    return warehouse.read(sql, [today, team_id])
