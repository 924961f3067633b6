"""`prflow sync`: fetch one repository in this process, with a progress bar."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from dashboard.reading.runs import read_run_state
from flows.cli.parts.credentials import aim, open_github
from flows.cli.parts.home import Home, aim_at_prefect, opened
from flows.cli.parts.terminal import Terminal, print_json
from flows.lifecycle.clock import now
from flows.lifecycle.first_run import is_first_run
from tasks.github.organisation.repositories import fetch_repository
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.progress import refuse_rival

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class SyncSummary:
    """What a sync did. `state` is completed or partial; `prs_synced` of `prs_total` count all phases so far."""

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


def show_sync(name: str, as_json: bool) -> None:
    """Fetch OWNER/NAME and print a summary; exit code 1 if something could not be fetched."""
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
        summary = read_summary(warehouse, owner, full_name, time.monotonic() - began)
    print_summary(summary, as_json)


async def find_name(owner: str, repository: str) -> str:
    """Return the repository's current full name; NotFound before a run has begun, so that a typo leaves no trace."""
    async with open_github(owner) as github:
        return (await fetch_repository(github, owner, repository)).full_name


def split_name(name: str) -> tuple[str, str]:
    """Split OWNER/NAME; BadArgument if it is anything else."""
    owner, slash, repository = name.strip().partition("/")
    if not slash or not owner or not repository or "/" in repository:
        raise BadArgument(f"{name} is not a repository: write it as OWNER/NAME.")
    return owner, repository


def _run(owner: str, full_name: str) -> None:
    """Run the flow; imported here because Prefect takes seconds to import."""
    from flows.sync import sync

    asyncio.run(sync(team=owner, repository=full_name))


@contextmanager
def bar(home: Home, full_name: str) -> Iterator[None]:
    """Show a progress bar on stderr while the block runs, with the counts that the warehouse has."""
    console = Terminal(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description:<52}"), BarColumn(), TimeElapsedColumn())
    over = threading.Event()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(f"Fetching {full_name}", total=None)
        polling = threading.Thread(target=_poll, args=(home, full_name, bars, task, over), daemon=True)
        if console.is_terminal:
            polling.start()
        try:
            yield
        finally:
            over.set()
            if polling.is_alive():
                polling.join()


def _poll(home: Home, full_name: str, bars: Progress, task: TaskID, over: threading.Event) -> None:
    with Warehouse(home.settings, read_only=True) as warehouse:
        while not over.wait(POLL_SECONDS):
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

# The repository of that name; if it was renamed meanwhile, the one that was synced last.
SUMMARY_SQL = """
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


def read_summary(warehouse: Warehouse, owner: str, full_name: str, seconds: float) -> SyncSummary:
    """Return the summary of the last sync of the owner's team."""
    row = warehouse.read_one(SUMMARY_SQL, {"team": owner.lower(), "name": full_name.lower()}) or {}
    return SyncSummary(**row, seconds=round(seconds, 1))


def print_summary(summary: SyncSummary, as_json: bool) -> None:
    """Print what was done on stdout; what was not on stderr, with exit code 1."""
    if as_json:
        print_json(asdict(summary))
    else:
        console = Terminal(soft_wrap=True)
        console.print(
            f"{summary.repository}: {summary.prs_fetched:,} pull requests fetched in {summary.seconds:.0f} s "
            f"({summary.requests:,} requests, {summary.points:,} points). In the warehouse: {summary.prs_synced:,} "
            f"pull requests, {summary.releases:,} releases, {summary.deployments:,} deployments. "
            "The metrics are up to date.",
        )
    if summary.state != "completed":
        Terminal(stderr=True, soft_wrap=True).print(
            summary.error or "Something could not be fetched.", style="red", highlight=False
        )
        raise typer.Exit(1)
