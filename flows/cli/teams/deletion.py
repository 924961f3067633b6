"""`prflow teams delete`: a team with all its rows, its tokens, and what Prefect keeps of it."""

import sys
from dataclasses import asdict, dataclass

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from flows.cli.parts.home import Home, find_home, opened
from flows.cli.parts.terminal import Terminal
from flows.cli.teams.idle import report, take_idle
from flows.services import prefect_api
from flows.services.prefect_api import PrefectUnreachable
from flows.services.settings import ServiceSettings
from tasks.github.access.credentials import block_name
from tasks.github.access.logins import Logins
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.identity.teams import TABLES_OF_TEAMS, count_rows, delete_team, read_owner
from warehouse.upkeep import rewrite


@dataclass(frozen=True)
class Deleted:
    """What was deleted. `prefect` says why nothing was deleted there; None if it was."""

    team: str
    rows: int
    tokens: int
    runs: int
    prefect: str | None


def delete(team: str, is_confirmed: bool, as_json: bool) -> None:
    """Delete a team after asking twice; TeamBusy while a run works on it."""
    home = find_home()
    with opened(home) as warehouse:
        team_id = take_idle(warehouse, team, home)
        if not is_confirmed:
            _ask_twice(warehouse, team_id)
        names = [team_id, *read_owner(warehouse, team_id).names]
        rows = _delete_rows(warehouse, team_id)
    tokens = sum(Logins(home.folder).delete(name) for name in dict.fromkeys(map(block_name, names)))
    blocks, runs, problem = _delete_from_prefect(home, team_id, names)
    deleted = Deleted(team_id, rows, tokens + blocks, runs, problem)
    report(as_json, asdict(deleted), _describe(deleted))


def _ask_twice(warehouse: Warehouse, team_id: str) -> None:
    """Ask, and have the name typed; typer.Abort if a person changes their mind, BadArgument without a terminal."""
    if not _is_terminal():
        raise BadArgument(f"Deleting {team_id} needs a confirmation.", "Add --yes to confirm it from a script.")
    counts = count_rows(warehouse, team_id)
    pull_requests = counts.get("pull_requests", 0)
    words = f"Delete {team_id} with {pull_requests:,} pull requests, {sum(counts.values()):,} rows in all?"
    typer.confirm(words, abort=True, err=True)
    if typer.prompt(f"This cannot be undone. Type {team_id} to delete it", err=True).strip().lower() != team_id:
        raise typer.Abort


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _delete_rows(warehouse: Warehouse, team_id: str) -> int:
    """Delete the rows with a progress bar on stderr, and rewrite the files that held them."""
    console = Terminal(stderr=True)
    columns = (TextColumn("{task.description:<40}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Deleting", total=len(TABLES_OF_TEAMS) + 1)
        rows = delete_team(
            warehouse, team_id, lambda name, count: bar.update(task, advance=1, description=f"{name}: {count:,} rows")
        )
        rewrite(warehouse)
    return rows


def _delete_from_prefect(home: Home, team_id: str, names: list[str]) -> tuple[int, int, str | None]:
    """Delete blocks with tokens and all runs of the team; return their numbers, or why Prefect was not asked."""
    address = ServiceSettings().prefect_api_url or (home.services.prefect_api_url if home.services else "")
    if not address:
        return 0, 0, "prflow is not running"
    try:
        blocks = [prefect_api.delete_secret(address, name) for name in dict.fromkeys(map(block_name, names))]
        tags = [f"team:{name.lower()}" for name in dict.fromkeys(names)]
        return sum(blocks), sum(prefect_api.delete_runs(address, tag) for tag in dict.fromkeys(tags)), None
    except PrefectUnreachable as error:
        return 0, 0, str(error)


def _describe(deleted: Deleted) -> str:
    words = f"Deleted {deleted.team}: {deleted.rows:,} rows, {deleted.tokens} tokens of its own, {deleted.runs} runs."
    if deleted.prefect is None:
        return words
    return (
        f"{words} Nothing was deleted in Prefect ({deleted.prefect.rstrip('.')}): its runs of {deleted.team}, and a "
        f"block with a token, stay until you delete them on Prefect's pages."
    )
