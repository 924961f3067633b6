"""Every night: the next run of each team."""

from prefect import flow, get_run_logger

from flows.lifecycle.next_runs import queue_runs


@flow(name="nightly", flow_run_name="nightly")
async def nightly() -> None:
    """Queue a refresh of every complete team, and phase 2 of every team whose phase 2 failed.

    A team that is still being onboarded has a run already.
    """
    queued = await queue_runs({})
    get_run_logger().info("Queued %d runs.", len(queued))
