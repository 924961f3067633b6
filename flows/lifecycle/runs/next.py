"""Choose the next run of each team, and queue it."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from prefect import get_client, get_run_logger
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.context import FlowRunContext
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound, PrefectException

from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.explain import describe
from flows.lifecycle.runs.ours import runs_of
from flows.lifecycle.runs.states import read_run_state_by_client
from warehouse import migrations
from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.errors import PrflowError
from warehouse.progress import Status, reconcile

# A complete team is refreshed; one of which a phase failed has that tried again.
NEXT_RUN = {
    Status.COMPLETE.value: Deployment.REFRESH,
    Status.PHASE1_COMPLETE.value: Deployment.BACKGROUND,
    Status.FAILED.value: Deployment.ONBOARDING,
}

# The longest pause between two tries of an import that fails, and by how much a night may be early.
MAX_NIGHTS = 8
EARLY = timedelta(hours=12)

AHEAD = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED]


class NotQueued(PrflowError):
    """Prefect did not take the runs of some teams; the message names them."""

    hint = "See this run's log for why, then run it again: what is queued is not queued twice."


async def queue_runs(refresh_parameters: Mapping[str, Any]) -> list[str]:
    """Queue the next run of each team, unless one like it waits or runs; return the names of the runs.

    A night queues a team's run once, however often that night is tried: see `night_key`. A team whose run cannot be
    queued keeps no other from its own; NotQueued names such teams at the end.
    """
    queued, failed, night = [], [], night_key()
    next_runs = read_next_runs()
    for team in read_paused():
        get_run_logger().info("%s is paused and was skipped. `prflow teams resume %s` ends that.", team, team)
    for team, deployment in next_runs.items():
        parameters = dict(refresh_parameters) if deployment is Deployment.REFRESH else {}
        try:
            if not await is_ahead(deployment, team, parameters):
                if deployment is Deployment.ONBOARDING:
                    parameters = await _read_chosen(team)
                queued.append(await _queue(deployment, team, parameters, night))
        except (httpx.HTTPError, PrefectException) as error:
            get_run_logger().warning("The run of %s could not be queued: %s", team, describe(error)[0])
            failed.append(team)
    if failed:
        raise NotQueued(f"Prefect did not queue the runs of {', '.join(failed)}. {len(queued)} others are queued.")
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


def night_key() -> str:
    """Return what names this night: the flow and the time of its schedule, or the one run that a person started.

    The time stays when a night is tried again. It is not the date alone: people may add schedules in Prefect, for
    several refreshes a day. Empty outside of a run: then nothing is known of a night.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return ""
    return name_night(context.flow.name if context.flow else "", context.flow_run)


def name_night(flow: str, run: FlowRun) -> str:
    """Return the same for a run of `flow`."""
    if not run.auto_scheduled or run.expected_start_time is None:
        return f"{flow}:{run.id}"
    return f"{flow}:{run.expected_start_time:%Y-%m-%dT%H:%M}"


async def _queue(deployment: Deployment, team: str, parameters: dict[str, Any], night: str = "") -> str:
    name = deployment.run_name(team)
    await arun_deployment(
        deployment.path,
        parameters={**parameters, "team": team},
        flow_run_name=name,
        tags=[f"team:{team}"],
        timeout=0,
        as_subflow=False,
        idempotency_key=f"{deployment}:{team}:{night}" if night else None,
    )
    return name


async def is_ahead(deployment: Deployment, team: str, parameters: Mapping[str, Any] | None = None) -> bool:
    """Return whether a run of this deployment for this team waits or runs, and does what `parameters` ask for.

    A nightly refresh that is at work on a Sunday does not replace the weekly one, which waits for its turn.
    """
    async with get_client() as client:
        found = await client.read_flow_runs(
            **runs_of([deployment]),
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
        due = {team: NEXT_RUN[status] for team, status in rows if status in NEXT_RUN}
        pausing = read_pausing(warehouse, now())
    return {team: next_run for team, next_run in due.items() if next_run is Deployment.REFRESH or team not in pausing}


def read_pausing(warehouse: Warehouse, at: datetime) -> set[str]:
    """Return the teams whose import failed again and again and is left alone tonight.

    After the first and the second failure the next night tries again; then two nights pass, then four, and never more
    than eight. Whatever did its work, or was cancelled by a person, begins the count again.
    """
    rows = warehouse.read(_FAILURES).iter_rows()
    return {team for team, failures, failed_at in rows if at < failed_at + pause_after(failures)}


def pause_after(failures: int) -> timedelta:
    """Return how long a team is left alone after failures in a row. A night may come some hours early."""
    nights = min(2 ** (failures - 2), MAX_NIGHTS) if failures > 2 else 1
    return timedelta(days=nights) - EARLY


def read_paused() -> list[str]:
    """Return the teams that a person paused."""
    try:
        with Warehouse(read_only=True) as warehouse:
            return warehouse.read("SELECT team_id FROM teams WHERE is_paused ORDER BY team_id")["team_id"].to_list()
    except WarehouseMissing:
        return []


_FAILURES = """
SELECT team_id, count(*) AS failures, max(ended_at) AS failed_at FROM pipeline_runs AS r
WHERE state IN ('failed', 'crashed') AND flow IN ('onboarding', 'background') AND ended_at > coalesce((
    SELECT max(g.ended_at) FROM pipeline_runs AS g
    WHERE g.team_id = r.team_id AND g.flow IN ('onboarding', 'background')
      AND g.state IN ('completed', 'partial', 'cancelled')
), '-infinity'::TIMESTAMPTZ)
GROUP BY team_id
"""

_TEAMS = """
SELECT team_id, status FROM teams
WHERE NOT (status = 'complete' AND coalesce(is_as_of_fixed, false)) AND NOT coalesce(is_paused, false) ORDER BY team_id
"""

_LOST = "SELECT team_id FROM teams WHERE status = 'phase1_complete' AND error IS NULL ORDER BY team_id"
