"""Reads of the teams and of the repositories that each of them follows."""

import duckdb
import polars as pl

from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.metrics.members import find_memberships


def read_teams(warehouse: Warehouse) -> pl.DataFrame:
    """Read one row per team, by login; raise `WarehouseMissing` before the tables exist."""
    try:
        return warehouse.read("SELECT * FROM teams ORDER BY lower(login), team_id")
    except duckdb.CatalogException:
        raise WarehouseMissing("The warehouse is being created.") from None


def read_latest_team(warehouse: Warehouse) -> str:
    """Return the team whose run began last; empty if there is no team yet, which then reads as `not_started`.

    Raises WarehouseMissing before the tables exist.
    """
    try:
        row = warehouse.read_one(_LATEST_TEAM)
    except duckdb.CatalogException:
        raise WarehouseMissing("The warehouse is being created.") from None
    return str(row["team_id"]) if row else ""


_LATEST_TEAM = """
SELECT t.team_id FROM teams t LEFT JOIN pipeline_runs r USING (team_id)
ORDER BY r.started_at DESC NULLS LAST, t.team_id LIMIT 1
"""


def read_timezone(warehouse: Warehouse, team_id: str) -> str:
    """Return the zone in which the team's weeks begin, an IANA name."""
    row = warehouse.read_one("SELECT timezone FROM teams WHERE team_id = ?", [team_id])
    return str((row and row["timezone"]) or "UTC")


def read_team_sizes(warehouse: Warehouse) -> pl.DataFrame:
    """Read one row per team: its names, its state, what is stored of it, and when its last run began."""
    return warehouse.read(
        """
        SELECT t.team_id, coalesce(t.login, t.team_id) AS login, t.name, t.status, t.error,
               coalesce(t.is_paused, false) AS is_paused, coalesce(t.is_simulated, false) AS is_simulated,
               t.earlier_ids,
               (SELECT count(*) FROM repositories r WHERE r.team_id = t.team_id AND r.is_followed) AS repositories,
               (SELECT count(*) FROM pull_requests p WHERE p.team_id = t.team_id) AS pull_requests,
               (SELECT max(started_at) FROM pipeline_runs x WHERE x.team_id = t.team_id) AS last_run_at
        FROM teams t ORDER BY lower(t.login), t.team_id
        """
    )


def read_repositories(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per followed repository, by name."""
    return warehouse.read(
        "SELECT * FROM repositories WHERE team_id = ? AND is_followed ORDER BY lower(full_name)", [team_id]
    )


def read_github_teams(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read one row per team within the organisation, by name: `id`, `name`, `members` (as stored now)."""
    return warehouse.read(
        """
        SELECT t.id, coalesce(t.name, t.slug) AS name,
               (SELECT count(*) FROM organisation_team_members m
                WHERE m.team_id = t.team_id AND m.organisation_team_id = t.id) AS members
        FROM organisation_teams t WHERE t.team_id = ? ORDER BY lower(coalesce(t.name, t.slug)), t.id
        """,
        [team_id],
    )


def read_memberships(warehouse: Warehouse, team_id: str) -> pl.DataFrame:
    """Read who was a member of which GitHub team when, as `find_memberships` describes it."""
    existing = warehouse.read("SELECT id FROM organisation_teams WHERE team_id = ?", [team_id])
    return find_memberships(existing, warehouse.read("SELECT * FROM team_memberships WHERE team_id = ?", [team_id]))
