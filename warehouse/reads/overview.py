"""Reads behind the numbers, weeks and panels of the Overview."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from warehouse.connection import Warehouse


def read_pull_request_metrics(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per pull request of the team: the table `pull_request_metrics`."""
    return warehouse.read("SELECT * FROM pull_request_metrics WHERE team_id = ?", [team_id])


def read_weekly_metrics(warehouse: Warehouse, team_id: str, metrics: Sequence[str]) -> pl.DataFrame:
    """Read one row per (week, scope, metric) of the named metrics, oldest week first; the scope person is left out."""
    return warehouse.read(
        """
        SELECT week_start, scope, scope_id, metric, value, n, is_complete, is_partial, as_of
        FROM weekly_metrics
        WHERE team_id = ? AND scope IN ('team', 'repository') AND metric IN (SELECT unnest(?))
        ORDER BY week_start
        """,
        [team_id, list(metrics)],
    )


def read_insights(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per insight, the most important first."""
    return warehouse.read("SELECT * FROM insights WHERE team_id = ? ORDER BY rank, id", [team_id])


def read_review_load(
    warehouse: Warehouse, team_id: str, repository_ids: Sequence[str], since: datetime, until: datetime
) -> pl.DataFrame:
    """Read the reviews that humans submitted on pull requests of others: one row per (login, week_start).

    Reviews by bots and reviews of their pull requests do not count. Weeks begin in the team's time zone, like
    those of the metrics.
    """
    return warehouse.read(
        """
        SELECT v.author_login AS login, count(*) AS reviews,
               date_trunc('week', timezone(coalesce(t.timezone, 'UTC'), v.submitted_at))::DATE AS week_start
        FROM reviews v
        JOIN teams t ON t.team_id = v.team_id
        JOIN pull_requests p ON p.id = v.pull_request_id
        LEFT JOIN people b ON b.team_id = v.team_id AND b.login = v.author_login
        LEFT JOIN people a ON a.team_id = v.team_id AND a.login = p.author_login
        WHERE v.team_id = ? AND v.submitted_at >= ? AND v.submitted_at < ? AND v.author_login <> p.author_login
          AND v.state <> 'PENDING' AND NOT coalesce(b.is_bot, false) AND NOT coalesce(a.is_bot, false)
          AND (len(?::VARCHAR[]) = 0 OR p.repository_id IN (SELECT unnest(?::VARCHAR[])))
        GROUP BY ALL ORDER BY ALL
        """,
        [team_id, since, until, list(repository_ids), list(repository_ids)],
    )
