"""Queue runs on a Prefect server."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from flows.lifecycle.deployments import Deployment
from flows.services import prefect_api
from flows.services.prefect_api import FlowRun
from flows.services.state import Services
from flows.services.supervisor import Supervisor

SETUP_SECONDS = 120.0
# A server that this process started is waited for as long as it lives, however slowly it responds on a busy machine.
QUEUE_SECONDS = 600.0
PAUSE_SECONDS = 0.5


def queue_onboarding(
    services: Services, owner: str, parameters: dict[str, Any], supervisor: Supervisor | None = None
) -> FlowRun:
    """Queue an onboarding; with `supervisor`, once the worker has set the server up."""
    return queue_run(services, Deployment.ONBOARDING, owner.lower(), {"team": owner} | parameters, supervisor)


def queue_run(
    services: Services,
    deployment: Deployment,
    team: str,
    parameters: dict[str, Any],
    supervisor: Supervisor | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> FlowRun:
    """Queue a run of a deployment for a team.

    On prflow's own server this waits until the worker has set the server up, which it does as prflow starts;
    `supervisor` is that of services that this process started. PrefectUnreachable if the server lacks the deployment.
    """
    found: list[str] = []

    def is_set_up() -> bool:
        if known := prefect_api.find_deployment(services.prefect_api_url, deployment.path):
            found.append(known)
        return bool(found)

    def is_set_up_by_now() -> bool:
        with suppress(prefect_api.PrefectUnreachable):  # refused by a server that starts; the next look may find it
            return is_set_up()
        return False

    if supervisor:
        supervisor.wait("worker", is_set_up_by_now, SETUP_SECONDS)
    elif not _is_true_within(SETUP_SECONDS if "server" in services.children else 0.0, is_set_up, sleep):
        raise prefect_api.PrefectUnreachable(
            f"Prefect at {services.prefect_api_url} has no deployment {deployment.path}.",
            "Run `python -m flows.services.setup` with PREFECT_API_URL set to that server.",
        )
    key = str(uuid4())

    def create() -> FlowRun:
        name = deployment.run_name(team)
        return prefect_api.create_flow_run(services.prefect_api_url, found[0], name, parameters, f"team:{team}", key)

    return _create_patiently(create, supervisor) if supervisor else create()


def _create_patiently(create: Callable[[], FlowRun], supervisor: Supervisor) -> FlowRun:
    """Return the run once the server has it; raise at once what the server refuses."""
    made: list[FlowRun] = []

    def is_made() -> bool:
        try:
            made.append(create())
        except prefect_api.PrefectRefused:
            raise
        except prefect_api.PrefectUnreachable:
            return False
        return True

    supervisor.wait("worker", is_made, QUEUE_SECONDS)
    return made[0]


def _is_true_within(seconds: float, is_true: Callable[[], bool], sleep: Callable[[float], None]) -> bool:
    """Return whether it becomes true within `seconds`; it is asked once at least."""
    deadline = time.monotonic() + seconds
    while not (found := is_true()) and time.monotonic() < deadline:
        sleep(PAUSE_SECONDS)
    return found
