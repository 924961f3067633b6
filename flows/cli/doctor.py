"""`prflow doctor`: check everything that prflow needs, and say what to do about what is missing."""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import partial

import typer
from pydantic import ValidationError

from dashboard.reading.runs import PrefectUnavailable, has_run_ahead, read_run_state
from flows.cli.parts.credentials import find_block_reader
from flows.cli.parts.door import explain
from flows.cli.parts.home import Home, find_home, real_home
from flows.cli.parts.login_check import check_login
from flows.cli.parts.terminal import Terminal, marked, print_json
from flows.cli.status import next_step
from flows.lifecycle.clock import now
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.explain import say
from flows.services import prefect_api
from flows.services.ports import NoFreePort, choose_dashboard_port
from flows.services.prefect_password import use_prefect_of
from flows.services.settings import ServiceSettings
from tasks import sources
from tasks.checks import Check, CheckContext
from tasks.source_checks import SOURCE_CHECKS
from tasks.sources import Source
from warehouse import migrations
from warehouse.connection import Warehouse, WarehouseError, WarehouseMissing
from warehouse.errors import PrflowError
from warehouse.guard.loopback import is_exposed
from warehouse.home.broken import check_space
from warehouse.home.files import free_bytes
from warehouse.progress import Status, reconcile
from warehouse.reads.messages import read_unsent
from warehouse.totals import find_differences
from warehouse.windows import Phase
from warehouse.words import plural

MARKS = {"ok": "[green]✓[/]", "note": "[yellow]•[/]", "fault": "[red]✗[/]"}
MIN_PYTHON = (3, 11)
OTHERS = stat.S_IRWXG | stat.S_IRWXO
RETRY_HINT = "The next run fetches them again; `prflow sync OWNER/NAME` does so now."


def show_checks(as_json: bool) -> None:
    """Run every check and print the results; exit code 1 if there is a fault."""
    home = find_home()
    checks = list(run_checks(home))
    is_well = all(check.state != "fault" for check in checks)
    if as_json:
        print_json({"is_well": is_well, "checks": [asdict(check) for check in checks]})
    else:
        draw_checks(Terminal(soft_wrap=True), checks)
    if not is_well:
        raise typer.Exit(1)


def run_checks(home: Home) -> Iterator[Check]:
    """Yield the results in the order in which a first start needs the things checked."""
    yield check_python()
    yield from guarded("home", lambda: check_home(home))
    yield from guarded("disk", lambda: [check_disk(home)])
    yield from guarded("ports", lambda: [check_port(home)])
    yield from guarded("login", lambda: check_login(home))
    if home.is_demo:
        yield Check("credentials", "ok", "The demo needs no token and no key.")
    else:
        for source in sources.SOURCES:
            yield from guarded(source.name, partial(check_source, source, home))
    yield from guarded("prefect", lambda: [check_prefect(home)])
    yield from check_warehouse(home)


def guarded(name: str, check: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """Yield the results of a check. One that cannot be carried out is a fault, and the others follow all the same."""
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001  whatever it is, a person is told, and the other checks go on
        message, hint = explain(error)
        yield Check(name, "fault", f"Could not be checked. {message}", hint)


def check_python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < MIN_PYTHON:
        return Check("python", "fault", f"Python {version} is too old.", "Use Python 3.11 or newer.")
    return Check("python", "ok", f"Python {version}")


def check_home(home: Home) -> Iterator[Check]:
    """Titles, texts and names from private repositories lie in the home: other accounts must not read them."""
    folder = home.folder
    if not folder.exists():
        yield Check("home", "ok", f"{folder} will be made.")
    elif not folder.is_dir():
        yield Check("home", "fault", f"{folder} is a file.", "Move it away, or set PRFLOW_HOME to a folder.")
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield Check("home", "fault", f"You may not write to {folder}.", "Make it writable, or set PRFLOW_HOME.")
    elif folder.stat().st_mode & OTHERS:
        yield Check("home", "note", f"Other accounts may read {folder}.", f"Run `chmod -R go= {folder}`.")
    else:
        yield Check("home", "ok", f"Only you may read {folder}.")


def check_disk(home: Home) -> Check:
    """Services need room for Prefect's database, logs and new data."""
    if full := check_space(home.folder):
        return Check("disk", "fault", full.message, full.hint)
    free = free_bytes(home.folder)
    return Check("disk", "ok", f"{free / 1_000_000_000:,.1f} GB free." if free is not None else "Not known.")


def check_port(home: Home) -> Check:
    if home.services:
        return Check("ports", "ok", f"The dashboard is at {home.services.dashboard_url}.")
    try:
        port = choose_dashboard_port(ServiceSettings().dashboard_port)
    except (NoFreePort, OSError, ValueError) as error:
        return Check("ports", "fault", str(error), "Set PRFLOW_DASHBOARD_PORT to a free port.")
    return Check("ports", "ok", f"The dashboard would use port {port}.")


def check_source(source: Source, home: Home) -> Iterator[Check]:
    """Run the source's own checks; an error in them is a fault."""
    context = CheckContext(read_owner(home), real_home(), now, find_block_reader)
    try:
        yield from SOURCE_CHECKS[source.name](context)
    except prefect_api.PrefectUnreachable as error:
        yield Check(source.name, "fault", str(error), error.hint or "Check PREFECT_API_URL.")
    except PrflowError as error:
        yield Check(source.name, "fault", str(error), error.hint)
    except ValidationError as error:
        yield Check(source.name, "fault", say(error))


def read_owner(home: Home) -> str:
    """Return the team that ran last, whose tokens are checked; empty if there is no team yet."""
    try:
        with Warehouse(home.settings, read_only=True) as warehouse:
            row = warehouse.read_one("SELECT team_id FROM teams ORDER BY status_at DESC NULLS LAST LIMIT 1")
    except WarehouseError:
        return ""
    return str(row["team_id"]) if row else ""


def check_prefect(home: Home) -> Check:
    address = ServiceSettings().prefect_api_url or (home.services.prefect_api_url if home.services else "")
    if not address:
        return Check("prefect", "note", "Not running.", "Start it with `prflow up`.")
    if home.services:
        use_prefect_of(home.services)
    os.environ["PREFECT_API_URL"] = address
    if not prefect_api.is_healthy(address):
        return Check("prefect", "fault", f"No response from {address}.", "Run `prflow up`, or check PREFECT_API_URL.")
    if prefect_api.find_deployment(address, Deployment.ONBOARDING.path) is None:
        return Check(
            "prefect", "fault", f"{address} has no deployment of prflow.", "Run `python -m flows.services.setup`."
        )
    if is_exposed(address):
        return Check(
            "prefect",
            "note",
            f"Running at {address}, over plain http: its password can be read on the way.",
            "Use https.",
        )
    return Check("prefect", "ok", f"Running at {address}.")


def check_warehouse(home: Home) -> Iterator[Check]:
    """Open and migrate the warehouse, then check runs, repositories, totals and deliveries, each by itself."""
    try:
        with Warehouse(home.settings, read_only=True):
            pass
        with Warehouse(home.settings) as warehouse:
            yield from guarded("warehouse", lambda: [check_version(warehouse)])
            yield from guarded("runs", lambda: check_runs(warehouse, home))
            yield from guarded("repositories", lambda: [check_repositories(warehouse)])
            yield from guarded("totals", lambda: [check_totals(warehouse)])
            yield from guarded("extras", lambda: check_extras(warehouse))
            yield from guarded("messages", lambda: check_messages(warehouse))
    except WarehouseMissing:
        yield Check(
            "warehouse",
            "note",
            "Nothing has been fetched yet.",
            "Start with `prflow onboard OWNER`, or see `prflow demo`.",
        )
    except (WarehouseError, OSError) as error:
        message, hint = explain(error)
        hint = hint or "Check PRFLOW_WAREHOUSE_CATALOG and PRFLOW_WAREHOUSE_DATA."
        left = "Runs, repositories and totals could not be checked."
        yield Check("warehouse", "fault", f"{message} {left}", hint)


def check_version(warehouse: Warehouse) -> Check:
    done = migrations.upgrade(warehouse)
    return Check("warehouse", "ok", f"Warehouse opened{f' and migrated: {done}' if done else '.'}")


def check_runs(warehouse: Warehouse, home: Home) -> Iterator[Check]:
    """Name the teams whose last run failed, after closing runs that ended without reporting it."""
    for team in warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"]:
        reconcile(warehouse, team, read_run_state, now())
    failed = warehouse.read(FAILED_SQL)
    lost = [team for team in read_lost(warehouse) if not has_background_ahead(team)]
    if failed.is_empty() and not lost:
        yield Check("runs", "ok", "No failed or stuck runs.")
    for login in lost:
        yield Check("runs", "note", f"{login}: its older history is neither fetched nor waits for that.", LOST_HINT)
    for login, status, error in failed.iter_rows():
        yield Check("runs", "note", f"{login}: {error}", next_step(login, Status(status), home))
    for login, left, reason in warehouse.read(LEFT_SQL).iter_rows():
        words = f"{login}: {plural(left, 'pull request')} left for the model to read. {reason or ''}".strip()
        yield Check("analysis", "note", words, "The next run continues; `prflow analyse` does so now.")


LOST_HINT = "The next start of `prflow up` and the next night fetch it; Retry on the dashboard does so now."


def read_lost(warehouse: Warehouse) -> list[str]:
    """Return the teams whose phase 1 is complete and whose phase 2 has neither begun nor failed."""
    return [str(team) for team in warehouse.read(LOST_SQL)["team_id"]]


def has_background_ahead(team: str) -> bool:
    """Return whether phase 2 of the team waits or runs; False also if no Prefect server responds."""
    try:
        return has_run_ahead(team, Phase.HISTORY)
    except PrefectUnavailable:
        return False


LOST_SQL = "SELECT team_id FROM teams WHERE status = 'phase1_complete' AND error IS NULL ORDER BY team_id"
# The newest run of each team, if it left something to read.
LEFT_SQL = """
SELECT coalesce(t.login, t.team_id) AS login, r.llm_left, r.llm_stopped FROM teams t
JOIN (
    SELECT team_id, arg_max(llm_left, started_at) AS llm_left, arg_max(llm_stopped, started_at) AS llm_stopped
    FROM pipeline_runs WHERE llm_total IS NOT NULL AND state <> 'running' GROUP BY team_id
) r ON r.team_id = t.team_id
WHERE r.llm_left > 0 ORDER BY t.team_id
"""

FAILED_SQL = """
SELECT coalesce(login, team_id) AS login, status, error FROM teams WHERE error IS NOT NULL ORDER BY team_id
"""


def check_repositories(warehouse: Warehouse) -> Check:
    """Name a followed repository that was not fetched completely, and count them."""
    rows = warehouse.read(
        "SELECT full_name, last_sync_error FROM repositories "
        "WHERE is_followed AND sync_status IN ('partial', 'failed') ORDER BY full_name"
    )
    if rows.is_empty():
        return Check("repositories", "ok", "All fetched repositories are complete.")
    first = rows.row(0)
    return Check("repositories", "note", f"{rows.height} incomplete, for example {first[0]}: {first[1]}", RETRY_HINT)


def check_totals(warehouse: Warehouse) -> Check:
    """Compare every stored pull request with GitHub's totals, counted now."""
    count = int(warehouse.read("SELECT count(*) AS n FROM pull_requests")["n"].item())
    if not count:
        return Check("totals", "ok", "No pull requests are stored yet.")
    flagged = warehouse.read(FLAGGED_SQL)
    teams = warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"]
    differing = [frame for team in teams if not (frame := find_differences(warehouse, team)).is_empty()]
    rows = [row for frame in (flagged, *differing) for row in frame.iter_rows(named=True)]
    if not rows:
        words = "counts of reviews, comments, commits and threads match GitHub's"
        return Check("totals", "ok", f"{count:,} pull requests: {words}.")
    first = f"{rows[0]['full_name']}#{rows[0]['number']} ({rows[0]['reason']})"
    message = f"{len(rows):,} of {count:,} pull requests do not match GitHub's counts, for example {first}."
    return Check("totals", "note", message, RETRY_HINT)


FLAGGED_SQL = """
SELECT r.full_name, p.number, p.partial_reason AS reason
FROM pull_requests p LEFT JOIN repositories r ON r.id = p.repository_id
WHERE NOT p.is_complete ORDER BY r.full_name, p.number
"""


def check_extras(warehouse: Warehouse) -> Iterator[Check]:
    """Name what could not be read besides pull requests, which it never stops: members, releases and deployments."""
    for name, sql in EXTRAS_SQL.items():
        rows = warehouse.read(sql)
        if not rows.is_empty():
            where, why = rows.row(0)
            yield Check(name, "note", f"{rows.height} could not be read, for example {where}: {why}", EXTRAS_HINT)


EXTRAS_HINT = "Pull requests are not affected; the token may lack a permission. The next run tries again."
EXTRAS_SQL = {
    "members": "SELECT login, members_error FROM teams WHERE members_error IS NOT NULL ORDER BY login",
    "deliveries": "SELECT full_name, deliveries_error FROM repositories "
    "WHERE is_followed AND deliveries_error IS NOT NULL ORDER BY full_name",
}


UNSENT_HINT = "The next run tries again; `prflow notify test` tries the channel now."


def check_messages(warehouse: Warehouse) -> Iterator[Check]:
    """Count the messages that could not be sent, with the last reason of each channel."""
    for row in read_unsent(warehouse).to_dicts():
        words = "wait to be sent" if row["state"] == "waiting" else "could not be sent for a week and were given up"
        message = f"{plural(row['count'], 'message')} by {row['channel']} {words}. {row['error'] or ''}".strip()
        yield Check("messages", "note", message, UNSENT_HINT)


def draw_checks(console: Terminal, checks: list[Check]) -> None:
    """Draw one line per check."""
    for check in checks:
        hint = f" [dim]{marked(check.hint)}[/]" if check.hint else ""
        console.print(f"{MARKS[check.state]} {check.name:<14} {marked(check.message)}{hint}", markup=True)
