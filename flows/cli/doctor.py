"""`prflow doctor`: everything that prflow needs, each with what to do where it is missing."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from dashboard.reading.runs import read_run_state
from flows.cli.credentials import find_block_reader
from flows.cli.home import Home, find_home, real_home
from flows.cli.status import way_out
from flows.cli.terminal import clean
from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.explain import say
from flows.services import prefect_api
from flows.services.ports import NoFreePort, choose_dashboard_port
from flows.services.settings import ServiceSettings
from tasks import sources
from tasks.checks import Check, CheckContext
from tasks.sources import Source
from warehouse import migrations
from warehouse.connection import Warehouse, WarehouseError, WarehouseMissing
from warehouse.errors import PrflowError
from warehouse.progress import Status, reconcile
from warehouse.totals import find_differences

MARKS = {"ok": "[green]✓[/]", "note": "[yellow]•[/]", "fault": "[red]✗[/]"}
MIN_PYTHON = (3, 11)


def show_checks(is_json: bool) -> None:
    """Exit code 1 where there is a fault."""
    home = find_home()
    checks = list(run_checks(home))
    is_well = all(check.state != "fault" for check in checks)
    if is_json:
        print(json.dumps({"is_well": is_well, "checks": [asdict(check) for check in checks]}, indent=2))
    else:
        draw_checks(Console(soft_wrap=True), checks)
    if not is_well:
        raise typer.Exit(1)


def run_checks(home: Home) -> Iterator[Check]:
    yield check_python()
    yield check_port(home)
    if home.is_demo:
        yield Check("credentials", "ok", "The demo needs none.")
    else:
        for source in sources.SOURCES:
            yield from check_source(source, home)
    yield check_prefect(home)
    yield from check_warehouse(home)


def check_python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < MIN_PYTHON:
        return Check("python", "fault", f"Python {version} is too old.", "Use Python 3.11 or newer.")
    return Check("python", "ok", f"Python {version}")


def check_port(home: Home) -> Check:
    if home.services:
        return Check("ports", "ok", f"The dashboard is at {home.services.dashboard_url}.")
    try:
        port = choose_dashboard_port(ServiceSettings().dashboard_port)
    except (NoFreePort, OSError, ValueError) as error:
        return Check("ports", "fault", str(error), "Set PRFLOW_DASHBOARD_PORT to a free port.")
    return Check("ports", "ok", f"The dashboard would take port {port}.")


def check_source(source: Source, home: Home) -> Iterator[Check]:
    """Run the source's own checks; what keeps them from an answer is a fault."""
    context = CheckContext(read_owner(home), real_home(), now, find_block_reader)
    try:
        yield from source.check(context)
    except prefect_api.PrefectUnreachable as error:
        yield Check(source.name, "fault", str(error), error.hint or "Check PREFECT_API_URL.")
    except PrflowError as error:
        yield Check(source.name, "fault", str(error), error.hint)
    except ValidationError as error:
        yield Check(source.name, "fault", say(error))


def read_owner(home: Home) -> str:
    """The team that ran last, for whose tokens are asked; empty before the first."""
    try:
        with Warehouse(home.settings, read_only=True) as warehouse:
            row = warehouse.read_one("SELECT team_id FROM teams ORDER BY status_at DESC NULLS LAST LIMIT 1")
    except WarehouseError:
        return ""
    return str(row["team_id"]) if row else ""


def check_prefect(home: Home) -> Check:
    address = ServiceSettings().prefect_api_url or (home.services.prefect_api_url if home.services else "")
    if not address:
        return Check("prefect", "note", "Not running.", "`prflow up` starts it.")
    os.environ["PREFECT_API_URL"] = address
    if not prefect_api.is_healthy(address):
        return Check("prefect", "fault", f"No answer at {address}.", "Start `prflow up`, or check PREFECT_API_URL.")
    if prefect_api.find_deployment(address, Deployment.ONBOARDING.path) is None:
        return Check(
            "prefect", "fault", f"{address} knows no deployment of prflow.", "Run `python -m flows.services.setup`."
        )
    return Check("prefect", "ok", f"Answers at {address}.")


def check_warehouse(home: Home) -> Iterator[Check]:
    """Opens it, compares its version, then looks for runs that are over and repositories that are not whole."""
    try:
        with Warehouse(home.settings, read_only=True):
            pass
        with Warehouse(home.settings) as warehouse:
            done = migrations.upgrade(warehouse)
            yield Check("warehouse", "ok", f"Opens{f'; brought up to date: {done}' if done else '.'}")
            yield from check_runs(warehouse, home)
            yield check_repositories(warehouse)
            yield check_totals(warehouse)
            yield from check_beside(warehouse)
    except WarehouseMissing:
        yield Check("warehouse", "note", "Nothing was fetched yet.", "`prflow onboard OWNER`, or `prflow demo`.")
    except WarehouseError as error:
        yield Check("warehouse", "fault", str(error), "Check PRFLOW_WAREHOUSE_CATALOG and PRFLOW_WAREHOUSE_DATA.")


def check_runs(warehouse: Warehouse, home: Home) -> Iterator[Check]:
    """Teams whose last run did not do its work; one that ended without saying so is written back first."""
    for team in warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"]:
        reconcile(warehouse, team, read_run_state, now())
    failed = warehouse.read(FAILED_SQL)
    if failed.is_empty():
        yield Check("runs", "ok", "None has failed, none is stuck.")
    for login, status, error in failed.iter_rows():
        yield Check("runs", "note", f"{login}: {error}", way_out(login, Status(status), home))


FAILED_SQL = """
SELECT coalesce(login, team_id) AS login, status, error FROM teams WHERE error IS NOT NULL ORDER BY team_id
"""


def check_repositories(warehouse: Warehouse) -> Check:
    rows = warehouse.read(
        "SELECT full_name, last_sync_error FROM repositories "
        "WHERE is_followed AND sync_status IN ('partial', 'failed') ORDER BY full_name"
    )
    if rows.is_empty():
        return Check("repositories", "ok", "All that were fetched are whole.")
    first = rows.row(0)
    return Check("repositories", "note", f"{rows.height} not whole, {first[0]} among them: {first[1]}", "Run it again.")


def check_totals(warehouse: Warehouse) -> Check:
    """Every stored pull request against GitHub's own totals, counted here and now."""
    count = int(warehouse.read("SELECT count(*) AS n FROM pull_requests")["n"].item())
    if not count:
        return Check("totals", "ok", "No pull request is stored yet.")
    flagged = warehouse.read(FLAGGED_SQL)
    teams = warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"]
    differing = [frame for team in teams if not (frame := find_differences(warehouse, team)).is_empty()]
    rows = [row for frame in (flagged, *differing) for row in frame.iter_rows(named=True)]
    if not rows:
        words = "reviews, comments, commits and threads are as many as GitHub counts"
        return Check("totals", "ok", f"{count:,} pull requests: {words}.")
    first = f"{rows[0]['full_name']}#{rows[0]['number']} ({rows[0]['reason']})"
    message = f"{len(rows):,} of {count:,} pull requests are not as GitHub counts them, {first} among them."
    return Check("totals", "note", message, "The next run fetches them again: `prflow sync OWNER/NAME` does it now.")


FLAGGED_SQL = """
SELECT r.full_name, p.number, p.partial_reason AS reason
FROM pull_requests p LEFT JOIN repositories r ON r.id = p.repository_id
WHERE NOT p.is_complete ORDER BY r.full_name, p.number
"""


def check_beside(warehouse: Warehouse) -> Iterator[Check]:
    """What comes beside the pull requests and never stops them: members and teams, releases and deployments."""
    for name, sql in BESIDE_SQL.items():
        rows = warehouse.read(sql)
        if not rows.is_empty():
            where, why = rows.row(0)
            yield Check(name, "note", f"{rows.height} could not be read, of {where} for one: {why}", BESIDE_HINT)


BESIDE_HINT = "Pull requests are not affected; the token may lack a permission. The next run tries again."
BESIDE_SQL = {
    "members": "SELECT login, members_error FROM teams WHERE members_error IS NOT NULL ORDER BY login",
    "deliveries": "SELECT full_name, deliveries_error FROM repositories "
    "WHERE is_followed AND deliveries_error IS NOT NULL ORDER BY full_name",
}


def draw_checks(console: Console, checks: list[Check]) -> None:
    for check in checks:
        hint = f" [dim]{escape(clean(check.hint))}[/]" if check.hint else ""
        console.print(f"{MARKS[check.state]} {check.name:<14} {escape(clean(check.message))}{hint}", highlight=False)
