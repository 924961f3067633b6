"""Write the progress of a run: the stage, the last commit, the end. Called by tasks and flows."""

from datetime import datetime

from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.progress.ending import find_ending
from warehouse.progress.runs import find_rival, is_alive, read_latest_run, read_running
from warehouse.progress.values import (
    FIRST_STAGE,
    STATUS_AFTER_FAILURE,
    ReadRunState,
    Run,
    RunState,
    Status,
    StoredRun,
    keep_open,
)
from warehouse.store import Merge, commit
from warehouse.windows import Phase


class TeamBusy(PrflowError):
    """Another run of the same team is running; the message names it."""

    hint = "Wait until it is done (`prflow status` says how far it is), or cancel it in Prefect. Then run this again."


def claim_team(warehouse: Warehouse, run: Run, read_run_state: ReadRunState, now: datetime) -> None:
    """Start a run for a team that no other run works on; raise TeamBusy otherwise, and leave that run alone.

    Two runs that begin at the same time both start, see each other, and the later one gives way.
    """
    refuse_rival(warehouse, run.team_id, read_run_state, now, run.run_id)
    before = warehouse.read_one("SELECT as_of, is_as_of_fixed FROM teams WHERE team_id = ?", [run.team_id])
    start_run(warehouse, run, now)
    rival = find_rival(warehouse, run.team_id, run.run_id, read_run_state, now)
    if rival is None or (rival.started_at, rival.run.run_id) > (now, run.run_id):
        return
    anchor = {} if before is None or rival.run.phase is Phase.RECENT else before
    commit(
        warehouse,
        _merge_team({"team_id": run.team_id, "status": rival.stage, **anchor}),
        _merge_run({"run_id": run.run_id, "state": "cancelled", "ended_at": now, "error": str(_busy(rival))}),
    )
    raise _busy(rival)


def refuse_rival(
    warehouse: Warehouse, team_id: str, read_run_state: ReadRunState, now: datetime, run_id: str = ""
) -> None:
    """Raise TeamBusy if another run of the team than `run_id` is running."""
    if rival := find_rival(warehouse, team_id, run_id, read_run_state, now):
        raise _busy(rival)


def _busy(rival: StoredRun) -> TeamBusy:
    since = f"{rival.started_at:%Y-%m-%d %H:%M} UTC"
    return TeamBusy(f"Another run is working on {rival.run.team_id}: its {rival.run.flow}, since {since}.")


def start_run(warehouse: Warehouse, run: Run, now: datetime) -> None:
    """Make `run` the one that progress is read from, when it is queued and again when it begins.

    The second call leaves the stage alone. The team's row is inserted if there is none.
    """
    known = warehouse.read_one("SELECT state FROM pipeline_runs WHERE run_id = ?", [run.run_id])
    if known and known["state"] == "running":
        note_moved(warehouse, run, now)
        return
    status = FIRST_STAGE.get(run.phase)
    if status is not None and was_open(warehouse, run.team_id):
        status = keep_open(status)
    commit(
        warehouse, _merge_team(_team_at_start(warehouse, run, status, now)), _merge_run(_run_at_start(run, status, now))
    )


def enter_stage(warehouse: Warehouse, run: Run, status: Status, now: datetime) -> None:
    """Change the team's status and the run's stage in one commit. A team that was once open stays so."""
    shown = keep_open(status) if was_open(warehouse, run.team_id) else status
    commit(
        warehouse,
        _merge_team({"team_id": run.team_id, "status": shown, "status_at": now, "error": None, "error_hint": None}),
        _merge_run({"run_id": run.run_id, "stage": shown, "moved_at": now, "waiting_until": None, "waiting_for": None}),
    )


def opens_early(warehouse: Warehouse, team_id: str) -> bool:
    """Return whether the team wants its first numbers before the reading ends, and has no pages yet."""
    row = warehouse.read_one("SELECT opens_early FROM teams WHERE team_id = ?", [team_id])
    return bool(row and row["opens_early"]) and not was_open(warehouse, team_id)


def open_pages(warehouse: Warehouse, run: Run, now: datetime) -> None:
    """Record that the run opened the team's pages; whatever follows leaves them open."""
    note_moved(warehouse, run, now, opened_at=now)


def note_moved(warehouse: Warehouse, run: Run, now: datetime, **columns: object) -> None:
    """Record that something was committed; `columns` are columns of `pipeline_runs` to set with it."""
    commit(warehouse, moved(run, now, **columns))


def moved(run: Run, now: datetime, **columns: object) -> Merge:
    """Return the same as a write, to be committed together with the work itself."""
    return _merge_run({"run_id": run.run_id, "moved_at": now, **columns})


def note_waiting(warehouse: Warehouse, run: Run, until: datetime | None, what: str | None, now: datetime) -> None:
    """Record that the run waits for a limit of `what` ('github' or 'llm') until then; None and None to end it."""
    note_moved(warehouse, run, now, waiting_until=until, waiting_for=what)


def note_spent(warehouse: Warehouse, run: Run, requests: int, points: int, now: datetime) -> None:
    """Add requests and points of GitHub's to the run's row."""
    row = warehouse.read_one("SELECT github_requests, github_points FROM pipeline_runs WHERE run_id = ?", [run.run_id])
    spent = row or {"github_requests": None, "github_points": None}
    note_moved(
        warehouse,
        run,
        now,
        github_requests=(spent["github_requests"] or 0) + requests,
        github_points=(spent["github_points"] or 0) + points,
    )


def finish_run(warehouse: Warehouse, run: Run, status: Status, state: str, now: datetime) -> None:
    """Record that the run ended with its work done (`completed`) or with a part left to the next run (`partial`)."""
    commit(
        warehouse,
        _merge_team({"team_id": run.team_id, "status": status, "status_at": now, "error": None, "error_hint": None}),
        _merge_run(
            {
                "run_id": run.run_id,
                "state": state,
                "stage": status,
                "moved_at": now,
                "ended_at": now,
                "waiting_until": None,
                "waiting_for": None,
                "error": None,
                "error_hint": None,
            }
        ),
    )


def fail_run(warehouse: Warehouse, run: Run, error: str, hint: str, now: datetime, state: str = "failed") -> None:
    """Record that the run failed.

    A first phase leaves the team `failed`, unless its dashboard was open before; a background phase returns it to
    `phase1_complete` and a later sync to `complete`, with the error beside it: what is stored stays usable.
    """
    status = STATUS_AFTER_FAILURE[run.phase]
    if was_open(warehouse, run.team_id):
        status = keep_open(status)
    commit(
        warehouse,
        _merge_team({"team_id": run.team_id, "status": status, "status_at": now, "error": error, "error_hint": hint}),
        _merge_run(
            {
                "run_id": run.run_id,
                "state": state,
                "moved_at": now,
                "ended_at": now,
                "waiting_until": None,
                "waiting_for": None,
                "error": error,
                "error_hint": hint,
            }
        ),
    )


def resume_run(warehouse: Warehouse, run_id: str, now: datetime) -> None:
    """Take back that a run crashed: its process is alive. Nothing changes if the run has no such record."""
    row = warehouse.read_one("SELECT * FROM pipeline_runs WHERE run_id = ? AND state = 'crashed'", [run_id])
    latest = read_latest_run(warehouse, row["team_id"]) if row else None
    if row is None or latest is None or latest.run.run_id != run_id:
        return
    team: dict[str, object] = {"team_id": row["team_id"], "error": None, "error_hint": None}
    if latest.run.phase is not Phase.INCREMENTAL:
        team |= {"status": row["stage"], "status_at": now}
    ended: dict[str, object] = {"ended_at": None, "error": None, "error_hint": None}
    commit(
        warehouse,
        _merge_team(team),
        _merge_run({"run_id": run_id, "state": "running", "moved_at": now, **ended}),
    )


def reconcile(
    warehouse: Warehouse, team_id: str, read_run_state: ReadRunState, now: datetime, *, is_unknown_gone: bool = False
) -> str | None:
    """Write back how a run ended whose own hooks never ran; return the error for people, or None.

    With `is_unknown_gone` a run that Prefect responds not to know (its database was wiped or restored) has crashed if
    it neither commits nor waits: for readers that return None for that alone, and not if Prefect is away.
    """
    latest = read_latest_run(warehouse, team_id)
    if latest is None or latest.state != "running":
        return None
    known = read_run_state(latest.run.run_id)
    if known is None and is_unknown_gone and not is_alive(latest, None, now):
        known = RunState(latest.run.run_id, "", "CRASHED")
    ended = find_ending(latest, known, now)
    if ended is None or read_running(warehouse, latest.run.run_id) is None:
        return None
    state, error, hint = ended
    fail_run(warehouse, latest.run, error, hint, now, state)
    return error


def was_open(warehouse: Warehouse, team_id: str) -> bool:
    """Return whether the team's dashboard was ever open: a run of it ended with its work done, or opened it early."""
    return warehouse.read_one(_WAS_OPEN, [team_id]) is not None


_WAS_OPEN = """
SELECT 1 AS open FROM pipeline_runs
WHERE team_id = ? AND (state IN ('completed', 'partial') OR opened_at IS NOT NULL) LIMIT 1
"""


def _merge_team(row: dict[str, object]) -> Merge:
    return Merge(schema.teams, schema.frame(schema.teams, [row], row))


def _merge_run(row: dict[str, object]) -> Merge:
    return Merge(schema.pipeline_runs, schema.frame(schema.pipeline_runs, [row], row))


def _team_at_start(warehouse: Warehouse, run: Run, status: Status | None, now: datetime) -> dict[str, object]:
    known = warehouse.read_one("SELECT created_at FROM teams WHERE team_id = ?", [run.team_id])
    row: dict[str, object] = {"team_id": run.team_id, "error": None, "error_hint": None}
    if status is not None:
        row |= {"status": status, "status_at": now}
    if run.phase is Phase.RECENT:
        row |= {"as_of": run.as_of, "is_as_of_fixed": run.is_as_of_fixed}
    if known is None:
        row |= {"login": run.team_id}
    if known is None or known["created_at"] is None:  # its repositories may have been chosen before
        row |= {"created_at": now, "timezone": "UTC", "has_people_views": False}
    return row


def _run_at_start(run: Run, status: Status | None, now: datetime) -> dict[str, object]:
    return {
        "run_id": run.run_id,
        "team_id": run.team_id,
        "flow": run.flow,
        "phase": run.phase,
        "state": "running",
        "stage": status or Status.COMPLETE,
        "as_of": run.as_of,
        "window_start": run.window.start,
        "window_end": run.window.end,
        "started_at": now,
        "moved_at": now,
    }
