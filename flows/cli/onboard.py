"""`prflow onboard`: queue an onboarding on the running services, or start services for as long as it takes."""

import asyncio
import time
from datetime import datetime
from typing import Any, NoReturn

import duckdb

from dashboard.reading.runs import read_run_state
from dashboard.reading.settings import DashboardSettings
from flows.cli.parts.credentials import open_github, require_access, require_credentials
from flows.cli.parts.follow import POLL_SECONDS, RunFailed, follow
from flows.cli.parts.home import real_home
from flows.cli.parts.queueing import queue_onboarding
from flows.cli.parts.terminal import Terminal
from flows.cli.up import own_plan
from flows.services.prefect_api import FlowRun
from flows.services.prefect_password import use_prefect_of
from flows.services.services import running, signals_to
from flows.services.state import Services, read_services
from flows.services.supervisor import Supervisor
from tasks.github.api.errors import NotFound
from tasks.github.organisation.owner import fetch_owner
from warehouse.connection import Warehouse, WarehouseError
from warehouse.errors import BadArgument, NotConfigured, PrflowError

# A run that waits longer for its turn looks its owner up then.
LOOKUP_SECONDS = 60.0


def onboard(
    owner: str,
    repositories: list[str] | None,
    as_of: datetime | None,
    wait: bool,
    *,
    without_model: bool = False,
    early_numbers: bool = False,
) -> None:
    console = Terminal(soft_wrap=True)
    parameters = onboarding_parameters(owner, repositories, as_of)
    choices = {"without_model": without_model, "early_numbers": early_numbers}
    parameters |= {name: True for name, is_chosen in choices.items() if is_chosen}
    if services := read_services(real_home()):
        use_prefect_of(services)
        return _onboard_on(services, console, owner, parameters, wait)
    require_credentials(owner, without_model=without_model)
    check_owner(owner)
    with running(own_plan(), console) as (services, supervisor):
        run = queue_onboarding(services, owner, parameters, supervisor)
        follow(console, run, owner, supervisor)
    return None


def refuse_without_owner() -> NoReturn:
    """Say both ways to add an organisation. Raises BadArgument."""
    services = read_services(real_home())
    here = "`prflow onboard OWNER`, with --repo for single repositories."
    if not DashboardSettings().has_settings:
        raise BadArgument("No organisation is named.", f"Name one: {here}")
    where = f"open {services.dashboard_url}/set-up" if services else "run `prflow up`, then open /set-up of its address"
    raise BadArgument(
        "No organisation is named.",
        f"In the browser: {where}; it lists those that your token sees, and their repositories. Here: {here}",
    )


def _onboard_on(services: Services, console: Terminal, owner: str, parameters: dict[str, Any], wait: bool) -> None:
    """Queue the run on running services, whose access counts; they may have begun just now."""
    is_known = has_access(owner) and check_owner(owner)
    bystander = Supervisor(real_home())
    run = queue_onboarding(services, owner, parameters, bystander)
    console.print(f"Queued {run.name}: {run.url}")
    console.print(f"Dashboard: {services.dashboard_url}")
    with signals_to(bystander.ask_to_end):
        if wait:
            follow(console, run, owner, bystander)
        elif not is_known:
            wait_for_lookup(run, bystander)


def has_access(owner: str) -> bool:
    """Return whether this shell has a token of its own, for a question before anything is queued."""
    try:
        require_access(owner)
    except NotConfigured:
        return False
    return True


def check_owner(owner: str) -> bool:
    """Ask GitHub for the owner: NotFound if there is none, so that no team is made of a misspelt name.

    Returns False if GitHub cannot be asked from here, which the run then finds out for itself.
    """

    async def ask() -> None:
        async with open_github(owner) as github:
            await fetch_owner(github, owner)

    try:
        asyncio.run(ask())
    except NotFound:
        raise
    except PrflowError:
        return False
    return True


def wait_for_lookup(run: FlowRun, bystander: Supervisor) -> None:
    """Wait until the run has found its owner on GitHub, or is in a queue; RunFailed if there is no such owner."""
    deadline = time.monotonic() + LOOKUP_SECONDS
    while time.monotonic() < deadline:
        bystander.check()
        state = read_run_state(run.id)
        if state is not None and state.state in {"FAILED", "CRASHED"}:
            raise RunFailed(f"The run failed: {state.message}", f"See {run.url}.")
        if state is not None and (state.is_over or _has_begun(run.id)):
            return
        bystander.sleep(POLL_SECONDS)


def _has_begun(run_id: str) -> bool:
    try:
        with Warehouse(read_only=True) as warehouse:
            return warehouse.read_one("SELECT 1 AS begun FROM pipeline_runs WHERE run_id = ?", [run_id]) is not None
    except (WarehouseError, duckdb.CatalogException):
        return False


def onboarding_parameters(owner: str, repositories: list[str] | None, as_of: datetime | None) -> dict[str, Any]:
    """Return the run's parameters: the team's repositories and `as_of`. A repository may be named without its owner."""
    names = [name if "/" in name else f"{owner}/{name}" for name in repositories or []]
    for name in names:
        if name.split("/")[0].lower() != owner.lower() or name.count("/") != 1:
            raise BadArgument(f"{name} is not a repository of {owner}: write it as {owner}/NAME.")
    return {"repositories": names or None, "as_of": as_of.isoformat() if as_of else None}
