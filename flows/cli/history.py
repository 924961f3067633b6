"""`prflow history`: fetch an older part of a team's history in the background."""

from flows.cli.parts.credentials import require_credentials
from flows.cli.parts.follow import follow
from flows.cli.parts.home import NotRunning, find_home
from flows.cli.parts.queueing import queue_run
from flows.cli.parts.terminal import Terminal
from flows.lifecycle.deployments import Deployment
from flows.services.prefect_password import use_prefect_of
from flows.services.services import signals_to
from flows.services.supervisor import Supervisor
from tasks.github.api.settings import GitHubSettings
from warehouse.connection import Warehouse
from warehouse.errors import UnknownTeam
from warehouse.teams.choice import choose_team


def history(owner: str, months: int | None, wait: bool) -> None:
    """Queue phase 2 with a longer history, on the running services. UnknownTeam if OWNER was never onboarded."""
    console = Terminal(soft_wrap=True)
    months = months or GitHubSettings().history_months
    home = find_home()
    if not home.is_demo:
        require_credentials(owner)
    with Warehouse(home.settings, read_only=True) as warehouse:
        team = choose_team(warehouse, owner)
        if not warehouse.read_one("SELECT 1 FROM teams WHERE team_id = ? AND as_of IS NOT NULL", [team]):
            raise UnknownTeam(owner)
    if home.services is None:
        raise NotRunning()
    use_prefect_of(home.services)
    run = queue_run(home.services, Deployment.BACKGROUND, team, {"team": owner, "history_months": months})
    console.print(f"Queued {run.name}: {run.url}")
    if wait:
        bystander = Supervisor(home.folder)
        with signals_to(bystander.ask_to_end):
            follow(console, run, owner, bystander)
