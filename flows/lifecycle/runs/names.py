"""Names for runs that a schedule starts, and that otherwise all have the same name or a random one."""

from collections.abc import Callable
from datetime import datetime

from prefect import get_client, runtime
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.ours import runs_of

SCHEDULED = (Deployment.NIGHTLY, Deployment.MAINTENANCE, Deployment.WEEKLY, Deployment.DIGEST)


def by_date(deployment: Deployment) -> Callable[[], str]:
    """Return a function that names the run that begins by the date it was scheduled for: `nightly/2026-11-28`."""
    return lambda: _name(deployment, runtime.flow_run.scheduled_start_time)


async def name_waiting_runs() -> list[str]:
    """Name the runs that wait for their schedule, as they are named once they begin; return the new names.

    Prefect gives them random names, by which nobody knows what waits. A run that a person started keeps its own.
    """
    named = []
    async with get_client() as client:
        for deployment in SCHEDULED:
            for run in await _read_waiting(client, deployment):
                name = _name(deployment, run.expected_start_time or runtime.flow_run.scheduled_start_time)
                if run.auto_scheduled and run.name != name:
                    await client.update_flow_run(run.id, name=name)
                    named.append(name)
    return named


async def _read_waiting(client: PrefectClient, deployment: Deployment) -> list[FlowRun]:
    return await client.read_flow_runs(
        **runs_of([deployment]),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        ),
    )


def _name(deployment: Deployment, scheduled_for: datetime) -> str:
    return deployment.run_name(f"{scheduled_for:%Y-%m-%d}")
