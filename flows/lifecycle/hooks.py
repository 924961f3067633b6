"""What happens beside a run: it says that it is alive, and a bad end is recorded in the team's status.

The hooks at its end run in the flow's own process if it still can, otherwise in the worker's. If both were killed,
`reconcile` does the same later from Prefect's state alone.
"""

from typing import Any

from prefect import Flow, State
from prefect.client.schemas.objects import FlowRun

from flows.lifecycle.alive import say_alive, stop_saying
from flows.lifecycle.clock import now
from flows.lifecycle.explain import describe
from flows.lifecycle.logs import clean_logs
from flows.lifecycle.telling import tell
from warehouse.connection import Warehouse
from warehouse.progress import RunState, fail_run, find_ending, read_running


async def record_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Record a failure (on_failure); its cause is the exception that the flow raised."""
    error = await state.aresult(raise_on_failure=False)
    words, hint = describe(error if isinstance(error, BaseException) else None)
    with Warehouse() as warehouse:
        # None if the run has already ended otherwise, which stands.
        if stored := read_running(warehouse, str(flow_run.id)):
            fail_run(warehouse, stored.run, words, hint, now(), "failed")


def record_crash(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Record a crash (on_crashed): something ended the process."""
    _record_ending(flow_run, "CRASHED")


def record_cancellation(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Record a cancellation (on_cancellation): a person cancelled the run, in Prefect or by Retry."""
    _record_ending(flow_run, "CANCELLED")


def _record_ending(flow_run: FlowRun, state: str) -> None:
    with Warehouse() as warehouse:
        stored = read_running(warehouse, str(flow_run.id))
        if stored and (ended := find_ending(stored, RunState(stored.run.run_id, flow_run.name, state), now())):
            fail_run(warehouse, stored.run, ended[1], ended[2], now(), ended[0])


clean_logs()

# Of a run that works for another one, which records how the team's work ends.
HELPER_HOOKS: dict[str, Any] = {
    "on_running": [say_alive],
    "on_completion": [stop_saying],
    "on_failure": [stop_saying],
    "on_crashed": [stop_saying],
    "on_cancellation": [stop_saying],
}

HOOKS: dict[str, Any] = {
    "on_running": [say_alive],
    "on_completion": [stop_saying, tell],
    "on_failure": [stop_saying, record_failure, tell],
    "on_crashed": [stop_saying, record_crash, tell],
    "on_cancellation": [stop_saying, record_cancellation, tell],
}
