"""The end of a set-up: what was chosen is stored, and the import is queued as `prflow onboard` does."""

from collections.abc import Sequence

from dashboard.reading.runs import read_run_state
from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.services import prefect_api
from tasks.github.organisation.following import choose_repositories
from tasks.github.organisation.repositories import Repository
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.progress import refuse_rival
from warehouse.set_up import SetUpRow


def store_choice(warehouse: Warehouse, row: SetUpRow, repositories: Sequence[Repository]) -> None:
    """Follow the repositories that were not left out. Raises BadArgument if none is left, TeamBusy during a run."""
    refuse_rival(warehouse, str(row.team_id), read_run_state, now())
    left_out = set(row.left_out)
    if not any(each.is_followed_by_default and each.full_name not in left_out for each in repositories):
        raise BadArgument("No repository is ticked.", "Tick at least one.")
    choose_repositories(warehouse, str(row.team_id), repositories, left_out)


def queue_import(address: str, login: str, row: SetUpRow, *, without_model: bool) -> str:
    """Queue the onboarding and return Prefect's id of the run. Asked twice, it queues one run."""
    found = prefect_api.find_deployment(address, Deployment.ONBOARDING.path)
    if found is None:
        raise prefect_api.PrefectUnreachable(
            "Prefect is still being prepared for prflow.", "Wait a few seconds, then press Start again."
        )
    parameters = {"team": login} | ({"without_model": True} if without_model else {})
    team = str(row.team_id)
    key = f"set-up:{team}:{row.begun_at}:{row.run_id or 'first'}"
    name = Deployment.ONBOARDING.run_name(team)
    return prefect_api.create_flow_run(address, found, name, parameters, f"team:{team}", key).id
