"""Every night: what each team needs next."""

from prefect import flow, get_run_logger

from flows.lifecycle.next_runs import queue_runs


@flow(name="nightly", flow_run_name="nightly")
async def nightly() -> None:
    """Queue a refresh of every complete team, and phase 2 again where it failed.

    A team that is still being onboarded has a run of its own.
    """
    queued = await queue_runs({})
    get_run_logger().info("%d runs queued", len(queued))
