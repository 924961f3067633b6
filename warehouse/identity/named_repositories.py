"""Whether a team follows only the repositories that a person named: then new ones of its owner are not followed."""

from datetime import datetime

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Delete, Merge, Write

FOLLOW, NAMED = "follow", "named"
"""Name and value of the setting, a row of `team_settings`."""


def follows_only_named(warehouse: Warehouse, team_id: str) -> bool:
    """Return whether the team was onboarded with single repositories, and never with all of its owner."""
    sql = "SELECT 1 AS found FROM team_settings WHERE team_id = ? AND name = ? AND value = ?"
    return warehouse.read_one(sql, [team_id, FOLLOW, NAMED]) is not None


def follow_only_named(team_id: str, now: datetime) -> Write:
    """Return the row that says so from now on."""
    row = {"team_id": team_id, "name": FOLLOW, "value": NAMED, "set_at": now}
    return Merge(schema.team_settings, schema.frame(schema.team_settings, [row]))


def follow_all(team_id: str) -> Write:
    """Return the write after which new repositories are followed."""
    return Delete(schema.team_settings, {"team_id": team_id, "name": FOLLOW, "value": NAMED})
