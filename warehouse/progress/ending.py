"""Which run a team's progress is read from, and whether it is over without having said so."""

from datetime import datetime, timedelta
from typing import Any

from warehouse.connection import Warehouse
from warehouse.progress.values import STAGES, ReadRunState, RunState, Status

# A run that Prefect does not know counts as alive for this long after its last commit.
SILENCE = timedelta(minutes=2)
INCREMENTAL = 3


def read_latest_run(warehouse: Warehouse, team_id: str) -> dict[str, Any] | None:
    return warehouse.read_one(
        "SELECT * FROM pipeline_runs WHERE team_id = ? ORDER BY started_at DESC, run_id LIMIT 1", [team_id]
    )


def is_still_running(warehouse: Warehouse, run_id: str) -> bool:
    row = warehouse.read_one("SELECT state FROM pipeline_runs WHERE run_id = ?", [run_id])
    return row is not None and row["state"] == "running"


def find_ending(run: dict[str, Any], state: RunState | None) -> tuple[str, str, str] | None:
    """(state, error, hint) of a run that is over while its row still says running; else None."""
    if run["state"] != "running" or state is None or not state.is_over:
        return None
    where = _where(run)
    retry = "Retry: what is done is kept and not done again."
    match state.state:
        case "CANCELLED":
            return "cancelled", f"The run was cancelled during {where}.", retry
        case "CRASHED":
            return "crashed", f"The process of the run ended abruptly during {where}.", retry
        case "FAILED":
            return (
                "failed",
                f"The run failed during {where} before it could say why.",
                f"See its log in Prefect. {retry}",
            )
        case _:
            return "failed", f"The run ended during {where} without finishing its work.", retry


def _where(run: dict[str, Any]) -> str:
    """What it was doing: a refresh leaves the team's stage at complete."""
    return f"its {run['flow']}" if run["phase"] == INCREMENTAL else f"“{STAGES[Status(run['stage'])].lower()}”"


def find_rival(
    warehouse: Warehouse, team_id: str, run_id: str, read_run_state: ReadRunState, now: datetime
) -> dict[str, Any] | None:
    """Another run of the team that is at work just now, the one that began first; None where there is none.

    Prefect says whether it is alive. Of a run that Prefect does not know its commits say it, or its waiting.
    """
    rows = warehouse.read(
        "SELECT * FROM pipeline_runs WHERE team_id = ? AND run_id <> ? AND state = 'running' "
        "ORDER BY started_at, run_id",
        [team_id, run_id],
    ).to_dicts()
    return next((row for row in rows if _is_alive(row, read_run_state(row["run_id"]), now)), None)


def _is_alive(row: dict[str, Any], state: RunState | None, now: datetime) -> bool:
    if state is not None:
        return not state.is_over
    moments = (row["moved_at"] + SILENCE, row["waiting_until"] or row["moved_at"])
    return bool(max(moments) > now)
