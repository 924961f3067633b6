"""The queues of the one pool: one worker takes the runs of all, or several split them. What waits is not asked for."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest
from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import StateType

from flows.lifecycle.deployments import Deployment
from flows.services.prefect_yaml import read_facts
from flows.services.settings import ServiceSettings
from flows.services.worker import Worker, check_queues, make_worker

POOL = "prflow"
LEFT = FlowRunFilter(
    state=FlowRunFilterState(
        type=FlowRunFilterStateType(
            any_=[StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.CANCELLING, StateType.PAUSED]
        )
    )
)


@pytest.fixture
def waiting(prefect_server: str) -> Iterator[dict[str, UUID]]:
    """Queue a run of one deployment of each queue; return their ids by queue.

    Runs that other tests of this server left are deleted: they would take the room that the queues have.
    """
    chosen = (Deployment.ANALYSIS, Deployment.REFRESH, Deployment.MAINTENANCE, Deployment.ONBOARDING)
    with get_client(sync_client=True) as client:
        while left := client.read_flow_runs(flow_run_filter=LEFT, limit=100):
            for run in left:
                client.delete_flow_run(run.id)
        found = {}
        for deployment in chosen:
            known = client.read_deployment_by_name(deployment.path)
            run = client.create_flow_run_from_deployment(known.id, parameters={"team": "acme"})
            found[str(known.work_queue_name)] = run.id
        try:
            yield found
        finally:
            for run_id in found.values():
                client.delete_flow_run(run_id)


def take(waiting: dict[str, UUID], **settings: object) -> list[str]:
    """Return the queues of the waiting runs that a worker with these settings takes, in its order."""

    async def ask() -> list[UUID]:
        async with make_worker(POOL, ServiceSettings(**settings)) as worker:  # type: ignore[arg-type]
            return [found.flow_run.id for found in await worker._get_scheduled_flow_runs()]

    queues = {run_id: queue for queue, run_id in waiting.items()}
    return [queues[run_id] for run_id in asyncio.run(ask()) if run_id in queues]


@pytest.mark.slow
def test_one_worker_takes_all_in_order_of_priority_and_two_split_them(waiting: dict[str, UUID]) -> None:
    assert take(waiting) == ["onboarding", "compute", "sync", "llm"]
    assert take(waiting, worker_queues="sync, onboarding,compute") == ["onboarding", "compute", "sync"]
    assert take(waiting, worker_queues="llm") == ["llm"]


@pytest.mark.slow
def test_a_worker_without_room_does_not_ask_for_what_waits(waiting: dict[str, UUID]) -> None:
    async def ask() -> tuple[int, int, int]:
        async with make_worker(POOL, ServiceSettings(worker_runs=1)) as worker:
            asked = _count_requests(worker)
            before = len(await worker._get_scheduled_flow_runs())
            worker.limiter.acquire_on_behalf_of_nowait("a run")
            during = len(await worker._get_scheduled_flow_runs())
            assert asked == [1], "no second request"
            worker.limiter.release_on_behalf_of("a run")
            return before, during, len(await worker._get_scheduled_flow_runs())

    before, during, after = asyncio.run(ask())
    assert before >= len(waiting)
    assert during == 0
    assert after == before


def _count_requests(worker: Worker) -> list[int]:
    asked = [0]
    client = worker.client
    read = client.get_scheduled_flow_runs_for_work_pool

    async def counted(*arguments: object, **named: object) -> object:
        asked[0] += 1
        return await read(*arguments, **named)  # type: ignore[arg-type]

    client.get_scheduled_flow_runs_for_work_pool = counted  # type: ignore[assignment, method-assign]
    return asked


def test_a_queue_that_there_is_not_is_refused_with_the_names_of_those_there_are() -> None:
    facts = read_facts()
    with pytest.raises(SystemExit) as refused:
        check_queues(ServiceSettings(worker_queues="sync,lm"), facts)
    assert str(refused.value).startswith("PRFLOW_WORKER_QUEUES names lm, but the queues are onboarding, compute, sync")
    check_queues(ServiceSettings(worker_queues=" sync , llm,"), facts)
    check_queues(ServiceSettings(), facts)
