"""Readings that the model gave a second time, with the fields of the pull request in another order."""

import polars as pl

from warehouse.connection import Warehouse


def read_second_readings(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read the rows of `second_readings` of the model and the prompt that read last, for `compute_flips`."""
    return warehouse.read(_SECOND, {"team": team_id})


_SECOND = """
WITH mine AS (SELECT * FROM second_readings WHERE team_id = $team),
newest AS (SELECT model, prompt_version, schema_version FROM mine ORDER BY read_at DESC, pull_request_id LIMIT 1)
SELECT mine.* FROM mine JOIN newest USING (model, prompt_version, schema_version)
WHERE mine.error_code IS NULL ORDER BY mine.pull_request_id
"""
