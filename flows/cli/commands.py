"""`prflow demo`, `up` and `onboard`: start what is needed, queue a run, follow it, end what was started."""

import os
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from dashboard.reading.runs import read_run_state, team_progress
from flows.cli.credentials import require_access
from flows.cli.home import demo_home, find_home, real_home
from flows.cli.terminal import clean
from flows.cli.watch import RunFailed, Watch
from flows.services import prefect_api
from flows.services.environment import DEMO_OWNER
from flows.services.prefect_api import FlowRun
from flows.services.services import Plan, running, signals_to, watch_over
from flows.services.settings import ServiceSettings
from flows.services.state import Services, read_services
from flows.services.supervisor import Supervisor
from tasks.github.api.settings import GitHubSettings
from tasks.llm.provider.providers import require_key, require_price
from tasks.llm.provider.settings import LlmSettings
from warehouse.connection import Warehouse
from warehouse.errors import NotConfigured, PrflowError
from warehouse.progress import Progress, Status

DEPLOYMENT = "onboarding/onboarding"
BACKGROUND = "background/background"
SETUP_SECONDS = 120.0
RUN_STATE_SECONDS = 5.0
MIN_SECONDS = 2.0


class BadArgument(PrflowError):
    """What was asked for cannot be; the message says why."""


def demo(is_exit: bool) -> None:
    console = Console(soft_wrap=True)
    plan = Plan(demo_home(), is_demo=True, dashboard_port=ServiceSettings().dashboard_port)
    began = time.monotonic()
    with running(plan, console) as (services, supervisor):
        queue = lambda: queue_onboarding(services, DEMO_OWNER, {}, supervisor)  # noqa: E731
        watch = follow_onboarding(console, queue, DEMO_OWNER, supervisor, is_exit)
        if watch is not None:
            draw_summary(console, watch, began)
        if not is_exit:
            serve(console, services, supervisor)


def up(owner: str | None) -> None:
    console = Console(soft_wrap=True)
    if owner:
        require_credentials(owner)
    with running(own_plan(), console) as (services, supervisor):
        if owner:
            queue = lambda: queue_onboarding(services, owner, {}, supervisor)  # noqa: E731
            follow_onboarding(console, queue, owner, supervisor, is_exit=False)
        serve(console, services, supervisor)


def onboard(owner: str, repositories: list[str] | None, as_of: datetime | None, is_waiting: bool) -> None:
    console = Console(soft_wrap=True)
    parameters = onboarding_parameters(owner, repositories, as_of)
    require_credentials(owner)
    if services := read_services(real_home()):
        os.environ["PREFECT_API_URL"] = services.prefect_api_url
        run = queue_onboarding(services, owner, parameters)
        console.print(f"Queued {run.name}: {run.url}", highlight=False)
        console.print(f"Dashboard: {services.dashboard_url}", highlight=False)
        if is_waiting:
            bystander = Supervisor(real_home())
            with signals_to(bystander.ask_to_end):
                follow(console, run, owner, bystander)
        return
    with running(own_plan(), console) as (services, supervisor):
        run = queue_onboarding(services, owner, parameters, supervisor)
        follow(console, run, owner, supervisor)


def history(owner: str, months: int | None, is_waiting: bool) -> None:
    """Queues phase 2 with a longer history, on the services that run."""
    console = Console(soft_wrap=True)
    months = months or GitHubSettings().history_months
    team = owner.lower()
    home = find_home()
    if not home.is_demo:
        require_credentials(owner)
    with Warehouse(home.settings, read_only=True) as warehouse:
        if not warehouse.read_one("SELECT 1 FROM teams WHERE team_id = ? AND as_of IS NOT NULL", [team]):
            raise BadArgument(f"{owner} has not been onboarded: run `prflow onboard {owner}` first.")
    if home.services is None:
        raise BadArgument("prflow does not run: start it with `prflow up` in another shell, then say this again.")
    os.environ["PREFECT_API_URL"] = home.services.prefect_api_url
    run = queue_run(home.services, BACKGROUND, team, {"team": owner, "history_months": months})
    console.print(f"Queued {run.name}: {run.url}", highlight=False)
    if is_waiting:
        bystander = Supervisor(home.folder)
        with signals_to(bystander.ask_to_end):
            follow(console, run, owner, bystander)


def onboarding_parameters(owner: str, repositories: list[str] | None, as_of: datetime | None) -> dict[str, Any]:
    """The run's parameters: a team and its window, nothing else. A repository may leave its owner out."""
    names = [name if "/" in name else f"{owner}/{name}" for name in repositories or []]
    for name in names:
        if name.split("/")[0].lower() != owner.lower() or name.count("/") != 1:
            raise BadArgument(f"{name} is not a repository of {owner}: give it as {owner}/NAME.")
    return {"repositories": names or None, "as_of": as_of.isoformat() if as_of else None}


def require_credentials(owner: str) -> None:
    """Before anything is started or sent: NotConfigured names the first variable that is missing."""
    require_access(owner)
    require_model()


def require_model() -> None:
    """The model's part of it."""
    try:
        require_key(LlmSettings())
        require_price(LlmSettings())
    except ValueError as error:
        raise NotConfigured(str(error)) from None


def queue_onboarding(
    services: Services, owner: str, parameters: dict[str, Any], supervisor: Supervisor | None = None
) -> FlowRun:
    """Waits until the worker has set the server up, then queues the run."""
    return queue_run(services, DEPLOYMENT, owner.lower(), {"team": owner} | parameters, supervisor)


def queue_run(
    services: Services, deployment: str, team: str, parameters: dict[str, Any], supervisor: Supervisor | None = None
) -> FlowRun:
    """A run of a deployment for a team. With `supervisor` it is waited for until the server knows the deployment."""
    found: list[str] = []

    def is_set_up() -> bool:
        if known := prefect_api.find_deployment(services.prefect_api_url, deployment):
            found.append(known)
        return bool(found)

    if supervisor:
        supervisor.wait("worker", is_set_up, SETUP_SECONDS)
    elif not is_set_up():
        raise prefect_api.PrefectUnreachable(f"Prefect at {services.prefect_api_url} knows no deployment {deployment}.")
    name = f"{deployment.partition('/')[0]}/{team}"
    return prefect_api.create_flow_run(services.prefect_api_url, found[0], name, parameters, f"team:{team}")


def follow_onboarding(
    console: Console, queue: Callable[[], FlowRun], owner: str, supervisor: Supervisor, is_exit: bool
) -> Watch | None:
    """Follows the run to its end. A failure ends `--exit`; else it is said, and the dashboard offers Retry."""
    run = queue()
    console.print(f"Run         {run.url}", highlight=False)
    try:
        return follow(console, run, owner, supervisor)
    except RunFailed as failure:
        if is_exit:
            raise
        tell_failure(console, failure)
        return None


def tell_failure(console: Console, failure: RunFailed) -> None:
    """Its words may hold what GitHub or the model answered: text, never markup."""
    console.print(clean(str(failure)), style="red", markup=False, highlight=False)
    hint = f"{clean(failure.hint)} " if failure.hint else ""
    console.print(f"{hint}The dashboard offers to retry.", markup=False, highlight=False)


def follow(console: Console, run: FlowRun, owner: str, supervisor: Supervisor) -> Watch:
    with Warehouse(read_only=True) as warehouse:
        watch = Watch(
            run.id, Reader(warehouse, owner.lower()), read_run_state, supervisor.check, console, supervisor.sleep
        )
        watch.follow()
    return watch


class Reader:
    """A team's progress, None while it has none.

    Reading it costs a tenth of a second of processor time that the run needs itself. So it is read where
    something was committed, but not more often than every 2 s, and every 5 s to hear what Prefect says of the run.
    """

    def __init__(self, warehouse: Warehouse, team_id: str) -> None:
        self._warehouse = warehouse
        self._team_id = team_id
        self._snapshot = -1
        self._read_at = 0.0
        self._progress: Progress | None = None

    def __call__(self) -> Progress | None:
        age = time.monotonic() - self._read_at
        if age < MIN_SECONDS:
            return self._progress
        snapshot = self._warehouse.snapshot_id()
        if snapshot != self._snapshot or age > RUN_STATE_SECONDS:
            self._snapshot, self._read_at = snapshot, time.monotonic()
            progress = team_progress(self._team_id, self._warehouse)
            self._progress = None if progress.status is Status.NOT_STARTED else progress
        return self._progress


def serve(console: Console, services: Services, supervisor: Supervisor) -> None:
    """Until Ctrl-C, which is how this is meant to end."""
    console.print(f"\nOpen [bold]{services.dashboard_url}[/]. Ctrl-C ends everything.", highlight=False)
    try:
        watch_over(supervisor)
    except KeyboardInterrupt:
        console.print("Ending ...")


def draw_summary(console: Console, watch: Watch, began: float) -> None:
    """What is in the warehouse now, and how long it took since the command `began` (time.monotonic)."""
    with Warehouse(read_only=True) as warehouse:
        totals = warehouse.read_one(SUMMARY_SQL) or {}
    table = Table("In the warehouse", "", box=None, title=None)
    for name, value in totals.items():
        table.add_row(name, f"{value:,}")
    for status, words in ((Status.PHASE1_COMPLETE, "Seconds to the first page"), (Status.COMPLETE, "Seconds in all")):
        table.add_row(words, f"{watch.reached_at[status] - began:.1f}")
    console.print(table)


SUMMARY_SQL = """
SELECT (SELECT count(*) FROM repositories WHERE is_followed) AS "Repositories",
       (SELECT count(*) FROM pull_requests) AS "Pull requests",
       (SELECT count(*) FROM reviews) AS "Reviews",
       (SELECT count(*) FROM commits) AS "Commits",
       (SELECT count(*) FROM pr_analysis WHERE status = 'done') AS "Read by rules or model",
       (SELECT count(*) FROM weekly_metrics) AS "Weekly numbers",
       (SELECT count(*) FROM insights) AS "Insights"
"""


def own_plan() -> Plan:
    """Of everything that `prflow up` starts."""
    settings = ServiceSettings()
    return Plan(real_home(), dashboard_port=settings.dashboard_port, prefect_api_url=settings.prefect_api_url)
