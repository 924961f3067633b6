"""`prflow analyse`: read the pending pull requests in a run of their own, or estimate what that takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from dashboard.reading.runs import read_run_state
from flows.cli.parts.credentials import require_model
from flows.cli.parts.follow import ENDED, RunFailed
from flows.cli.parts.home import Home, aim_at_model, find_home
from flows.cli.parts.queueing import queue_run
from flows.cli.parts.terminal import Terminal, print_json
from flows.cli.up import own_plan
from flows.lifecycle.deployments import Deployment
from flows.services.prefect_api import FlowRun
from flows.services.prefect_password import use_prefect_of
from flows.services.services import running, signals_to
from flows.services.state import Services
from flows.services.supervisor import Supervisor
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.forecast import Forecast, make_forecast
from warehouse.connection import Warehouse
from warehouse.errors import NotConfigured
from warehouse.sources import describe_wait
from warehouse.teams.choice import choose_team
from warehouse.windows import Phase

POLL_SECONDS = 1.0
# The last phase, and so pull requests of every phase.
ALL_PHASES = Phase.INCREMENTAL

Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """The command's arguments. `limit` bounds what is sent to the model; None for no such bound."""

    owner: str
    limit: int | None = None
    dry_run: bool = False
    replay: bool = False
    as_json: bool = False


def analyse(request: Request) -> None:
    """Run the analysis and follow it. Exit code 1 if pull requests are left that were meant to be read."""
    home = find_home()
    with Warehouse(home.settings, read_only=True) as warehouse:
        team = choose_team(warehouse, request.owner)
    if request.dry_run:
        print_forecast(home, team, request.limit, request.as_json)
        return
    if not request.replay and not home.is_demo:
        require_model()
    console = Terminal(stderr=request.as_json, soft_wrap=True)
    with services_of(home, console) as (services, supervisor):
        parameters = {"team": request.owner, "limit": request.limit, "replay": request.replay}
        own = supervisor if supervisor.children else None
        run = queue_run(services, Deployment.ANALYSIS, team, parameters, own)
        console.print(f"Run         {run.url}")
        with Warehouse(home.settings, read_only=True) as warehouse:
            row = follow(warehouse, run, console, supervisor)
    print_result(row, request.limit, console, as_json=request.as_json)


# --- estimate -----------------------------------------------------------------------------------------


def print_forecast(home: Home, team: str, limit: int | None, as_json: bool) -> None:
    """Print what a run would take, without sending anything."""
    aim_at_model(home)
    settings = LlmSettings()
    settings = settings.model_copy(update={"limit": limit or settings.limit})
    with bars(Terminal(stderr=True)) as shown, Warehouse(home.settings, read_only=True) as warehouse:
        bar = shown.add_task("Reading what is pending", total=None)
        found = make_forecast(
            warehouse, team, ALL_PHASES, settings, lambda done, total: shown.update(bar, completed=done, total=total)
        )
    if as_json:
        print_json({"team": team, "pending": found.pending, **asdict(found)})
    elif found.pending:
        Terminal(soft_wrap=True).print(draw_forecast(found))
    else:
        Terminal(soft_wrap=True).print(
            f"Nothing is pending: every pull request of {team} has been read.", highlight=False
        )


def draw_forecast(found: Forecast) -> Table:
    table = Table("A run would take", "", box=None)
    rows = {
        "Pull requests pending": f"{found.pending:,}",
        "Settled by rules, without a call": f"{found.by_rule:,}",
        f"Read by {found.model}": f"{found.by_model:,}",
        "Of these asked a second time": f"{found.asked_twice:,}" if found.asked_twice else "",
        "Not sent because of the limit": f"{found.left_out:,}" if found.left_out else "",
        "Tokens": f"about {found.prompt_tokens:,} sent, {found.completion_tokens:,} received",
        "Cost": "unknown" if found.cost_usd is None else f"about {found.cost_usd:.2f} USD at list price",
        "Time": f"about {_time(found.minutes)}, limited by {found.bound_by}" if found.by_model else "none",
        "Days": f"{found.days}: a daily limit ends each run, and the next nightly run continues"
        if found.days > 1
        else "",
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    return table


def _time(minutes: float) -> str:
    return f"{minutes / 60:.1f} hours" if minutes >= 100 else f"{max(minutes, 1):.0f} min"


# --- the run ------------------------------------------------------------------------------------------


@contextmanager
def services_of(home: Home, console: Terminal) -> Iterator[tuple[Services, Supervisor]]:
    """Open the services that run on `home`, or start some for as long as the block runs."""
    if home.services:
        use_prefect_of(home.services)
        bystander = Supervisor(home.folder)
        with signals_to(bystander.ask_to_end):
            yield home.services, bystander
    elif home.is_demo:
        raise NotConfigured(
            "The demo is not running. Start it with `prflow demo`, or onboard an organisation of your own."
        )
    else:
        with running(own_plan(), console) as (services, supervisor):
            yield services, supervisor


def follow(warehouse: Warehouse, run: FlowRun, console: Terminal, supervisor: Supervisor) -> Row:
    """Return the run's row once it has finished; RunFailed if it failed."""
    with bars(console) as shown:
        bar = shown.add_task("Waiting for the run to start", total=None)
        while True:
            supervisor.check()
            row = warehouse.read_one("SELECT * FROM pipeline_runs WHERE run_id = ?", [run.id])
            if row is not None:
                shown.update(bar, description=describe(row), completed=_done(row), total=row["llm_total"])
            if row is not None and row["state"] in {"completed", "partial"}:
                return row
            raise_if_over(run, row)
            supervisor.sleep(POLL_SECONDS)


def describe(row: Row) -> str:
    """Return what the run is doing."""
    if row["waiting_until"] is not None:
        return f"Waiting for {describe_wait(row['waiting_for'])} until {row['waiting_until']:%H:%M:%S} UTC"
    return "Counting what is pending" if row["llm_total"] is None else "Reading"


def _done(row: Row) -> int:
    return int((row["llm_total"] or 0) - (row["llm_left"] or 0))


def raise_if_over(run: FlowRun, row: Row | None) -> None:
    """Raise RunFailed if the run ended, by its row (None if it has none yet) or by Prefect's state."""
    if row is not None and row["state"] != "running":
        raise RunFailed(row["error"] or f"The run ended as {row['state']}.", row["error_hint"])
    state = read_run_state(run.id)
    if state is not None and state.is_over and state.state != "COMPLETED":
        raise RunFailed(f"The run {ENDED.get(state.state, state.state.lower())}: {state.message}", f"See {run.url}.")


def print_result(row: Row, limit: int | None, console: Terminal, *, as_json: bool) -> None:
    """Print what the run (its row) read; exit code 1 if some are left, unless `limit` is why."""
    names = ("total", "by_rule", "by_model", "failed", "left", "requests", "tokens", "cost_usd", "stopped")
    facts = {name: row[f"llm_{name}"] for name in names}
    if as_json:
        print_json({"run_id": row["run_id"], "state": row["state"], **facts})
    else:
        console.print(draw_result(facts))
    is_limit_reached = limit is not None and (row["llm_by_model"] or 0) + (row["llm_failed"] or 0) >= limit
    if row["llm_left"] and not is_limit_reached:
        words = row["llm_stopped"] or "Some pull requests are left."
        Terminal(stderr=True, soft_wrap=True).print(words)
        raise typer.Exit(1)


def draw_result(facts: Row) -> Table:
    cost = facts["cost_usd"]
    table = Table("Pull requests", "", box=None)
    for words, name in (
        ("To read", "total"),
        ("Settled by rules", "by_rule"),
        ("Read by the model", "by_model"),
        ("Failed or refused", "failed"),
        ("Left", "left"),
        ("Calls", "requests"),
        ("Tokens", "tokens"),
    ):
        table.add_row(words, f"{facts[name] or 0:,}")
    table.add_row("Cost", "unknown" if cost is None else f"{cost:.4f} USD")
    return table


def bars(console: Terminal) -> Progress:
    columns = (
        TextColumn("{task.description:<50}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(),
    )
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal)
