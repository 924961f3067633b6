"""Weekly numbers of text tables, drawn as text tables."""

import polars as pl

from tests.warehouse.metrics.tables import AS_OF, FIRST_MONDAY, draw, make_facts, parse
from warehouse.metrics.anchors import compute_pull_request_metrics
from warehouse.metrics.facts import Facts
from warehouse.metrics.weekly import compute_weekly_metrics


def compute(facts: Facts) -> pl.DataFrame:
    """Compute the weekly values; `week` is `Mon`, `Mon2` or `Mon3`, as in the tables."""
    weekly = compute_weekly_metrics(facts, compute_pull_request_metrics(facts, AS_OF), AS_OF)
    number = (pl.col("week_start") - FIRST_MONDAY.date()).dt.total_days() // 7 + 1
    name = pl.when(number == 1).then(pl.lit("Mon")).otherwise(pl.format("Mon{}", number))
    return weekly.with_columns(week=name)


def check(metric: str, expected: str, scope: str = "team", **tables: str) -> None:
    """Check that the metric has the weekly values that `expected` draws, for the pull requests of `tables`."""
    weekly = compute(make_facts(**tables)).filter((pl.col("metric") == metric) & (pl.col("scope") == scope))
    assert draw(weekly.sort("week_start", "scope_id"), expected) == parse(expected)
