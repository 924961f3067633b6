"""The pull requests that an insight counts, for whoever asks to see them."""

import polars as pl

from warehouse.insights.evidence import Evidence, select_weeks
from warehouse.metrics.metric import Metric


def select_counted(evidence: Evidence, metric: Metric, scope_id: str, *, is_recent: bool) -> pl.DataFrame:
    """Select the pull requests behind `n` (recent weeks) or `n_before` of an insight about the metric and the scope."""
    weeks = evidence.recent if is_recent else evidence.before
    if not weeks:
        return evidence.compared.clear()
    rows = select_weeks(metric, evidence.compared, weeks)
    if scope_id != evidence.team_id:
        rows = rows.filter(pl.col("repository_id") == scope_id)
    value = pl.col(metric.column) if metric.column else metric.flag
    return rows if value is None else rows.filter(value.is_not_null())
