"""Read the progress of a team: one function behind every bar, badge, banner and `prflow status`."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from warehouse.connection import Reads, Row
from warehouse.progress.ending import find_ending
from warehouse.progress.runs import read_completed_at, read_error_before, read_latest_run, read_running
from warehouse.progress.values import (
    BACKGROUND,
    BLOCKED,
    OPEN,
    SHARES,
    STAGES,
    STATUS_AFTER_FAILURE,
    Progress,
    ReadRunState,
    RepositoryProgress,
    RunState,
    Status,
    StoredRun,
    keep_open,
    stage_of_phase,
)
from warehouse.windows import Phase

# The statuses of a repository that a run is working on.
AT_WORK = frozenset({"scanning", "syncing"})
# While these stand, what an earlier run counted is no total of this one.
COUNTED_ANEW = frozenset({Status.SYNCING, Status.BACKGROUND_SYNCING})


def read_progress(warehouse: Reads, team_id: str, read_run_state: ReadRunState, now: datetime) -> Progress:
    """Read the progress of `team_id`, as every screen shows it. An unknown team is `not_started`."""
    team = warehouse.read_one("SELECT * FROM teams WHERE team_id = ?", [team_id])
    if team is None:
        return Progress(
            team_id, team_id, Status.NOT_STARTED, 0.0, STAGES[Status.NOT_STARTED], "Nothing was fetched yet."
        )
    run = read_latest_run(warehouse, team_id)
    state = read_run_state(run.run.run_id) if run else None
    ended = find_ending(run, state, now) if run else None
    if run and ended and read_running(warehouse, run.run.run_id) is None:
        # It ended between the two readings: not a disagreement, so read again.
        return read_progress(warehouse, team_id, lambda _: state, now)
    return _assemble(warehouse, team, run, state, ended, now)


def _assemble(
    warehouse: Reads,
    team: Row,
    run: StoredRun | None,
    state: RunState | None,
    ended: tuple[str, str, str] | None,
    now: datetime,
) -> Progress:
    status = _status(team, run, ended)
    counts = _Counts.read(warehouse, team["team_id"], run, status)
    is_running = status in BLOCKED or status in BACKGROUND
    failed_at = _failed_at(run, ended)
    return Progress(
        team_id=team["team_id"],
        login=team["login"] or team["team_id"],
        status=status,
        percent=_percent(failed_at if failed_at and status is Status.FAILED else status, counts),
        stage=STAGES[stage_of_phase(status, run.run.phase if run else None)],
        description=_describe(status, counts, state, failed_at),
        **_run_part(run, state, is_running, now),
        prs_synced=counts.done,
        prs_total=counts.total,
        llm_done=counts.llm_done,
        llm_total=counts.llm_total,
        error=ended[1] if ended else team["error"],
        error_hint=ended[2] if ended else team["error_hint"],
        disagreement=_disagreement(team, state) if ended else None,
        is_simulated=bool(team["is_simulated"]),
        is_analysis_simulated=bool(team["is_analysis_simulated"]),
        is_without_model=bool(team["is_without_model"]),
        as_of=team["as_of"],
        completed_at=read_completed_at(warehouse, team["team_id"]),
        failed_stage=STAGES[failed_at] if failed_at else None,
        previous_error=read_error_before(warehouse, run) if run and is_running else None,
        llm_left=(run.llm_left or 0) if run and not is_running else 0,
        llm_stopped=run.llm_stopped if run and not is_running else None,
        repos_failed=sum(repo.sync_status == "failed" for repo in counts.repos),
        last_sync_at=max((r.last_sync_at for r in counts.repos if r.last_sync_at), default=None),
        repos=counts.repos if _is_at_work(run, ended) else tuple(_at_rest(repo) for repo in counts.repos),
    )


def _is_at_work(run: StoredRun | None, ended: tuple[str, str, str] | None) -> bool:
    return run is not None and run.state == "running" and ended is None


def _at_rest(repo: RepositoryProgress) -> RepositoryProgress:
    """Mark a repository that a dead run left at work as pending: it waits for the next run. Its counts stay."""
    return replace(repo, sync_status="pending") if repo.sync_status in AT_WORK else repo


def _run_part(run: StoredRun | None, state: RunState | None, is_running: bool, now: datetime) -> dict[str, Any]:
    if run is None:
        return {}
    waiting = is_running and run.waiting_until is not None and run.waiting_until > now
    return {
        "phase": run.run.phase,
        "run_id": run.run.run_id,
        "run_name": state.name if state else None,
        "run_url": state.url if state else None,
        "run_state": state.state if state else None,
        "started_at": run.started_at,
        "moved_at": run.moved_at,
        "seconds_still": max(0.0, (now - run.moved_at).total_seconds()) if is_running else None,
        "waiting_until": run.waiting_until if waiting else None,
        "waiting_for": run.waiting_for if waiting else None,
    }


def _status(team: Row, run: StoredRun | None, ended: tuple[str, str, str] | None) -> Status:
    stored = Status(team["status"] or Status.NOT_STARTED)
    if run is None or ended is None:
        return stored
    after = STATUS_AFTER_FAILURE[run.run.phase]
    return keep_open(after) if stored in OPEN else after


def _failed_at(run: StoredRun | None, ended: tuple[str, str, str] | None) -> Status | None:
    """Return the stage in which the last run failed; None if it did not, or is of a kind without stages."""
    has_failed = run is not None and (ended is not None or run.state in {"failed", "crashed", "cancelled"})
    return run.stage if run is not None and has_failed and run.stage in SHARES else None


def _disagreement(team: Row, state: RunState | None) -> str:
    said = STAGES[Status(team["status"] or Status.NOT_STARTED)].lower()
    ended = state.state.lower() if state else "over"
    return f"The warehouse still says “{said}”, but Prefect says the run is {ended}: the run is right."


@dataclass(frozen=True)
class _Counts:
    done: int = 0
    total: int | None = None
    llm_done: int = 0
    llm_total: int | None = None
    repos: tuple[RepositoryProgress, ...] = field(default=())

    @classmethod
    def read(cls, warehouse: Reads, team_id: str, run: StoredRun | None, status: Status) -> "_Counts":
        started_at = run.started_at if run and status in COUNTED_ANEW else None
        phases = list(Phase) if status is Status.COMPLETE else [run.run.phase if run else Phase.RECENT]
        if status is Status.PHASE1_COMPLETE:
            phases = [Phase.RECENT]
        repos = tuple(
            RepositoryProgress(**row)
            for row in warehouse.read(
                REPOSITORIES_SQL, {"phases": phases, "team": team_id, "since": started_at}
            ).to_dicts()
        )
        totals = [repo.sync_prs_total for repo in repos if repo.sync_prs_total is not None]
        is_counted = bool(totals) and (status not in COUNTED_ANEW or len(totals) == len(repos))
        read = _read_llm(warehouse, run)
        return cls(
            done=sum(repo.sync_prs_completed for repo in repos),
            total=sum(totals) if is_counted else None,
            llm_done=read[0],
            llm_total=read[1],
            repos=repos,
        )


# A repository is counted (its total known) once its scan by the run is written; until then total is NULL.
REPOSITORIES_SQL = """
SELECT r.id, r.full_name, coalesce(r.sync_status, 'pending') AS sync_status,
       CASE WHEN NOT is_counted THEN NULL
            WHEN coalesce(i.total, 0) = 0 THEN 100.0
            ELSE round(100.0 * i.done / i.total, 1) END AS sync_progress,
       coalesce(i.done, 0) AS sync_prs_completed,
       CASE WHEN is_counted THEN coalesce(i.total, 0) END AS sync_prs_total,
       r.last_sync_at, r.last_sync_error
FROM (
    SELECT *, coalesce(sync_status, 'pending') NOT IN ('pending', 'scanning')
              AND (sync_status IN ('syncing', 'failed') OR coalesce(last_sync_at >= $since, true)) AS is_counted
    FROM repositories WHERE team_id = $team AND is_followed
) r
LEFT JOIN (
    SELECT repository_id, count(DISTINCT pull_request_id) AS total,
           count(DISTINCT pull_request_id) FILTER (state = 'done') AS done
    FROM sync_items WHERE phase IN (SELECT unnest($phases)) GROUP BY repository_id
) i ON i.repository_id = r.id
ORDER BY lower(r.full_name)
"""


def _read_llm(warehouse: Reads, run: StoredRun | None) -> tuple[int, int | None]:
    if run is None or run.llm_total is None:
        return 0, None
    row = warehouse.read_one("SELECT count(*) AS done FROM pr_analysis WHERE run_id = ?", [run.run.run_id])
    done = int(row["done"]) if row else 0
    return done, max(done, run.llm_total)


def _percent(status: Status, counts: _Counts) -> float:
    if status in {Status.COMPLETE, Status.PHASE1_COMPLETE}:
        return 100.0
    if status not in SHARES:
        return 0.0
    start, end = SHARES[status]
    return round(start + (end - start) * _share_of_stage(status, counts), 1)


def _share_of_stage(status: Status, counts: _Counts) -> float:
    if status in {Status.SYNCING, Status.BACKGROUND_SYNCING}:
        return counts.done / counts.total if counts.total else 0.0
    if status in {Status.LLM_PROCESSING, Status.BACKGROUND_LLM}:
        return counts.llm_done / counts.llm_total if counts.llm_total else 0.0
    return 0.0


def _describe(status: Status, counts: _Counts, state: RunState | None, failed_at: Status | None) -> str:
    if state and state.state in {"SCHEDULED", "PENDING"}:
        return "The run is queued and starts as soon as a worker takes it."
    match status:
        case Status.SYNCING | Status.BACKGROUND_SYNCING if counts.total is None:
            return "Counting the pull requests of each repository."
        case Status.SYNCING | Status.BACKGROUND_SYNCING:
            return f"{counts.done:,} of {counts.total:,} pull requests fetched."
        case Status.LLM_PROCESSING | Status.BACKGROUND_LLM if counts.llm_total is not None:
            return f"{counts.llm_done:,} of {counts.llm_total:,} pull requests read."
        case Status.FAILED if failed_at is not None:
            return f"Failed at: {STAGES[failed_at].lower()}."
        case Status.COMPLETE | Status.PHASE1_COMPLETE:
            return f"{counts.done:,} pull requests are in the warehouse."
        case _:
            return STAGES[status] + "."
