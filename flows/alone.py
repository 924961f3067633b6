"""One run of a team at a time: whether another one is on, and whether a team may be synced by hand at all."""

from datetime import datetime, timedelta
from typing import Any

from flows.clock import now
from warehouse.connection import Warehouse
from warehouse.progress import OPEN, ReadRunState, Status

# A run commits something every second, or says for what it waits: one that has been silent for so long is gone,
# whatever Prefect still says of it.
SILENT_AFTER = timedelta(minutes=10)


class AlreadyRunning(Exception):
    """Another run of the team is on; the message names it."""

    hint = "Wait for its end (`prflow status` shows how far it is), or cancel it in Prefect."


class NotOnboarded(Exception):
    """The team's first run did not come to its end; the message says what to do."""


def refuse_second_run(
    warehouse: Warehouse, team: str, read_run_state: ReadRunState, own_run_id: str | None = None
) -> None:
    """Raises AlreadyRunning where a run of `team` other than this one is at work."""
    row = warehouse.read_one(
        "SELECT * FROM pipeline_runs WHERE team_id = ? AND state = 'running' ORDER BY started_at DESC LIMIT 1",
        [team.lower()],
    )
    if row is None or row["run_id"] == own_run_id:
        return
    state = read_run_state(row["run_id"])
    if (state is None or not state.is_over) and not _is_silent(row, now()):
        raise AlreadyRunning(f"{team} has a run on already: {row['flow']}, since {row['started_at']:%H:%M} UTC.")


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


def _is_silent(row: dict[str, Any], at: datetime) -> bool:
    is_waiting = row["waiting_until"] is not None and row["waiting_until"] > at
    return not is_waiting and at - row["moved_at"] > SILENT_AFTER
