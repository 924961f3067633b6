"""A team on which no run works, so that it may be changed; and what was done, said."""

from dashboard.reading.runs import read_run_state
from flows.cli.parts.home import Home
from flows.cli.parts.terminal import Terminal, print_json
from flows.lifecycle.clock import now
from flows.services.prefect_password import use_prefect_of
from warehouse.connection import Warehouse
from warehouse.progress import refuse_rival
from warehouse.teams.choice import choose_team


def take_idle(warehouse: Warehouse, team: str, home: Home) -> str:
    """Return the id of a team on which no run works. Raises UnknownTeam or TeamBusy."""
    team_id = choose_team(warehouse, team)
    if home.services:
        use_prefect_of(home.services)
    refuse_rival(warehouse, team_id, read_run_state, now())
    return team_id


def report(as_json: bool, facts: dict[str, object], words: str) -> None:
    """Print what was done: one JSON document, or a sentence."""
    if as_json:
        print_json(facts)
    else:
        Terminal(soft_wrap=True).print(words)
