"""The contents of prefect.yaml, of the checkout or of the installed package."""

from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

# A wheel holds a copy of prefect.yaml within the package (pyproject.toml puts it there).
IN_CHECKOUT = Path(__file__).resolve().parents[2] / "prefect.yaml"
IN_PACKAGE = resources.files("flows") / "prefect.yaml"

NIGHTLY_HOUR = 5
"""The hour of the nightly schedule in prefect.yaml."""

BEAT = "PREFECT_FLOWS_HEARTBEAT_FREQUENCY"


class WorkQueue(BaseModel):
    """A queue of the work pool. `concurrency_limit` is how many of its runs are active at once, None without a limit.

    A worker with room takes runs of the queue with the lowest `priority` first.
    """

    name: str
    priority: int
    concurrency_limit: int | None = None


class WorkPool(BaseModel):
    name: str
    work_queue_name: str
    job_variables: dict[str, Any]

    @property
    def beat_seconds(self) -> int:
        """Return the seconds between the heartbeats of a run, which its own environment sets."""
        return int(self.job_variables["env"][BEAT])


class Schedule(BaseModel):
    slug: str
    cron: str
    timezone: str

    def later(self, hours: int) -> "Schedule":
        """Return the schedule moved by some hours of the day."""
        minute, hour, *days = self.cron.split()
        return self.model_copy(update={"cron": " ".join([minute, str((int(hour) + hours) % 24), *days])})


class Deployment(BaseModel):
    """A deployment as prefect.yaml describes it, with Prefect's own names."""

    name: str
    description: str
    entrypoint: str
    tags: list[str]
    work_pool: WorkPool
    schedules: list[Schedule] = []


class Silence(BaseModel):
    """An automation that marks a run of prflow Crashed if nothing follows the event `after` for `seconds`."""

    name: str
    description: str
    after: str
    seconds: int
    message: str


class Alarm(BaseModel):
    """An automation that runs a deployment if the event `after` of a team does not come again for `seconds`."""

    name: str
    description: str
    after: str
    seconds: int
    run: str


class Recovery(BaseModel):
    """An automation that runs a deployment `seconds` after the event `upon` of a run of prflow."""

    name: str
    description: str
    upon: str
    seconds: int
    run: str


class Facts(BaseModel):
    """The contents of prefect.yaml."""

    work_queues: list[WorkQueue]
    deployments: list[Deployment]
    automations: list[Alarm | Silence | Recovery]


def read_facts(nightly_hour: int = NIGHTLY_HOUR) -> Facts:
    """Read prefect.yaml, with its schedules moved to a night that starts at `nightly_hour` (UTC)."""
    file = IN_CHECKOUT if IN_CHECKOUT.exists() else IN_PACKAGE
    facts = Facts.model_validate(yaml.safe_load(file.read_text()))
    for entry in facts.deployments:
        entry.schedules = [one.later(nightly_hour - NIGHTLY_HOUR) for one in entry.schedules]
    return facts
