"""Whether a run is over without its row saying so, and whether another run of the team is at work."""

from datetime import datetime, timedelta

from warehouse.connection import Warehouse
from warehouse.progress.runs import read_other_runs
from warehouse.progress.values import STAGES, ReadRunState, RunState, StoredRun
from warehouse.windows import Phase

# A run that Prefect does not know counts as alive for this long after its last commit.
SILENCE = timedelta(minutes=2)


def find_ending(stored: StoredRun, state: RunState | None) -> tuple[str, str, str] | None:
    """Return (state, error, hint) of a run that is over while its row still says running, else None."""
    if stored.state != "running" or state is None or not state.is_over:
        return None
    where = _where(stored)
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


def _where(stored: StoredRun) -> str:
    """Name its flow or its stage: a refresh leaves the team's stage at complete."""
    is_incremental = stored.run.phase is Phase.INCREMENTAL
    return f"its {stored.run.flow}" if is_incremental else f"“{STAGES[stored.stage].lower()}”"


def find_rival(
    warehouse: Warehouse, team_id: str, run_id: str, read_run_state: ReadRunState, now: datetime
) -> StoredRun | None:
    """Return the oldest other run of the team that is at work now, None if there is none.

    Prefect says whether a run is alive. If Prefect does not know it, it is alive while it commits or waits.
    """
    others = read_other_runs(warehouse, team_id, run_id)
    return next((other for other in others if _is_alive(other, read_run_state(other.run.run_id), now)), None)


def _is_alive(stored: StoredRun, state: RunState | None, now: datetime) -> bool:
    if state is not None:
        return not state.is_over
    return max(stored.moved_at + SILENCE, stored.waiting_until or stored.moved_at) > now
