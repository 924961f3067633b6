"""How a run goes on and ends: its stages, its end, and the start of phase 2.

Each call opens the warehouse only for as long as it needs it.
"""

from dataclasses import replace

from prefect import get_run_logger
from prefect.deployments import arun_deployment

from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.explain import describe
from tasks.notify import notify_team
from warehouse.connection import Warehouse
from warehouse.progress import Run, Status, enter_stage, fail_run, finish_run, open_pages, opens_early
from warehouse.windows import Phase


def enter(run: Run, status: Status) -> None:
    """Enter the next stage, which every display of progress shows from now on."""
    get_run_logger().info("%s: %s", run.team_id, status)
    with Warehouse() as warehouse:
        enter_stage(warehouse, run, status, now())


def wants_early_numbers(run: Run) -> bool:
    """Return whether the team's pages shall open now, before its pull requests are read."""
    with Warehouse() as warehouse:
        return opens_early(warehouse, run.team_id)


def open_early(run: Run) -> None:
    """Open the team's pages; the run goes on behind them."""
    get_run_logger().info("%s: numbers are in, reading goes on", run.team_id)
    with Warehouse() as warehouse:
        open_pages(warehouse, run, now())


def finish(run: Run, status: Status, is_partial: bool = False) -> None:
    """End the run, its work done; `is_partial` if it left something to a later run."""
    with Warehouse() as warehouse:
        finish_run(warehouse, run, status, "partial" if is_partial else "completed", now())
    notify_team(run, status)


async def start_background(run: Run) -> None:
    """Queue phase 2 as a run of its own, whose failure leaves phase 1 as it is.

    The idempotency key contains this run: a retry of it starts no second background run, a later onboarding does.
    If Prefect refuses the run, the team keeps phase 1 and an error that says so.
    """
    try:
        await arun_deployment(
            Deployment.BACKGROUND.path,
            parameters={"team": run.team_id},
            flow_run_name=Deployment.BACKGROUND.run_name(run.team_id),
            tags=[f"team:{run.team_id}"],
            idempotency_key=f"background:{run.team_id}:{run.as_of.isoformat()}:{run.run_id}",
            timeout=0,
            as_subflow=False,
        )
    except Exception as error:
        words, hint = describe(error)
        with Warehouse() as warehouse:
            fail_run(
                warehouse,
                replace(run, phase=Phase.HISTORY),
                f"The older pull requests could not be queued: {words}",
                hint,
                now(),
            )
        raise
