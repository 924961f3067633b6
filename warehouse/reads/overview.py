"""Reads behind the numbers, weeks and panels of the Overview."""

from collections.abc import Sequence

import polars as pl

from warehouse.connection import Warehouse


def read_pull_request_metrics(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per pull request of the team: the table `pull_request_metrics`."""
    return warehouse.read("SELECT * FROM pull_request_metrics WHERE team_id = ?", [team_id])


def read_weekly_metrics(warehouse: Warehouse, team_id: str, metrics: Sequence[str]) -> pl.DataFrame:
    """Read one row per (week, scope, metric) of the named metrics, oldest week first; the scope person is left out."""
    # One parameter each: a subquery would not be applied before the view looks for the weeks without values.
    named = ", ".join("?" for _ in metrics) or "NULL"
    return warehouse.read(
        f"""
        SELECT week_start, scope, scope_id, metric, value, n, is_complete, is_partial, as_of,
               coalesce(is_uncovered, false) AS is_uncovered
        FROM weekly_metrics
        WHERE team_id = ? AND scope <> 'person' AND metric IN ({named})
        ORDER BY week_start
        """,  # noqa: S608  only marks
        [team_id, *metrics],
    )
