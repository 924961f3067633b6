"""Accounts as GitHub names them: what each response says about an id and its login of today."""

from collections.abc import Mapping, MutableMapping
from datetime import datetime

from warehouse import schema
from warehouse.committer import Change, MergeRows, combine
from warehouse.connection import Warehouse
from warehouse.identity.logins import read_known_logins
from warehouse.identity.sighting import Sighting, account_row
from warehouse.store import Write


def sightings_to_changes(
    team_id: str, seen: Mapping[str, Sighting], known: MutableMapping[str, str], now: datetime
) -> list[Change]:
    """Return the changes that record new accounts and new logins, and update `known`, which maps ids to logins.

    `until` of the login before and `since` of the new one are both `now`: when prflow noticed.
    """
    new = [one for one in seen.values() if known.get(one.id) != one.login]
    if not new:
        return []
    ended = [
        {"team_id": team_id, "account_id": one.id, "login": known[one.id], "until": now}
        for one in new
        if one.id in known
    ]
    known.update((one.id, one.login) for one in new)
    changes: list[Change] = [
        MergeRows(schema.accounts, [account_row(team_id, one) for one in new]),
        MergeRows(schema.account_logins, [_login(team_id, one, now) for one in new]),
    ]
    return [*changes, MergeRows(schema.account_logins, ended)] if ended else changes


def _login(team_id: str, one: Sighting, now: datetime) -> dict[str, object]:
    return {"team_id": team_id, "account_id": one.id, "login": one.login, "since": now, "until": None}


def record_sightings(warehouse: Warehouse, team_id: str, seen: Mapping[str, Sighting], now: datetime) -> list[Write]:
    """Return the writes that record new accounts and new logins."""
    known = read_known_logins(warehouse, team_id) if seen else {}
    return combine(sightings_to_changes(team_id, seen, known, now), set())
