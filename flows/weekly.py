"""Every week: a thorough refresh of each team."""

from prefect import flow, get_run_logger

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.names import by_date
from flows.lifecycle.runs.next import queue_runs


@flow(name="weekly", flow_run_name=by_date(Deployment.WEEKLY))
async def weekly() -> None:
    """Queue a refresh of every complete team that also looks for new repositories.

    It fetches again what is open or was closed lately.
    """
    queued = await queue_runs({"refetch": True})
    get_run_logger().info("Queued %d runs: %s", len(queued), ", ".join(queued) or "none")
