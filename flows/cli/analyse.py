"""`prflow analyse`: read what is pending in a run of its own, or say only what that would take."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from dashboard.reading.runs import read_run_state
from flows.cli.credentials import require_model
from flows.cli.follow import RunFailed
from flows.cli.home import Home, aim_at_model, find_home
from flows.cli.queueing import queue_run
from flows.cli.terminal import clean
from flows.cli.up import own_plan
from flows.lifecycle.deployments import Deployment
from flows.services.prefect_api import FlowRun
from flows.services.services import running, signals_to
from flows.services.state import Services
from flows.services.supervisor import Supervisor
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.forecast import Forecast, make_forecast
from warehouse.connection import Warehouse
from warehouse.errors import NotConfigured, UnknownTeam
from warehouse.windows import Phase

POLL_SECONDS = 1.0
# The last of the phases, so all of them: what is fetched may be read.
ALL_PHASES = Phase.INCREMENTAL

Row = dict[str, Any]


def analyse(owner: str, limit: int | None, is_replay: bool, is_dry_run: bool, is_json: bool) -> None:
    """Exit code 1 where pull requests are left that were meant to be read."""
    home, team = find_home(), owner.lower()
    require_team(home, team)
    if is_dry_run:
        say_forecast(home, team, limit, is_json)
        return
    if not is_replay and not home.is_demo:
        require_model()
    console = Console(stderr=is_json, soft_wrap=True)
    with services_of(home, console) as (services, supervisor):
        parameters = {"team": owner, "limit": limit, "is_replay": is_replay}
        own = supervisor if supervisor.children else None
        run = queue_run(services, Deployment.ANALYSIS, team, parameters, own)
        console.print(f"Run         {run.url}", highlight=False)
        with Warehouse(home.settings, read_only=True) as warehouse:
            row = follow(warehouse, run, console, supervisor)
    say_result(row, limit, console, is_json)


def require_team(home: Home, team: str) -> None:
    with Warehouse(home.settings, read_only=True) as warehouse:
        if warehouse.read_one("SELECT 1 AS known FROM teams WHERE team_id = ?", [team]) is None:
            raise UnknownTeam(f"There is no team {team}: run `prflow onboard {team}`.")


# --- what it would take ------------------------------------------------------------------------------


def say_forecast(home: Home, team: str, limit: int | None, is_json: bool) -> None:
    aim_at_model(home)
    settings = LlmSettings()
    settings = settings.model_copy(update={"limit": limit or settings.limit})
    with bars(Console(stderr=True)) as shown, Warehouse(home.settings, read_only=True) as warehouse:
        bar = shown.add_task("Looking at what is pending", total=None)
        found = make_forecast(
            warehouse, team, ALL_PHASES, settings, lambda done, total: shown.update(bar, completed=done, total=total)
        )
    if is_json:
        print(json.dumps({"team": team, "pending": found.pending, **asdict(found)}, indent=2))
    elif found.pending:
        Console(soft_wrap=True).print(draw_forecast(found))
    else:
        Console(soft_wrap=True).print(f"Nothing of {team} is pending: every pull request is read.", highlight=False)


def draw_forecast(found: Forecast) -> Table:
    table = Table("A run would take", "", box=None)
    rows = {
        "Pull requests pending": f"{found.pending:,}",
        "Settled by rules, no call": f"{found.by_rule:,}",
        f"Read by {found.model}": f"{found.by_model:,}",
        "Left out by the limit": f"{found.left_out:,}" if found.left_out else "",
        "Tokens": f"about {found.prompt_tokens:,} sent, {found.completion_tokens:,} answered",
        "Cost": "not known" if found.cost_usd is None else f"about {found.cost_usd:.2f} USD at list price",
        "Time": f"about {_time(found.minutes)}, bound by {found.bound_by}" if found.by_model else "no time",
        "Days": f"{found.days}: a daily limit ends each run, the next night goes on" if found.days > 1 else "",
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    return table


def _time(minutes: float) -> str:
    return f"{minutes / 60:.1f} hours" if minutes >= 100 else f"{max(minutes, 1):.0f} min"


# --- the run ------------------------------------------------------------------------------------------


@contextmanager
def services_of(home: Home, console: Console) -> Iterator[tuple[Services, Supervisor]]:
    """Those that run on `home`; where none do, some of our own for as long as it takes."""
    if home.services:
        os.environ["PREFECT_API_URL"] = home.services.prefect_api_url
        bystander = Supervisor(home.folder)
        with signals_to(bystander.ask_to_end):
            yield home.services, bystander
    elif home.is_demo:
        raise NotConfigured("The demo does not run: start `prflow demo`, or onboard an organisation of your own.")
    else:
        with running(own_plan(), console) as (services, supervisor):
            yield services, supervisor


def follow(warehouse: Warehouse, run: FlowRun, console: Console, supervisor: Supervisor) -> Row:
    """The run's row once it is over; RunFailed where it did not do its work."""
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
    if row["waiting_until"] is not None:
        return f"Waiting for the model's limit until {row['waiting_until']:%H:%M:%S} UTC"
    return "Counting what is pending" if row["llm_total"] is None else "Reading"


def _done(row: Row) -> int:
    return int((row["llm_total"] or 0) - (row["llm_left"] or 0))


def raise_if_over(run: FlowRun, row: Row | None) -> None:
    if row is not None and row["state"] != "running":
        raise RunFailed(row["error"] or f"The run is {row['state']}.", row["error_hint"])
    state = read_run_state(run.id)
    if state is not None and state.is_over and state.state != "COMPLETED":
        raise RunFailed(f"The run is {state.state.lower()}: {state.message}", f"See its page: {run.url}")


def say_result(row: Row, limit: int | None, console: Console, is_json: bool) -> None:
    names = ("total", "by_rule", "by_model", "failed", "left", "requests", "tokens", "cost_usd", "stopped")
    facts = {name: row[f"llm_{name}"] for name in names}
    if is_json:
        print(json.dumps({"run_id": row["run_id"], "state": row["state"], **facts}, indent=2))
    else:
        console.print(draw_result(facts))
    is_as_asked = limit is not None and (row["llm_by_model"] or 0) + (row["llm_failed"] or 0) >= limit
    if row["llm_left"] and not is_as_asked:
        words = clean(row["llm_stopped"] or "Some are left.")
        Console(stderr=True, soft_wrap=True).print(words, markup=False, highlight=False)
        raise typer.Exit(1)


def draw_result(facts: Row) -> Table:
    cost = facts["cost_usd"]
    table = Table("Pull requests", "", box=None)
    for words, name in (
        ("To be read", "total"),
        ("Settled by rules", "by_rule"),
        ("Read by the model", "by_model"),
        ("Failed or refused", "failed"),
        ("Left", "left"),
        ("Calls", "requests"),
        ("Tokens", "tokens"),
    ):
        table.add_row(words, f"{facts[name] or 0:,}")
    table.add_row("Cost", "not known" if cost is None else f"{cost:.4f} USD")
    return table


def bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<50}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal)
