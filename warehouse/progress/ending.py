"""Which run a team's progress is read from, and whether it is over without having said so."""

from typing import Any

from warehouse.connection import Warehouse
from warehouse.progress.values import STAGES, RunState, Status


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
    where = STAGES[Status(run["stage"])].lower()
    retry = "Retry: what is done is kept and not done again."
    match state.state:
        case "CANCELLED":
            return "cancelled", f"The run was cancelled during “{where}”.", retry
        case "CRASHED":
            return "crashed", f"The process of the run ended abruptly during “{where}”.", retry
        case "FAILED":
            return (
                "failed",
                f"The run failed during “{where}” before it could say why.",
                f"See its log in Prefect. {retry}",
            )
        case _:
            return "failed", f"The run ended during “{where}” without finishing its work.", retry
