"""Runs that a power cut or a kill left behind: over in fact, but running in Prefect and in the warehouse."""

from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

from flows.lifecycle.clock import now
from flows.lifecycle.run_states import read_run_state_by_client
from warehouse.connection import Warehouse
from warehouse.progress import reconcile

ALIVE = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]


def mark_leftovers() -> int:
    """Marks every run that Prefect holds for alive as crashed, writes that back, and returns how many there were.

    Only for a server that prflow starts itself: then no process of an earlier start is left when it begins.
    """
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=ALIVE)))
        )
        for run in runs:
            client.set_flow_run_state(run.id, Crashed(message="prflow was ended while it ran."), force=True)
    if runs:
        _write_back()
    return len(runs)


def _write_back() -> None:
    with Warehouse() as warehouse:
        for team in warehouse.read("SELECT team_id FROM teams")["team_id"]:
            reconcile(warehouse, team, read_run_state_by_client, now())
