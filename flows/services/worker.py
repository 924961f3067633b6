"""Set the server up, then take runs from the work pool: `python -m flows.services.worker`.

One process does both, because each would spend seconds on importing Prefect. What needs no server is done while
the server starts.
"""

import asyncio
import contextlib
import os
import signal
import sys
from abc import ABC
from functools import partial

import httpx
from prefect.client.schemas.responses import WorkerFlowRunResponse
from prefect.exceptions import PrefectException
from prefect.settings import PREFECT_API_URL
from prefect.workers.process import ProcessWorker

from flows.lifecycle.runs.leftovers import mark_leftovers, resume_leftovers
from flows.lifecycle.runs.names import name_waiting_runs
from flows.lifecycle.runs.next import queue_lost_backgrounds
from flows.services import prefect_api
from flows.services.environment import OWN_SERVER
from flows.services.prefect_yaml import Facts, read_facts
from flows.services.settings import ServiceSettings
from flows.services.setup import load_flows, set_up_or_exit
from flows.services.supervisor import STARTED_AGAIN
from warehouse import migrations
from warehouse.connection import Warehouse

SERVER_SECONDS = 180
# Prefect's scheduler makes runs once a minute.
NAMING_SECONDS = 60


def main() -> None:
    settings = ServiceSettings()
    facts = read_facts(settings.nightly_hour)
    check_queues(settings, facts)
    flows = load_flows(facts)
    address = PREFECT_API_URL.value()
    if not address:
        sys.exit("PREFECT_API_URL is not set. Start the worker with `prflow up`, or set it to your Prefect server.")
    prefect_api.wait_until_healthy(address, SERVER_SECONDS)
    if os.environ.get(OWN_SERVER):  # before anyone can queue a new run
        (resume_leftovers if os.environ.get(STARTED_AGAIN) else mark_leftovers)()
    set_up_or_exit(facts, flows)
    if not os.environ.get(OWN_SERVER):  # `prflow up` has done it before it started this process
        upgrade_warehouse()
    if os.environ.get(OWN_SERVER):
        asyncio.run(queue_lost_backgrounds())
    asyncio.run(work(facts.deployments[0].work_pool.name, settings))


def check_queues(settings: ServiceSettings, facts: Facts) -> None:
    """Refuse a queue that there is not: nobody would take the runs of the one that was meant."""
    known = [queue.name for queue in facts.work_queues]
    if unknown := [name for name in settings.queue_names if name not in known]:
        sys.exit(
            f"PRFLOW_WORKER_QUEUES names {', '.join(unknown)}, but the queues are {', '.join(known)}. "
            "Correct it, or leave it empty to take the runs of all queues."
        )


# Prefect lists every kind of worker by the type of its pool, but not a class that is a direct child of ABC: this one
# is of a pool of processes too, and not a type of its own.
class Worker(ProcessWorker, ABC):
    """A worker that asks for runs only while it has room for one: what waits then costs the server nothing."""

    async def _get_scheduled_flow_runs(self) -> list[WorkerFlowRunResponse]:
        if self._limiter is not None and self._limiter.available_tokens < 1:
            return []
        return await super()._get_scheduled_flow_runs()


def upgrade_warehouse() -> None:
    """Make or upgrade the warehouse before the first run; of several workers one does it and the others wait."""
    with Warehouse() as warehouse:
        migrations.upgrade(warehouse)


def make_worker(pool: str, settings: ServiceSettings) -> Worker:
    """Make a worker for all queues or some, that has at most as many runs at once as the settings say."""
    return Worker(
        work_pool_name=pool,
        work_queues=settings.queue_names or None,
        limit=settings.worker_runs,
        name="prflow",
        create_pool_if_not_found=False,
    )


async def work(pool: str, settings: ServiceSettings) -> None:
    """Take runs until SIGTERM or SIGINT. It then stops at once: whoever sends it has ended the flow processes."""
    worker = make_worker(pool, settings)
    naming = asyncio.create_task(keep_naming())
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel if task else sys.exit)
    with contextlib.suppress(asyncio.CancelledError):
        await worker.start(printer=partial(print, flush=True))  # prflow reads in the log that it has started
    naming.cancel()


async def keep_naming() -> None:
    """Name the scheduled runs as often as Prefect creates them. A failure does not end the worker."""
    while True:
        # Prefect deletes runs that wait when their schedule is moved, perhaps between the look and the naming.
        with contextlib.suppress(httpx.HTTPError, PrefectException):
            await name_waiting_runs()
        await asyncio.sleep(NAMING_SECONDS)


if __name__ == "__main__":
    main()
