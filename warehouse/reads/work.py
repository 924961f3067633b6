"""Reads behind the page about work: what rules and model said of each pull request."""

from collections.abc import Sequence

import polars as pl

from warehouse.connection import Warehouse


def read_analysis_facts(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per pull request that rules or model have read, in short columns only.

    `pull_request_id`, `analysis_status`, `work_type_source`, `risk`, `confidence`.
    """
    return warehouse.read(
        """
        SELECT pull_request_id, status AS analysis_status, work_type_source, risk, confidence
        FROM pr_analysis WHERE team_id = ?
        """,
        [team_id],
    )


def read_pieces_of_work(warehouse: Warehouse, team_id: str, ids: Sequence[str]) -> pl.DataFrame:
    """Read one row per pull request with its summary, the largest first; title and summary are hostile text."""
    return warehouse.read(
        """
        SELECT p.id, p.number, p.title, p.author_login, r.full_name, m.size_lines, a.summary, a.work_type
        FROM pull_requests p
        JOIN pull_request_metrics m ON m.pull_request_id = p.id
        LEFT JOIN pr_analysis a ON a.pull_request_id = p.id
        LEFT JOIN repositories r ON r.id = p.repository_id
        WHERE p.team_id = ? AND p.id IN (SELECT unnest(?::VARCHAR[]))
        ORDER BY m.size_lines DESC NULLS LAST, p.id
        """,
        [team_id, list(ids)],
    )


def read_risk_reasons(warehouse: Warehouse, team_id: str, ids: Sequence[str]) -> pl.DataFrame:
    """Read one row per pull request of `ids` that was rated: `id`, `risk_reasons`."""
    return warehouse.read(
        """
        SELECT pull_request_id AS id, risk_reasons
        FROM pr_analysis WHERE team_id = ? AND pull_request_id IN (SELECT unnest(?::VARCHAR[]))
        """,
        [team_id, list(ids)],
    )
