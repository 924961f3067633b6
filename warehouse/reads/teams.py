"""Reads of the teams and of the repositories that each of them follows."""

import duckdb
import polars as pl

from warehouse.connection import Warehouse, WarehouseMissing


def read_teams(warehouse: Warehouse) -> pl.DataFrame:
    """Read one row per team, by login; raise `WarehouseMissing` before the tables exist."""
    try:
        return warehouse.read("SELECT * FROM teams ORDER BY lower(login), team_id")
    except duckdb.CatalogException:
        raise WarehouseMissing("The warehouse is being created.") from None


def read_repositories(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per followed repository, by name."""
    return warehouse.read(
        "SELECT * FROM repositories WHERE team_id = ? AND is_followed ORDER BY lower(full_name)", [team_id]
    )
