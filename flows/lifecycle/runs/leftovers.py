"""Runs that a power cut or a kill left behind: ended, but still running according to Prefect and the warehouse."""

from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import AwaitingRetry, Cancelled, Crashed

from flows.lifecycle.clock import now
from flows.lifecycle.runs.states import read_run_state_by_client
from warehouse.connection import Warehouse
from warehouse.progress import reconcile

ALIVE = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]


def mark_leftovers() -> int:
    """Mark every run that Prefect takes to be alive as crashed, record that, and return their number.

    Only for a server that prflow starts itself: when it starts, no process of an earlier start is left.
    """
    with get_client(sync_client=True) as client:
        runs = _read_alive(client)
        for run in runs:
            client.set_flow_run_state(run.id, Crashed(message="prflow ended during the run."), force=True)
    if runs:
        _write_back()
    return len(runs)


def resume_leftovers() -> int:
    """Let the runs go on that lost their processes with the worker, under their own ids; return their number.

    Only for a server that prflow starts itself, after all processes of the earlier worker have ended. What was done is
    stored, and a run that was being cancelled is cancelled. A run without a deployment has a process elsewhere.
    """
    with get_client(sync_client=True) as client:
        runs = [run for run in _read_alive(client) if run.deployment_id is not None]
        for run in runs:
            message = "The worker ended during the run."
            if run.state_type is StateType.CANCELLING:
                client.set_flow_run_state(run.id, Cancelled(message=message), force=True)
                continue
            # Not by way of Crashed: a page that looks just then would say that the import failed.
            client.set_flow_run_state(run.id, AwaitingRetry(message=f"{message} It goes on."), force=True)
    if runs:
        _write_back()
    return len(runs)


def _read_alive(client: SyncPrefectClient) -> list[FlowRun]:
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=ALIVE))
    return client.read_flow_runs(flow_run_filter=FlowRunFilter(state=state))


def _write_back() -> None:
    """Record in the warehouse what Prefect now says of the teams' runs."""
    with Warehouse() as warehouse:
        for team in warehouse.read("SELECT team_id FROM teams")["team_id"]:
            reconcile(warehouse, team, read_run_state_by_client, now(), is_unknown_gone=True)
