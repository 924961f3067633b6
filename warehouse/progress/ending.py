"""Find runs that are over while their rows still say that they are running."""

from datetime import datetime

from warehouse.progress.values import STAGES, RunState, StoredRun
from warehouse.windows import Phase


def find_ending(stored: StoredRun, state: RunState | None, now: datetime) -> tuple[str, str, str] | None:
    """Return (state, error, hint) of a run that is over while its row still says running, else None."""
    if stored.state != "running" or state is None or not state.has_ended(now):
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
