"""`prflow sync`: fetches one repository in this process, with a bar, and says what came of it."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from dashboard.reading.runs import read_run_state
from flows.cli.credentials import aim, open_github
from flows.cli.home import Home, aim_at_prefect, opened
from flows.cli.terminal import clean
from flows.lifecycle.clock import now
from flows.lifecycle.first_run import is_first_run
from tasks.github.organisation.organisation import fetch_repository
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.progress import refuse_rival

LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Outcome:
    """What a sync did. `state` is completed or partial; `prs_synced` of `prs_total` over all phases so far."""

    repository: str
    state: str
    run_id: str
    prs_synced: int
    prs_total: int
    prs_fetched: int
    releases: int
    deployments: int
    requests: int
    points: int
    seconds: float
    error: str | None


def show_sync(name: str, is_json: bool) -> None:
    """Exit code 1 where something of the repository could not be fetched."""
    owner, repository = split_name(name)
    home = aim(owner)
    aim_at_prefect(home)
    with opened(home) as warehouse:
        refuse_rival(warehouse, owner.lower(), read_run_state, now())
        is_first_run(warehouse, warehouse.read_one("SELECT * FROM teams WHERE team_id = ?", [owner.lower()]))
    full_name = asyncio.run(find_name(owner, repository))
    began = time.monotonic()
    with bar(home, full_name):
        _run(owner, full_name)
    with Warehouse(home.settings, read_only=True) as warehouse:
        outcome = read_outcome(warehouse, owner, full_name, time.monotonic() - began)
    tell(outcome, is_json)


async def find_name(owner: str, repository: str) -> str:
    """The name that GitHub has for it now; NotFound before a run has begun, so that a typing error leaves no trace."""
    async with open_github(owner) as github:
        return (await fetch_repository(github, owner, repository)).full_name


def split_name(name: str) -> tuple[str, str]:
    """OWNER/NAME as a pair; BadArgument otherwise."""
    owner, slash, repository = name.strip().partition("/")
    if not slash or not owner or not repository or "/" in repository:
        raise BadArgument(f"{name} is not a repository: give it as OWNER/NAME.")
    return owner, repository


def _run(owner: str, full_name: str) -> None:
    """Prefect takes seconds to import, so only here."""
    from flows.sync import sync

    asyncio.run(sync(team=owner, repository=full_name))


@contextmanager
def bar(home: Home, full_name: str) -> Iterator[None]:
    """A bar on stderr as long as the block runs; what it shows is read from the warehouse, as on every screen."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description:<52}"), BarColumn(), TimeElapsedColumn())
    over = threading.Event()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(f"Fetching {full_name}", total=None)
        looking = threading.Thread(target=_look, args=(home, full_name, bars, task, over), daemon=True)
        if console.is_terminal:
            looking.start()
        try:
            yield
        finally:
            over.set()
            if looking.is_alive():
                looking.join()


def _look(home: Home, full_name: str, bars: Progress, task: TaskID, over: threading.Event) -> None:
    with Warehouse(home.settings, read_only=True) as warehouse:
        while not over.wait(LOOK_SECONDS):
            row = warehouse.read_one(COUNTS_SQL, [full_name.lower()])
            if row and row["total"]:
                words = f"{full_name}: {row['done']:,} of {row['total']:,} pull requests"
                bars.update(task, completed=row["done"], total=row["total"], description=words)


COUNTS_SQL = """
SELECT count(DISTINCT i.pull_request_id) AS total,
       count(DISTINCT i.pull_request_id) FILTER (i.state = 'done') AS done
FROM repositories r LEFT JOIN sync_items i ON i.repository_id = r.id
WHERE lower(r.full_name) = ?
"""

# The repository asked for, or the one that has just been fetched: it may have been renamed meanwhile.
OUTCOME_SQL = """
SELECT r.full_name AS repository, p.state, p.run_id,
       (SELECT count(*) FROM pull_requests q WHERE q.repository_id = r.id) AS prs_synced,
       (SELECT count(DISTINCT pull_request_id) FROM sync_items i WHERE i.repository_id = r.id) AS prs_total,
       (SELECT count(*) FROM sync_items i WHERE i.run_id = p.run_id AND i.state = 'done') AS prs_fetched,
       (SELECT count(*) FROM releases x WHERE x.repository_id = r.id) AS releases,
       (SELECT count(*) FROM deployments d WHERE d.repository_id = r.id) AS deployments,
       coalesce(p.github_requests, 0) AS requests, coalesce(p.github_points, 0) AS points,
       r.last_sync_error AS error
FROM pipeline_runs p JOIN repositories r ON r.team_id = p.team_id
WHERE p.team_id = $team AND p.flow = 'sync'
ORDER BY p.started_at DESC, lower(r.full_name) = $name DESC, r.last_sync_at DESC NULLS LAST LIMIT 1
"""


def read_outcome(warehouse: Warehouse, owner: str, full_name: str, seconds: float) -> Outcome:
    """Of the sync that was the last of the owner's team."""
    row = warehouse.read_one(OUTCOME_SQL, {"team": owner.lower(), "name": full_name.lower()}) or {}
    return Outcome(**row, seconds=round(seconds, 1))


def tell(outcome: Outcome, is_json: bool) -> None:
    """On stdout what was done; on stderr, with exit code 1, what was not."""
    if is_json:
        print(json.dumps(asdict(outcome), indent=2))
    else:
        console = Console(soft_wrap=True)
        console.print(
            f"{outcome.repository}: {outcome.prs_fetched:,} pull requests fetched in {outcome.seconds:.0f} s "
            f"({outcome.requests:,} requests, {outcome.points:,} points). In the warehouse: {outcome.prs_synced:,} "
            f"pull requests, {outcome.releases:,} releases, {outcome.deployments:,} deployments. "
            "The metrics are computed anew.",
            markup=False,
            highlight=False,
        )
    if outcome.state != "completed":
        Console(stderr=True, soft_wrap=True).print(
            clean(outcome.error or "Something could not be fetched."), style="red", markup=False, highlight=False
        )
        raise typer.Exit(1)
