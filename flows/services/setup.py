"""Set a Prefect server up as prefect.yaml says: work pool, deployments, schedules, automations.

`python -m flows.services.setup` does it on the server of `PREFECT_API_URL`. Doing it again changes only what has
changed in prefect.yaml; runs that a person or another flow has queued stay queued.
"""

from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import cast

import yaml
from prefect import Flow, get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyOptions, StateType
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker
from pydantic import BaseModel

# A wheel holds a copy of prefect.yaml within the package (pyproject.toml puts it there).
IN_CHECKOUT = Path(__file__).resolve().parents[2] / "prefect.yaml"
IN_PACKAGE = resources.files("flows") / "prefect.yaml"


class WorkPool(BaseModel):
    name: str
    job_variables: dict[str, str]


class Schedule(BaseModel):
    slug: str
    cron: str
    timezone: str


class Deployment(BaseModel):
    """A deployment as prefect.yaml describes it, with Prefect's own names."""

    name: str
    description: str
    entrypoint: str
    tags: list[str]
    work_pool: WorkPool
    concurrency_limit: ConcurrencyLimitConfig
    schedules: list[Schedule] = []


class MissingHeartbeat(BaseModel):
    """An automation that marks a run Crashed if it has sent heartbeats, and then none for `heartbeat_seconds`."""

    name: str
    description: str
    heartbeat_seconds: int


class Facts(BaseModel):
    """The contents of prefect.yaml."""

    deployments: list[Deployment]
    automations: list[MissingHeartbeat]


def read_facts() -> Facts:
    """Read prefect.yaml, of the checkout or else of the installed package."""
    file = IN_CHECKOUT if IN_CHECKOUT.exists() else IN_PACKAGE
    return Facts.model_validate(yaml.safe_load(file.read_text()))


def load_flows(facts: Facts) -> dict[str, "Flow[..., object]"]:
    """Import the flow of each deployment, by entrypoint. This takes seconds: do it while the server starts."""
    return {entry.entrypoint: load_flow_from_entrypoint(entry.entrypoint) for entry in facts.deployments}


def set_up(facts: Facts, flows: dict[str, "Flow[..., object]"]) -> None:
    """Create what the server lacks, and update what has changed."""
    with get_client(sync_client=True) as client:
        for pool in {entry.work_pool.name for entry in facts.deployments}:
            create_work_pool(client, pool)
        for entry in facts.deployments:
            create_deployment(client, entry, flows[entry.entrypoint])
        for automation in facts.automations:
            create_automation(client, automation)


def create_work_pool(client: SyncPrefectClient, name: str) -> None:
    """Create a pool of processes on the worker's machine. An existing one stays as people have set it."""
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=name, type="process", base_job_template=template))


def create_deployment(client: SyncPrefectClient, entry: Deployment, flow: "Flow[..., object]") -> None:
    """Create or update a deployment, which Prefect identifies by its flow and name."""
    client.create_deployment(
        flow_id=client.create_flow_from_name(flow.name),
        name=entry.name,
        description=entry.description,
        entrypoint=entry.entrypoint,
        tags=entry.tags,
        work_pool_name=entry.work_pool.name,
        job_variables=cast(dict[str, object], entry.work_pool.job_variables),
        concurrency_limit=entry.concurrency_limit.limit,
        concurrency_options=ConcurrencyOptions(collision_strategy=entry.concurrency_limit.collision_strategy),
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
        schedules=[
            DeploymentScheduleCreate(slug=one.slug, schedule=CronSchedule(cron=one.cron, timezone=one.timezone))
            for one in entry.schedules
        ],
    )


def create_automation(client: SyncPrefectClient, wanted: MissingHeartbeat) -> None:
    """Create the automation, unless one of that name exists: automations have no other key in Prefect."""
    if wanted.name in {known["name"] for known in client.request("POST", "/automations/filter", json={}).json()}:
        return
    client.create_automation(
        AutomationCore(
            name=wanted.name,
            description=wanted.description,
            trigger=EventTrigger(
                after={"prefect.flow-run.heartbeat"},
                expect={"prefect.flow-run.*"},
                match={"prefect.resource.id": "prefect.flow-run.*"},
                for_each={"prefect.resource.id"},
                posture=Posture.Proactive,
                threshold=1,
                within=timedelta(seconds=wanted.heartbeat_seconds),
            ),
            actions=[
                ChangeFlowRunState(
                    state=StateType.CRASHED,
                    message=f"No sign of life for {wanted.heartbeat_seconds} s: the process is gone.",
                )
            ],
        )
    )


if __name__ == "__main__":
    facts = read_facts()
    set_up(facts, load_flows(facts))
