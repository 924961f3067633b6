"""Runs whose processes ended abruptly, on whatever worker: they go on under their own ids, with what is stored."""

from datetime import datetime, timedelta

from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import AwaitingRetry

from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.ours import TAGGED, runs_of
from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.identity.teams import find_team
from warehouse.progress import RunState, resume_run
from warehouse.progress.runs import read_latest_run

RESUMED = (Deployment.ONBOARDING, Deployment.BACKGROUND, Deployment.REFRESH, Deployment.ANALYSIS)
"""What works on a team. A helper's parts are taken over, and the next night does what a night left."""
# What kills a process each time (too little memory, say) is a matter for a person.
MAX_STARTS = 3
RECENTLY = timedelta(hours=6)


def resume_crashed() -> list[str]:
    """Let runs go on that crashed in the last hours, as long as nothing came after them; return their names."""
    with get_client(sync_client=True) as client:
        crashed = [run for run in _read_crashed(client) if is_resumed(run, now())]
        resumed = [run for run in crashed if _is_last_of_team(run)]
        for run in resumed:
            message = "The process of the run ended abruptly. It goes on."
            client.set_flow_run_state(run.id, AwaitingRetry(message=message), force=True)
            with Warehouse() as warehouse:
                resume_run(warehouse, str(run.id), now())
    return [run.name for run in resumed]


def is_resumed(run: FlowRun, at: datetime) -> bool:
    """Return whether a crashed run is to go on: it is really over, and did not crash every time."""
    state = RunState.from_prefect(run.model_dump(mode="json"))
    return state.state == "CRASHED" and state.has_ended(at) and run.run_count < MAX_STARTS


def _read_crashed(client: SyncPrefectClient) -> list[FlowRun]:
    return client.read_flow_runs(
        **runs_of(RESUMED),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CRASHED])),
            end_time=FlowRunFilterEndTime(after_=now() - RECENTLY),
            tags=TAGGED,
        ),
    )


def _is_last_of_team(run: FlowRun) -> bool:
    """Return whether no other run of the team began since, nor the team was paused; a run that never began is in no
    row.
    """
    name = str(run.parameters.get("team", ""))
    try:
        with Warehouse(read_only=True) as warehouse:
            team = find_team(warehouse, name) or name.lower()
            last = read_latest_run(warehouse, team)
            row = warehouse.read_one("SELECT is_paused FROM teams WHERE team_id = ?", [team])
    except WarehouseMissing:
        return True
    if row and row["is_paused"]:
        return False
    return last is None or last.run.run_id == str(run.id) or (run.start_time or now()) > last.started_at
