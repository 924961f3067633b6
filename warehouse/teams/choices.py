"""What a team chooses about its pages: the zone in which its weeks begin, and whether people are shown."""

from zoneinfo import available_timezones

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.identity.team_calendar import NO_ZONES
from warehouse.store import Merge, commit


class UnknownZone(PrflowError, ValueError):
    """No time zone of that name."""

    hint = "Write the name of an IANA time zone, for example Europe/Berlin or UTC."


def set_timezone(warehouse: Warehouse, team_id: str, zone: str) -> None:
    """Let the team's weeks begin in this zone (an IANA name), from the next run on. Raises UnknownZone."""
    if zone not in available_timezones() - NO_ZONES:
        raise UnknownZone(f"There is no time zone {zone[:60]}.")
    _set(warehouse, {"team_id": team_id, "timezone": zone})


def set_people_views(warehouse: Warehouse, team_id: str, *, is_allowed: bool) -> None:
    """Allow numbers per person, or take them off the pages."""
    _set(warehouse, {"team_id": team_id, "has_people_views": is_allowed})


def _set(warehouse: Warehouse, row: dict[str, object]) -> None:
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, [row], row)))
