"""Choose the next run of each team, and queue it."""

from collections.abc import Mapping
from typing import Any

from prefect.deployments import arun_deployment

from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.run_states import read_run_state_by_client
from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.progress import Status, reconcile

# A complete team is refreshed; one whose phase 2 failed has that tried again.
NEXT_RUN = {Status.COMPLETE.value: Deployment.REFRESH, Status.PHASE1_COMPLETE.value: Deployment.BACKGROUND}


async def queue_runs(refresh_parameters: Mapping[str, Any]) -> list[str]:
    """Queue the next run of each team; return the names of the runs."""
    queued = []
    for team, deployment in read_next_runs().items():
        parameters = dict(refresh_parameters) if deployment is Deployment.REFRESH else {}
        name = deployment.run_name(team)
        await arun_deployment(
            deployment.path,
            parameters={"team": team, **parameters},
            flow_run_name=name,
            tags=[f"team:{team}"],
            timeout=0,
            as_subflow=False,
        )
        queued.append(name)
    return queued


def read_next_runs() -> dict[str, Deployment]:
    """Return the deployment to run next, by team.

    A team whose first phase is not complete or whose run is alive has none, nor has a complete team whose anchor a
    person chose: nothing newer than that is to be fetched.
    """
    try:
        with Warehouse(read_only=True) as warehouse:
            teams = warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"].to_list()
    except WarehouseMissing:
        return {}  # the first night may come before the first team
    with Warehouse() as warehouse:
        for team in teams:
            reconcile(warehouse, team, read_run_state_by_client, now())
        rows = warehouse.read(_TEAMS).iter_rows()
        return {team: NEXT_RUN[status] for team, status in rows if status in NEXT_RUN}


_TEAMS = """
SELECT team_id, status FROM teams
WHERE NOT (status = 'complete' AND coalesce(is_as_of_fixed, false)) ORDER BY team_id
"""
