"""Read the rows of `pipeline_runs`, and find another live run of a team."""

from datetime import datetime, timedelta

from warehouse.connection import Reads, Row, Warehouse
from warehouse.progress.values import ReadRunState, Run, RunState, Status, StoredRun
from warehouse.windows import Phase, Window

# A run that Prefect does not know counts as alive for this long after its last commit.
SILENCE = timedelta(minutes=2)
# Whether the anchor was chosen by a person is stored with the team, for the anchor that the team has now.
_RUNS = """
SELECT r.*, coalesce(t.is_as_of_fixed AND t.as_of = r.as_of, false) AS is_as_of_fixed
FROM pipeline_runs r LEFT JOIN teams t ON t.team_id = r.team_id
"""


def read_latest_run(warehouse: Reads, team_id: str) -> StoredRun | None:
    """Return the team's run that began last, which progress is read from."""
    row = warehouse.read_one(f"{_RUNS} WHERE r.team_id = ? ORDER BY r.started_at DESC, r.run_id LIMIT 1", [team_id])
    return _stored(row) if row else None


def read_completed_at(warehouse: Reads, team_id: str) -> datetime | None:
    """Return when the last run of the team ended that did its work; None if there was none."""
    row = warehouse.read_one(_COMPLETED_AT, [team_id])
    return row["at"] if row else None


_COMPLETED_AT = "SELECT max(ended_at) AS at FROM pipeline_runs WHERE team_id = ? AND state IN ('completed', 'partial')"


def read_error_before(warehouse: Reads, run: StoredRun) -> str | None:
    """Return why the run before this one failed; None if it did not, or if there was none."""
    row = warehouse.read_one(_ERROR_BEFORE, [run.run.team_id, run.started_at, run.run.run_id])
    return row["error"] if row else None


_ERROR_BEFORE = """
SELECT error FROM pipeline_runs WHERE team_id = ? AND started_at <= ? AND run_id <> ? ORDER BY started_at DESC LIMIT 1
"""


def read_running(warehouse: Reads, run_id: str) -> StoredRun | None:
    """Return the run if its row says that it is running, else None."""
    row = warehouse.read_one(f"{_RUNS} WHERE r.run_id = ? AND r.state = 'running'", [run_id])
    return _stored(row) if row else None


def find_rival(
    warehouse: Warehouse, team_id: str, run_id: str, read_run_state: ReadRunState, now: datetime
) -> StoredRun | None:
    """Return the oldest other run of the team that is at work now, None if there is none.

    Prefect says whether a run is alive. If Prefect does not know it, it is alive while it commits or waits.
    """
    others = _read_other_runs(warehouse, team_id, run_id)
    return next((other for other in others if is_alive(other, read_run_state(other.run.run_id), now)), None)


def _read_other_runs(warehouse: Warehouse, team_id: str, run_id: str) -> list[StoredRun]:
    rows = warehouse.read(
        f"{_RUNS} WHERE r.team_id = ? AND r.run_id <> ? AND r.state = 'running' ORDER BY r.started_at, r.run_id",
        [team_id, run_id],
    ).to_dicts()
    return [_stored(row) for row in rows]


def is_alive(stored: StoredRun, state: RunState | None, now: datetime) -> bool:
    """Return whether a run is at work: as Prefect says, or if it does not know the run, while it commits or waits."""
    if state is not None:
        return not state.has_ended(now)
    return max(stored.moved_at + SILENCE, stored.waiting_until or stored.moved_at) > now


def _stored(row: Row) -> StoredRun:
    return StoredRun(
        run=_run(row),
        state=row["state"],
        stage=Status(row["stage"]),
        started_at=row["started_at"],
        moved_at=row["moved_at"],
        waiting_until=row["waiting_until"],
        waiting_for=row["waiting_for"],
        llm_total=row["llm_total"],
        llm_left=row["llm_left"],
        llm_stopped=row["llm_stopped"],
    )


def _run(row: Row) -> Run:
    return Run(
        run_id=row["run_id"],
        team_id=row["team_id"],
        flow=row["flow"],
        phase=Phase(row["phase"]),
        as_of=row["as_of"],
        window=Window(row["window_start"], row["window_end"]),
        is_as_of_fixed=row["is_as_of_fixed"],
    )
