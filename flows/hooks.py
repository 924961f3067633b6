"""What happens when a run ends badly: the team's status says so, whatever ended it.

These hooks run in the flow's own process where it still can, in the worker's where it cannot. Where
neither does (both were killed), `reconcile` does the same later from Prefect's state alone.
"""

from typing import Any

from prefect import Flow, State
from prefect.client.schemas.objects import FlowRun

from flows.clock import now
from flows.faults import RETRY, describe
from warehouse.connection import Warehouse
from warehouse.progress import STAGES, Run, Status, fail_run


async def record_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """on_failure: the cause is the exception that the flow raised."""
    error = await state.aresult(raise_on_failure=False)
    words, hint = describe(error if isinstance(error, BaseException) else None)
    _record(str(flow_run.id), "failed", words, hint)


def record_crash(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """on_crashed: the process was ended from outside."""
    _record(str(flow_run.id), "crashed", "The process of the run ended abruptly during “{stage}”.", RETRY)


def record_cancellation(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """on_cancellation: a person cancelled it, in Prefect or by Retry."""
    _record(str(flow_run.id), "cancelled", "The run was cancelled during “{stage}”.", RETRY)


def _record(run_id: str, state: str, words: str, hint: str) -> None:
    with Warehouse() as warehouse:
        row = warehouse.read_one("SELECT * FROM pipeline_runs WHERE run_id = ?", [run_id])
        if row is None or row["state"] != "running":
            return  # it ended otherwise before: that stands
        run = Run(
            run_id, row["team_id"], row["flow"], row["phase"], row["as_of"], row["window_start"], row["window_end"]
        )
        stage = STAGES[Status(row["stage"])].lower()
        fail_run(warehouse, run, words.replace("{stage}", stage), hint, now(), state)


ON_BAD_END: dict[str, Any] = {
    "on_failure": [record_failure],
    "on_crashed": [record_crash],
    "on_cancellation": [record_cancellation],
}
