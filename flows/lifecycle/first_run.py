"""Whether a sync of a single repository is the first run of its team."""

from typing import Any

from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.progress import OPEN, Status


class NotOnboarded(PrflowError):
    """The team has no complete first run; the hint says how to get one."""


def is_first_run(warehouse: Warehouse, team: dict[str, Any] | None) -> bool:
    """Return whether nothing was fetched yet of `team` (its row); NotOnboarded if its onboarding is unfinished."""
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
    raise NotOnboarded(f"The first run of {login} is not finished.", f"Continue it with `prflow onboard {login}`.")
