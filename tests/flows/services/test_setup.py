"""Set-up on a real Prefect server: what people set there stays, and other people's runs are left alone."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.states import Pending, Running
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

from flows.nightly import nightly
from flows.services.prefect_yaml import Alarm, Deployment, Facts, Silence, WorkQueue, read_facts
from flows.services.setup import NotOurs, set_automation, set_up, set_work_queue
from flows.services.setup_record import SetupRecord
from tests.flows.conftest import emit_heartbeat, emit_of_team, wait_until

pytestmark = pytest.mark.slow

FLOWS = {"flows.nightly.nightly": nightly}
NIGHTLY = next(entry for entry in read_facts().deployments if entry.name == "nightly")


@pytest.fixture
def client(prefect_server: str) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as opened:
        yield opened


@pytest.fixture
def entry() -> Deployment:
    """Return a deployment that no other test touches."""
    return NIGHTLY.model_copy(update={"name": f"nightly-{uuid4().hex[:6]}"})


def put(*entries: Deployment) -> None:
    facts = Facts(work_queues=read_facts().work_queues, deployments=list(entries), automations=[])
    set_up(facts, FLOWS)  # type: ignore[arg-type]


def in_queue(entry: Deployment, queue: str) -> Deployment:
    return entry.model_copy(update={"work_pool": entry.work_pool.model_copy(update={"work_queue_name": queue})})


def read(client: SyncPrefectClient, entry: Deployment) -> DeploymentResponse:
    return client.read_deployment_by_name(f"nightly/{entry.name}")


def schedules(deployment: DeploymentResponse) -> set[tuple[str, str | None, bool]]:
    return {
        (one.schedule.cron, one.schedule.timezone, one.active)
        for one in deployment.schedules
        if isinstance(one.schedule, CronSchedule)
    }


def settle(client: SyncPrefectClient, entry: Deployment) -> DeploymentResponse:
    """Change everything that a person can change in Prefect's pages."""
    known = read(client, entry)
    client.update_deployment_schedule(known.id, known.schedules[0].id, active=False)
    client.create_deployment_schedules(known.id, [(CronSchedule(cron="30 22 * * 1-5", timezone="Europe/Berlin"), True)])
    client.update_deployment(
        known.id,
        DeploymentUpdate(description="Ours", tags=["ours"], concurrency_limit=4, job_variables={"env": {"OURS": "1"}}),
    )
    client.pause_deployment(known.id)
    return read(client, entry)


def test_what_people_set_in_prefect_stays_when_prflow_starts_again(
    client: SyncPrefectClient, entry: Deployment
) -> None:
    put(entry)
    before = settle(client, entry)
    put(entry)
    after = read(client, entry)
    assert schedules(after) == {("30 22 * * 1-5", "Europe/Berlin", True), (NIGHTLY.schedules[0].cron, "UTC", False)}
    assert (after.description, after.tags, after.paused) == ("Ours", ["ours"], True)
    assert after.global_concurrency_limit == before.global_concurrency_limit
    assert after.global_concurrency_limit
    assert after.global_concurrency_limit.limit == 4


def test_a_deployment_of_another_project_with_the_same_name_is_left_alone(
    client: SyncPrefectClient, entry: Deployment
) -> None:
    flow_id = client.create_flow_from_name("nightly")
    theirs = client.create_deployment(flow_id, name=entry.name, entrypoint="warehouse_team/nightly.py:nightly")
    with pytest.raises(NotOurs, match=rf"a deployment nightly/{entry.name} of another project: warehouse_team/nightly"):
        put(entry)
    known = client.read_deployment(theirs)
    assert (known.entrypoint, known.schedules, known.tags) == ("warehouse_team/nightly.py:nightly", [], [])
    # Without a record, as after the server's variables were lost, prflow's own is known by its code or its tag.
    client.update_deployment(theirs, DeploymentUpdate(entrypoint="flows/nightly.py:nightly"))
    put(entry)
    assert read(client, entry).entrypoint == entry.entrypoint


def test_a_schedule_that_people_moved_stays_there(client: SyncPrefectClient, entry: Deployment) -> None:
    put(entry)
    known = read(client, entry)
    moved = CronSchedule(cron="0 6 * * 6", timezone="America/Los_Angeles")
    client.update_deployment_schedule(known.id, known.schedules[0].id, schedule=moved)
    put(entry)
    assert schedules(read(client, entry)) == {("0 6 * * 6", "America/Los_Angeles", True)}


def test_what_changes_in_prefect_yaml_arrives_and_changes_nothing_else(
    client: SyncPrefectClient, entry: Deployment
) -> None:
    put(entry)
    settle(client, entry)
    later = NIGHTLY.schedules[0].model_copy(update={"cron": "0 7 * * *"})
    put(entry.model_copy(update={"description": "Newer", "schedules": [later]}))
    after = read(client, entry)
    assert (after.description, after.tags, after.paused) == ("Newer", ["ours"], True)
    assert schedules(after) == {("30 22 * * 1-5", "Europe/Berlin", True), ("0 7 * * *", "UTC", False)}


def test_the_heartbeat_of_a_run_is_set_whatever_else_people_put_into_its_environment(
    client: SyncPrefectClient, entry: Deployment
) -> None:
    put(entry)
    settle(client, entry)
    put(entry)
    found = read(client, entry).job_variables
    assert found["env"] == {"OURS": "1", **NIGHTLY.work_pool.job_variables["env"]}
    assert found["command"] == NIGHTLY.work_pool.job_variables["command"]


def test_any_worker_gives_a_run_its_heartbeat_and_the_command_as_it_stands(prefect_server: str) -> None:
    template = ProcessWorker.get_default_base_job_template()
    job = asyncio.run(ProcessJobConfiguration.from_template_and_values(template, NIGHTLY.work_pool.job_variables))
    assert job.env["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == "30"
    assert job.command == "python -m prefect.engine"


def test_setting_up_twice_writes_nothing(client: SyncPrefectClient, entry: Deployment) -> None:
    put(entry)
    before = read(client, entry)
    put(entry)
    assert read(client, entry).updated == before.updated


def test_a_deployment_that_was_there_before_keeps_what_it_has(client: SyncPrefectClient, entry: Deployment) -> None:
    flow_id = client.create_flow_from_name("nightly")
    client.create_deployment(flow_id, entry.name, description="Made by prefect deploy", tags=["theirs"])
    put(entry)
    after = read(client, entry)
    assert (after.description, after.tags) == ("Made by prefect deploy", ["theirs"])
    assert after.entrypoint == entry.entrypoint


# --- limits -------------------------------------------------------------------------------------------


def make_queue(limit: int | None = 2) -> WorkQueue:
    return WorkQueue(name=f"queue-{uuid4().hex[:6]}", priority=77, concurrency_limit=limit)


def read_queue(client: SyncPrefectClient, queue: WorkQueue) -> tuple[int | None, int | None]:
    known = client.read_work_queue_by_name(queue.name, NIGHTLY.work_pool.name)
    return known.concurrency_limit, known.priority


def test_the_limit_of_a_queue_that_people_set_stays(client: SyncPrefectClient) -> None:
    queue, record = make_queue(), SetupRecord()
    pool = NIGHTLY.work_pool.name
    set_work_queue(client, pool, queue, record)
    assert read_queue(client, queue) == (2, 77)
    set_work_queue(client, pool, queue.model_copy(update={"concurrency_limit": None, "priority": 78}), record)
    assert read_queue(client, queue) == (None, 78), "what prefect.yaml has changed arrives"
    client.update_work_queue(client.read_work_queue_by_name(queue.name, pool).id, concurrency_limit=7, priority=90)
    for limit in (None, 3):
        set_work_queue(client, pool, queue.model_copy(update={"concurrency_limit": limit, "priority": 79}), record)
        assert read_queue(client, queue) == (7, 90)


def test_a_queue_that_prefect_deploy_made_gets_its_limit_and_priority(client: SyncPrefectClient) -> None:
    queue = make_queue()
    client.create_work_queue(queue.name, work_pool_name=NIGHTLY.work_pool.name)
    set_work_queue(client, NIGHTLY.work_pool.name, queue, SetupRecord())
    assert read_queue(client, queue) == (2, 77)


def test_the_queues_come_in_the_order_of_prefect_yaml_and_those_of_people_after_them(
    client: SyncPrefectClient,
) -> None:
    names = [queue.name for queue in read_facts().work_queues]
    found = {
        queue.name: queue.priority or 0 for queue in client.read_work_queues(work_pool_name=NIGHTLY.work_pool.name)
    }
    assert sorted(names, key=lambda name: found[name]) == names == ["onboarding", "compute", "sync", "llm"]
    assert found["llm"] < found["default"]


def test_a_deployment_that_people_moved_to_another_queue_stays_there(
    client: SyncPrefectClient, entry: Deployment
) -> None:
    put(entry)
    assert read(client, entry).work_queue_name == "compute"
    moved = DeploymentUpdate(work_pool_name=entry.work_pool.name, work_queue_name="theirs")
    client.update_deployment(read(client, entry).id, moved)
    put(entry)
    assert read(client, entry).work_queue_name == "theirs"
    put(in_queue(entry, "sync"))
    assert read(client, entry).work_queue_name == "theirs", "neither by the next version"


def test_a_deployment_follows_the_queue_of_the_next_version_of_prefect_yaml(
    client: SyncPrefectClient, entry: Deployment
) -> None:
    put(entry)
    put(in_queue(entry, "sync"))
    assert read(client, entry).work_queue_name == "sync"


def test_a_limit_that_earlier_versions_set_is_lifted_and_one_that_people_set_stays(
    client: SyncPrefectClient, entry: Deployment
) -> None:
    theirs = entry.model_copy(update={"name": f"theirs-{uuid4().hex[:6]}"})
    put(entry, theirs)
    record = SetupRecord.read(client)
    for one, limit in ((entry, 1), (theirs, 4)):
        client.update_deployment(read(client, one).id, DeploymentUpdate(concurrency_limit=limit))
        record.note(f"{one.name}.concurrency_limit", 1)
    record.write(client)
    put(entry, theirs)
    limits = [read(client, one).global_concurrency_limit for one in (entry, theirs)]
    assert [limit.limit if limit else None for limit in limits] == [None, 4]


# --- automations --------------------------------------------------------------------------------------


def test_a_silent_run_of_ours_is_marked_and_a_strangers_is_not(client: SyncPrefectClient, entry: Deployment) -> None:
    theirs = entry.model_copy(update={"name": f"theirs-{uuid4().hex[:6]}"})
    put(entry, theirs)
    ours_id, theirs_id = read(client, entry).id, read(client, theirs).id
    record = SetupRecord()
    # Beside the silent runs, an event of a team that does not come again runs a deployment.
    after = f"prflow.sync.completed.{ours_id}"
    alarm = Alarm(name=f"alarm-{ours_id}", description="", after=after, seconds=10, run="ours")
    set_automation(client, alarm, {"ours": ours_id}, record)
    for name, beat in (("beat", "heartbeat"), ("start", "Pending")):
        silence = Silence(
            name=f"{name}-{ours_id}", description="", after=f"prefect.flow-run.{beat}", seconds=10, message="Gone."
        )
        set_automation(client, silence, {"ours": ours_id}, record)
        set_automation(client, silence, {"ours": ours_id}, record)
        assert len(client.read_automations_by_name(silence.name)) == 1

    def run(deployment_id: UUID, state: Any) -> UUID:
        made = client.create_flow_run_from_deployment(deployment_id)
        client.set_flow_run_state(made.id, state, force=True)
        return made.id

    others = [run(theirs_id, Running()), run(theirs_id, Pending()), run(ours_id, Running())]
    emit_heartbeat(client, others[0], theirs_id, datetime.now(UTC))
    silent, pending = run(ours_id, Running()), run(ours_id, Pending())
    emit_heartbeat(client, silent, ours_id, datetime.now(UTC))

    def state(run_id: UUID) -> str | None:
        return client.read_flow_run(run_id).state_name

    emit_of_team(client, after)

    def is_alarmed() -> bool:
        created_by = [run.created_by for run in client.read_flow_runs() if run.deployment_id == ours_id]
        return any(one is not None and one.type == "AUTOMATION" for one in created_by)

    wait_until(lambda: state(silent) == "Crashed" and state(pending) == "Crashed" and is_alarmed())
    assert [state(one) for one in others] == ["Running", "Pending", "Running"], "the last one sends no heartbeats"
