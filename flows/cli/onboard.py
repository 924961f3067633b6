"""`prflow onboard`: queue an onboarding on the running services, or start services for as long as it takes."""

from datetime import datetime
from typing import Any

from rich.console import Console

from flows.cli.credentials import require_credentials
from flows.cli.follow import follow
from flows.cli.home import real_home
from flows.cli.queueing import queue_onboarding
from flows.cli.up import own_plan
from flows.services.prefect_password import use_prefect_of
from flows.services.services import running, signals_to
from flows.services.state import read_services
from flows.services.supervisor import Supervisor
from warehouse.errors import BadArgument


def onboard(
    owner: str, repositories: list[str] | None, as_of: datetime | None, wait: bool, without_model: bool = False
) -> None:
    console = Console(soft_wrap=True)
    parameters = onboarding_parameters(owner, repositories, as_of) | ({"without_model": True} if without_model else {})
    require_credentials(owner, without_model=without_model)
    if services := read_services(real_home()):
        use_prefect_of(services)
        run = queue_onboarding(services, owner, parameters)
        console.print(f"Queued {run.name}: {run.url}", highlight=False)
        console.print(f"Dashboard: {services.dashboard_url}", highlight=False)
        if wait:
            bystander = Supervisor(real_home())
            with signals_to(bystander.ask_to_end):
                follow(console, run, owner, bystander)
        return
    with running(own_plan(), console) as (services, supervisor):
        run = queue_onboarding(services, owner, parameters, supervisor)
        follow(console, run, owner, supervisor)


def onboarding_parameters(owner: str, repositories: list[str] | None, as_of: datetime | None) -> dict[str, Any]:
    """Return the run's parameters: the team's repositories and `as_of`. A repository may be named without its owner."""
    names = [name if "/" in name else f"{owner}/{name}" for name in repositories or []]
    for name in names:
        if name.split("/")[0].lower() != owner.lower() or name.count("/") != 1:
            raise BadArgument(f"{name} is not a repository of {owner}: write it as {owner}/NAME.")
    return {"repositories": names or None, "as_of": as_of.isoformat() if as_of else None}
