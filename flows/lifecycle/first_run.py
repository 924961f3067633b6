"""Whether a team may be synced by hand."""

from typing import Any

from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.progress import OPEN, Status


class NotOnboarded(PrflowError):
    """The team's first run did not come to its end; the message says what to do."""


def is_first_run(warehouse: Warehouse, team: dict[str, Any] | None) -> bool:
    """True for a team (its row) of which nothing was fetched yet; NotOnboarded where its onboarding is unfinished."""
    if team is None or team["status"] is None:
        return True
    if Status(team["status"]) in OPEN:
        return False
    last = warehouse.read_one(
        "SELECT flow FROM pipeline_runs WHERE team_id = ? ORDER BY started_at DESC LIMIT 1", [team["team_id"]]
    )
    if last is None or last["flow"] == "sync":
        return True
    login = team["login"] or team["team_id"]
    raise NotOnboarded(f"The first run of {login} is not finished: `prflow onboard {login}` goes on with it.")
