"""Queue runs on a Prefect server."""

from contextlib import suppress
from typing import Any

from flows.lifecycle.deployments import Deployment
from flows.services import prefect_api
from flows.services.prefect_api import FlowRun
from flows.services.state import Services
from flows.services.supervisor import Supervisor

SETUP_SECONDS = 120.0


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
) -> FlowRun:
    """Queue a run of a deployment for a team.

    With `supervisor` (of services that are just starting) this waits until the server knows the deployment; without
    it, PrefectUnreachable if the server does not.
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
    elif not is_set_up():
        raise prefect_api.PrefectUnreachable(
            f"Prefect at {services.prefect_api_url} has no deployment {deployment.path}.",
            "Run `python -m flows.services.setup` with PREFECT_API_URL set to that server.",
        )
    name = deployment.run_name(team)
    return prefect_api.create_flow_run(services.prefect_api_url, found[0], name, parameters, f"team:{team}")
