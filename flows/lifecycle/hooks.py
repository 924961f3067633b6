"""What happens when a run ends badly: the team's status says so, whatever ended it.

These hooks run in the flow's own process where it still can, in the worker's where it cannot. Where
neither does (both were killed), `reconcile` does the same later from Prefect's state alone.
"""

from typing import Any

from prefect import Flow, State
from prefect.client.schemas.objects import FlowRun

from flows.lifecycle.clock import now
from flows.lifecycle.explain import describe
from warehouse.connection import Warehouse
from warehouse.progress import Run, RunState, fail_run, find_ending


async def record_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """on_failure: the cause is the exception that the flow raised."""
    error = await state.aresult(raise_on_failure=False)
    words, hint = describe(error if isinstance(error, BaseException) else None)
    with Warehouse() as warehouse:
        if row := _read_running(warehouse, flow_run):
            fail_run(warehouse, _run(row), words, hint, now(), "failed")


def record_crash(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """on_crashed: the process was ended from outside."""
    _record_ending(flow_run, "CRASHED")


def record_cancellation(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """on_cancellation: a person cancelled it, in Prefect or by Retry."""
    _record_ending(flow_run, "CANCELLED")


def _record_ending(flow_run: FlowRun, state: str) -> None:
    with Warehouse() as warehouse:
        row = _read_running(warehouse, flow_run)
        if row and (ended := find_ending(row, RunState(row["run_id"], flow_run.name, state))):
            fail_run(warehouse, _run(row), ended[1], ended[2], now(), ended[0])


def _read_running(warehouse: Warehouse, flow_run: FlowRun) -> dict[str, Any] | None:
    """The run's row; None where it ended otherwise before, which stands."""
    sql = "SELECT * FROM pipeline_runs WHERE run_id = ? AND state = 'running'"
    return warehouse.read_one(sql, [str(flow_run.id)])


def _run(row: dict[str, Any]) -> Run:
    return Run(
        row["run_id"], row["team_id"], row["flow"], row["phase"], row["as_of"], row["window_start"], row["window_end"]
    )


ON_BAD_END: dict[str, Any] = {
    "on_failure": [record_failure],
    "on_crashed": [record_crash],
    "on_cancellation": [record_cancellation],
}
