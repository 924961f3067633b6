"""Set a Prefect server up as prefect.yaml says: work pool and queues, deployments, schedules, automations.

`python -m flows.services.setup` does it on the server of `PREFECT_API_URL`. Doing it again changes only what has
changed in prefect.yaml since the last time: what people set in Prefect stays (a schedule that they switched off, moved
or added, tags, descriptions, limits, pauses), and runs that are queued stay queued.
"""

import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect import Flow, get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate, WorkPoolCreate
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker

from flows.services.prefect_yaml import Alarm, Deployment, Facts, Recovery, Schedule, Silence, WorkQueue, read_facts
from flows.services.settings import ServiceSettings
from flows.services.setup_record import SetupRecord
from warehouse.errors import PrflowError
from warehouse.guard.untrusted import one_line

DEFAULT_QUEUE = "default"


class NotOurs(PrflowError):
    """The Prefect server has a deployment of the same flow and name that is not prflow's; nothing of it was changed."""

    def __init__(self, name: str, entrypoint: str | None) -> None:
        super().__init__(
            f"The Prefect server has a deployment {name} of another project: {one_line(entrypoint, 80)}.",
            "Rename that one, or give prflow a Prefect server or workspace of its own.",
        )


Flows = dict[str, "Flow[..., object]"]


def load_flows(facts: Facts) -> Flows:
    """Import the flow of each deployment, by entrypoint. This takes seconds: do it while the server starts."""
    return {entry.entrypoint: load_flow_from_entrypoint(entry.entrypoint) for entry in facts.deployments}


def set_up(facts: Facts, flows: Flows) -> None:
    """Create what the server lacks, and update what has changed in prefect.yaml."""
    with get_client(sync_client=True) as client:
        record = SetupRecord.read(client)
        for pool in {entry.work_pool.name for entry in facts.deployments}:
            create_work_pool(client, pool)
            for queue in facts.work_queues:
                set_work_queue(client, pool, queue, record)
        ids = {
            entry.name: set_deployment(client, entry, flows[entry.entrypoint], record) for entry in facts.deployments
        }
        for automation in facts.automations:
            set_automation(client, automation, ids, record)
        record.write(client)


def set_up_or_exit(facts: Facts, flows: Flows) -> None:
    """Set the server up; say what is in the way and exit if one of its deployments is not prflow's."""
    try:
        set_up(facts, flows)
    except NotOurs as error:
        sys.exit(f"{error} {error.hint}")


def create_work_pool(client: SyncPrefectClient, name: str) -> None:
    """Create a pool of processes on the worker's machine. An existing one stays as people have set it."""
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=name, type="process", base_job_template=template))


def set_work_queue(client: SyncPrefectClient, pool: str, wanted: WorkQueue, record: SetupRecord) -> None:
    """Create a queue of `pool`, or set what it never had or what prefect.yaml has changed of its limit and priority.

    A limit or a priority that a person set stays.
    """
    try:
        known = client.read_work_queue_by_name(wanted.name, pool)
    except ObjectNotFound:
        limit, priority = wanted.concurrency_limit, wanted.priority
        client.create_work_queue(wanted.name, concurrency_limit=limit, priority=priority, work_pool_name=pool)
        for key, value in _queue_keys(wanted).items():
            record.note(key, value)
        return
    changes: dict[str, int | None] = {}
    for key, value in _queue_keys(wanted).items():
        name = "priority" if key.endswith(".priority") else "concurrency_limit"
        is_new, is_ours = record.is_new(key), record.is_as_set(key, getattr(known, name))
        has_changed = record.note(key, value)
        if (has_changed and is_ours) or (is_new and (name == "priority" or known.concurrency_limit is None)):
            changes[name] = value
    if changes:
        # Not by the queue's id: only this route keeps the priorities of a pool apart.
        path = {"work_pool_name": pool, "name": wanted.name}
        client.request("PATCH", "/work_pools/{work_pool_name}/queues/{name}", path_params=path, json=changes)


def _queue_keys(queue: WorkQueue) -> dict[str, int | None]:
    return {f"queue.{queue.name}": queue.concurrency_limit, f"queue.{queue.name}.priority": queue.priority}


def set_deployment(
    client: SyncPrefectClient, entry: Deployment, flow: "Flow[..., object]", record: SetupRecord
) -> UUID:
    """Create or update a deployment, which Prefect identifies by its flow and name; return its id.

    Raises NotOurs if that name is taken by a flow of somebody else.
    """
    is_first = all(record.is_new(f"{entry.name}.{name}") for name in _settable(entry))
    changed = {name: value for name, value in _settable(entry).items() if record.note(f"{entry.name}.{name}", value)}
    try:
        known = client.read_deployment_by_name(f"{flow.name}/{entry.name}")
    except ObjectNotFound:
        for one in entry.schedules:
            record.note(_key(entry, one), one.model_dump())
        record.note(f"{entry.name}.work_queue", entry.work_pool.work_queue_name)
        return _create_deployment(client, entry, flow)
    if is_first and not _is_ours(entry, known):
        raise NotOurs(f"{flow.name}/{entry.name}", known.entrypoint)
    for one in entry.schedules:
        _set_schedule(client, known, one, record, _key(entry, one))
    body = _stale(entry, flow, known) | changed | _queue(entry, known, record) | _lifted_limit(entry, known, record)
    if body:
        client.update_deployment(known.id, DeploymentUpdate(**body))
    return known.id


def _is_ours(entry: Deployment, known: DeploymentResponse) -> bool:
    """Return whether prflow made a deployment that no record names: by its entrypoint, in whatever form, or its tag.

    One without an entrypoint has no code that could be taken from anybody.
    """
    ours = entry.entrypoint.rpartition(".")[0]
    module = (known.entrypoint or ours).partition(":")[0].removesuffix(".py").replace("/", ".")
    return "prflow" in known.tags or ours in {module, module.rpartition(".")[0]}


def _settable(entry: Deployment) -> dict[str, Any]:
    """Return what people may set in Prefect themselves, schedules and queues aside."""
    return {"description": entry.description, "tags": entry.tags}


def _queue(entry: Deployment, known: DeploymentResponse, record: SetupRecord) -> dict[str, Any]:
    """Return the deployment's queue if prefect.yaml has moved it, or if it waits in the pool's default queue still.

    A deployment that a person has moved stays where it is.
    """
    key, queue = f"{entry.name}.work_queue", entry.work_pool.work_queue_name
    is_new, is_ours = record.is_new(key), record.is_as_set(key, known.work_queue_name)
    has_moved = record.note(key, queue)
    if (has_moved and is_ours) or (is_new and known.work_queue_name == DEFAULT_QUEUE):
        return {"work_pool_name": entry.work_pool.name, "work_queue_name": queue}
    return {}


def _lifted_limit(entry: Deployment, known: DeploymentResponse, record: SetupRecord) -> dict[str, Any]:
    """Lift the limit that earlier versions of prflow set on a deployment; one that a person has set stays."""
    limit = known.global_concurrency_limit.limit if known.global_concurrency_limit else None
    return {"concurrency_limit": None} if record.forget(f"{entry.name}.concurrency_limit", limit) else {}


def _stale(entry: Deployment, flow: "Flow[..., object]", known: DeploymentResponse) -> dict[str, Any]:
    """Return what only prflow sets, if it differs. Job variables that people added stay."""
    ours = entry.work_pool.job_variables
    wanted = {
        "entrypoint": entry.entrypoint,
        "job_variables": known.job_variables | ours | {"env": known.job_variables.get("env", {}) | ours["env"]},
        "parameter_openapi_schema": parameter_schema(flow).model_dump_for_openapi(),
        "enforce_parameter_schema": True,
    }
    return {name: value for name, value in wanted.items() if getattr(known, name) != value}


def _create_deployment(client: SyncPrefectClient, entry: Deployment, flow: "Flow[..., object]") -> UUID:
    return client.create_deployment(
        flow_id=client.create_flow_from_name(flow.name),
        name=entry.name,
        entrypoint=entry.entrypoint,
        work_pool_name=entry.work_pool.name,
        work_queue_name=entry.work_pool.work_queue_name,
        job_variables=entry.work_pool.job_variables,
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
        schedules=[_schedule(one) for one in entry.schedules],
        **_settable(entry),
    )


def _set_schedule(
    client: SyncPrefectClient, deployment: DeploymentResponse, wanted: Schedule, record: SetupRecord, key: str
) -> None:
    """Create a schedule that is new, move one that has moved in prefect.yaml, leave all others to people."""
    is_new = record.is_new(key)
    has_moved = record.note(key, wanted.model_dump())
    known = next((one for one in deployment.schedules if one.slug == wanted.slug), None)
    if known and has_moved:
        client.update_deployment_schedule(deployment.id, known.id, schedule=_cron(wanted))
    if known is None and is_new:
        client.create_deployment_schedules(deployment.id, [_schedule(wanted)])


def _key(entry: Deployment, schedule: Schedule) -> str:
    return f"{entry.name}.schedule.{schedule.slug}"


def _schedule(schedule: Schedule) -> DeploymentScheduleCreate:
    return DeploymentScheduleCreate(slug=schedule.slug, schedule=_cron(schedule))


def _cron(schedule: Schedule) -> CronSchedule:
    return CronSchedule(cron=schedule.cron, timezone=schedule.timezone)


def set_automation(
    client: SyncPrefectClient, wanted: Alarm | Silence | Recovery, deployment_ids: dict[str, UUID], record: SetupRecord
) -> None:
    """Create or update an automation, which has no other key than its name."""
    if isinstance(wanted, Alarm):
        automation = _alarm(wanted, deployment_ids[wanted.run])
    elif isinstance(wanted, Recovery):
        automation = _recovery(wanted, deployment_ids)
    else:
        automation = _automation(wanted, list(deployment_ids.values()))
    key = f"automation.{wanted.name}"
    is_new = record.is_new(key)
    has_changed = record.note(key, automation.model_dump(mode="json"))
    known = client.read_automations_by_name(wanted.name)
    if not known:
        client.create_automation(automation)
    elif is_new or has_changed:
        enabled = automation.model_copy(update={"enabled": known[0].enabled})
        client.update_automation(known[0].id, enabled)


def _alarm(wanted: Alarm, deployment_id: UUID) -> AutomationCore:
    """Return an automation that begins to wait with each event of a team, and runs the deployment if none follows."""
    return AutomationCore(
        name=wanted.name,
        description=wanted.description,
        trigger=EventTrigger(
            after={wanted.after},
            expect={wanted.after},
            match={"prefect.resource.id": "prflow.team.*"},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=wanted.seconds),
        ),
        actions=[RunDeployment(deployment_id=deployment_id)],
    )


def _recovery(wanted: Recovery, deployment_ids: dict[str, UUID]) -> AutomationCore:
    """Return an automation that runs a deployment some time after each such event of a run of another of ours."""
    others = [one for name, one in deployment_ids.items() if name != wanted.run]
    return AutomationCore(
        name=wanted.name,
        description=wanted.description,
        trigger=EventTrigger(
            expect={wanted.upon},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related=_of_deployments(others),
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
        ),
        actions=[
            RunDeployment(deployment_id=deployment_ids[wanted.run], schedule_after=timedelta(seconds=wanted.seconds))
        ],
    )


def _automation(wanted: Silence, deployment_ids: list[UUID]) -> AutomationCore:
    """Return an automation that watches only runs of these deployments: others on the server are not prflow's."""
    return AutomationCore(
        name=wanted.name,
        description=wanted.description,
        trigger=EventTrigger(
            after={wanted.after},
            expect={"prefect.flow-run.*"},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related=_of_deployments(deployment_ids),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=wanted.seconds),
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message=wanted.message)],
    )


def _of_deployments(ids: list[UUID]) -> dict[str, str | list[str]]:
    return {"prefect.resource.role": "deployment", "prefect.resource.id": [f"prefect.deployment.{one}" for one in ids]}


if __name__ == "__main__":
    facts = read_facts(ServiceSettings().nightly_hour)
    set_up_or_exit(facts, load_flows(facts))
