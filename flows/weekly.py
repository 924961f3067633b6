"""Every week: a thorough refresh of each team."""

from prefect import flow, get_run_logger

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.next_runs import queue_runs
from flows.lifecycle.run_names import by_date


@flow(name="weekly", flow_run_name=by_date(Deployment.WEEKLY))
async def weekly() -> None:
    """Queue a refresh of every complete team that also looks for new repositories.

    It fetches again what is open or was closed lately.
    """
    queued = await queue_runs({"refetch": True})
    get_run_logger().info("Queued %d runs: %s", len(queued), ", ".join(queued) or "none")
