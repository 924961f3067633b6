"""The team that a person means, by whatever name they know it."""

from warehouse.connection import Warehouse
from warehouse.errors import UnknownTeam
from warehouse.identity.teams import find_team
from warehouse.reads.teams import read_latest_team


def choose_team(warehouse: Warehouse, name: str | None = None) -> str:
    """Return the id of the team that is or was called `name`, in any case, or of the one whose run began last.

    Raises UnknownTeam, which names the teams that there are.
    """
    found = find_team(warehouse, name) if name else read_latest_team(warehouse)
    if found:
        return found
    raise UnknownTeam(name or "", list_logins(warehouse))


def list_logins(warehouse: Warehouse) -> list[str]:
    """Return the login of each team's owner, in alphabetical order."""
    rows = warehouse.read("SELECT coalesce(login, team_id) AS login FROM teams ORDER BY lower(login), team_id")
    return [str(login) for login in rows["login"]]
