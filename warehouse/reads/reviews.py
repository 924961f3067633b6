"""Reads behind the numbers about reviews."""

import polars as pl

from warehouse.connection import Warehouse
from warehouse.metrics.samples import compute_reviews
from warehouse.read_facts import read_review_facts

_METRICS = "SELECT pull_request_id, repository_id, is_bot, excluded_by, is_complete FROM pull_request_metrics"


def read_submitted_reviews(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per submitted review by a human other than the author, as `compute_reviews` describes them.

    Those of pull requests that have no metrics yet are left out.
    """
    facts = read_review_facts(warehouse, team_id)
    metrics = warehouse.read(f"{_METRICS} WHERE team_id = ?", [team_id])
    return compute_reviews(facts, metrics).filter(pl.col("repository_id").is_not_null())
