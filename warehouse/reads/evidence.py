"""Reads of what the analysis found of AI."""

import polars as pl

from warehouse.connection import Warehouse


def read_ai_evidence(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per pull request that an agent opened or a model helped with, by the evidence found.

    `pull_request_id`, `ai_evidence_kind` (unknown if none is recorded) and `ai_tools`, which is empty if the evidence
    names no tool.
    """
    return warehouse.read(
        """
        SELECT pull_request_id, coalesce(ai_evidence_kind, 'unknown') AS ai_evidence_kind,
               CASE WHEN len(coalesce(ai_tools, [])) > 0 THEN list_distinct(ai_tools)
                    WHEN ai_tool IS NOT NULL THEN [ai_tool] ELSE [] END AS ai_tools
        FROM pr_analysis
        WHERE team_id = ? AND ai_level IN ('authored', 'assisted')
        """,
        [team_id],
    )
