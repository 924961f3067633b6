"""Every night: the next run of each team."""

from prefect import flow, get_run_logger

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.names import by_date
from flows.lifecycle.runs.next import queue_runs
from flows.lifecycle.telling import tell_people


@flow(name="nightly", flow_run_name=by_date(Deployment.NIGHTLY))
async def nightly() -> None:
    """Queue a refresh of every complete team, and of every other team the phase that failed.

    A team that is still being onboarded has a run already. People are told of what stands before that.
    """
    tell_people()
    queued = await queue_runs({})
    get_run_logger().info("Queued %d runs: %s", len(queued), ", ".join(queued) or "none")
