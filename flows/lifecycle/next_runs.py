"""Choose the next run of each team, and queue it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from prefect import get_client, get_run_logger
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import StateType
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound

from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.run_states import read_run_state_by_client
from warehouse import migrations
from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.progress import Status, reconcile

# A complete team is refreshed; one of which a phase failed has that tried again.
NEXT_RUN = {
    Status.COMPLETE.value: Deployment.REFRESH,
    Status.PHASE1_COMPLETE.value: Deployment.BACKGROUND,
    Status.FAILED.value: Deployment.ONBOARDING,
}

AHEAD = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED]


async def queue_runs(refresh_parameters: Mapping[str, Any]) -> list[str]:
    """Queue the next run of each team, unless one like it waits or runs; return the names of the runs."""
    queued = []
    next_runs = read_next_runs()
    for team in read_paused():
        get_run_logger().info("%s is paused and was skipped. `prflow teams resume %s` ends that.", team, team)
    for team, deployment in next_runs.items():
        parameters = dict(refresh_parameters) if deployment is Deployment.REFRESH else {}
        if not await is_ahead(deployment, team, parameters):
            if deployment is Deployment.ONBOARDING:
                parameters = await _read_chosen(team)
            queued.append(await _queue(deployment, team, parameters))
    return queued


async def queue_lost_backgrounds() -> list[str]:
    """Queue phase 2 of each team whose phase 1 is complete and whose phase 2 was never queued, or was lost.

    One that failed is left to the next night, or to a person: the reason may still stand.
    """
    return [
        await _queue(Deployment.BACKGROUND, team, {})
        for team in read_lost_backgrounds()
        if not await is_ahead(Deployment.BACKGROUND, team)
    ]


async def _queue(deployment: Deployment, team: str, parameters: dict[str, Any]) -> str:
    name = deployment.run_name(team)
    await arun_deployment(
        deployment.path,
        parameters={**parameters, "team": team},
        flow_run_name=name,
        tags=[f"team:{team}"],
        timeout=0,
        as_subflow=False,
    )
    return name


async def is_ahead(deployment: Deployment, team: str, parameters: Mapping[str, Any] | None = None) -> bool:
    """Return whether a run of this deployment for this team waits or runs, and does what `parameters` ask for.

    A nightly refresh that is at work on a Sunday does not replace the weekly one, which waits for its turn.
    """
    async with get_client() as client:
        found = await client.read_flow_runs(
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[deployment.value])),
            flow_run_filter=FlowRunFilter(
                tags=FlowRunFilterTags(all_=[f"team:{team}"]),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=AHEAD)),
            ),
        )
    return any((parameters or {}).items() <= run.parameters.items() for run in found)


def read_lost_backgrounds() -> list[str]:
    """Return the teams whose phase 1 is complete and that have no error. Whether their phase 2 waits, Prefect knows."""
    try:
        with Warehouse(read_only=True) as warehouse:
            return [str(row[0]) for row in warehouse.read(_LOST).iter_rows()]
    except WarehouseMissing:
        return []  # before the first team


async def _read_chosen(team: str) -> dict[str, Any]:
    """Read what a person chose for the team's last onboarding; nothing if Prefect does not know that run any more."""
    with Warehouse(read_only=True) as warehouse:
        last = warehouse.read_one(_LAST_ONBOARDING, [team])
    if last is None:
        return {}
    async with get_client() as client:
        with suppress(ObjectNotFound, ValueError):
            return dict((await client.read_flow_run(UUID(last["run_id"]))).parameters)
    return {}


_LAST_ONBOARDING = """
SELECT run_id FROM pipeline_runs WHERE team_id = ? AND flow = 'onboarding' ORDER BY started_at DESC LIMIT 1
"""


def read_next_runs() -> dict[str, Deployment]:
    """Return the deployment to run next, by team.

    None for a team that is paused or whose run is alive, nor for a complete team whose anchor a person chose: nothing
    newer than that is to be fetched.
    """
    try:
        with Warehouse(read_only=True) as warehouse:
            teams = warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"].to_list()
    except WarehouseMissing:
        return {}  # the first night may come before the first team
    with Warehouse() as warehouse:
        migrations.upgrade(warehouse)
        for team in teams:
            reconcile(warehouse, team, read_run_state_by_client, now(), is_unknown_gone=True)
        rows = warehouse.read(_TEAMS).iter_rows()
        return {team: NEXT_RUN[status] for team, status in rows if status in NEXT_RUN}


def read_paused() -> list[str]:
    """Return the teams that a person paused."""
    try:
        with Warehouse(read_only=True) as warehouse:
            return warehouse.read("SELECT team_id FROM teams WHERE is_paused ORDER BY team_id")["team_id"].to_list()
    except WarehouseMissing:
        return []


_TEAMS = """
SELECT team_id, status FROM teams
WHERE NOT (status = 'complete' AND coalesce(is_as_of_fixed, false)) AND NOT coalesce(is_paused, false) ORDER BY team_id
"""

_LOST = "SELECT team_id FROM teams WHERE status = 'phase1_complete' AND error IS NULL ORDER BY team_id"
