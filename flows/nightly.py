"""Every night: one refresh for each team that is set up."""

from prefect import flow, get_run_logger
from prefect.deployments import arun_deployment

from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.progress import Status


@flow(name="nightly", flow_run_name="nightly")
async def nightly() -> None:
    """Queue a refresh of every complete team; a team that is still being onboarded has a run of its own."""
    teams = read_complete_teams()
    get_run_logger().info("%d teams to refresh", len(teams))
    for team in teams:
        await arun_deployment(
            "refresh/refresh",
            parameters={"team": team},
            flow_run_name=f"refresh/{team}",
            tags=[f"team:{team}"],
            timeout=0,
            as_subflow=False,
        )


def read_complete_teams() -> list[str]:
    try:
        with Warehouse(read_only=True) as warehouse:
            sql = "SELECT team_id FROM teams WHERE status = ? ORDER BY team_id"
            return warehouse.read(sql, [Status.COMPLETE.value])["team_id"].to_list()
    except WarehouseMissing:
        return []  # the first night may come before the first team
