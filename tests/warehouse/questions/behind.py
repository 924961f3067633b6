"""Compares what the views hold with what is stored of every metric and week."""

import polars as pl

from warehouse.connection import Warehouse
from warehouse.metrics.registry import METRICS
from warehouse.questions.views import VIEWS, aggregate_of

KEYS = ["team_id", "metric", "scope", "scope_id", "week_start"]


def find_differences(warehouse: Warehouse) -> pl.DataFrame:
    """Return the weeks of the team and its repositories whose `n` or value the rows of a view do not give.

    Values that take more than an aggregate are not compared.
    """
    behind = pl.concat([_read(warehouse, name) for name in VIEWS.values()])
    stored = warehouse.read("SELECT * FROM weekly_metrics WHERE scope IN ('team', 'repository')")
    both = stored.select(*KEYS, "n", "value").join(behind, on=KEYS, how="full", coalesce=True, suffix="_behind")
    is_same_n = pl.col("n").fill_null(0) == pl.col("n_behind").fill_null(0)
    told = [metric.name for metric in METRICS if aggregate_of(metric)]
    is_told = pl.col("metric").is_in(told) & (pl.col("n") > 0)
    is_same = ((pl.col("value") - pl.col("value_behind")).abs() < 1e-9).fill_null(pl.col("value").is_null())
    return both.filter(~is_same_n | (is_told & ~is_same))


def _read(warehouse: Warehouse, view: str) -> pl.DataFrame:
    aggregates = sorted({aggregate_of(metric) for metric in METRICS if VIEWS[metric.source] == view} - {""})
    columns = ", ".join(f"{sql} AS value_{place}" for place, sql in enumerate(aggregates))
    sql = f"""
        SELECT team_id, metric, 'team' AS scope, team_id AS scope_id, week_start, count(*) AS n, {columns}
        FROM {view} GROUP BY ALL
        UNION ALL
        SELECT team_id, metric, 'repository', repository_id, week_start, count(*), {columns} FROM {view} GROUP BY ALL
    """
    value = pl.lit(None, dtype=pl.Float64)
    for metric in METRICS:
        if VIEWS[metric.source] == view and (chosen := aggregate_of(metric)):
            of_metric = pl.col(f"value_{aggregates.index(chosen)}").cast(pl.Float64)
            value = pl.when(pl.col("metric") == metric.name).then(of_metric).otherwise(value)
    return warehouse.read(sql).select(*KEYS, pl.col("n").cast(pl.Int64), value=value)
