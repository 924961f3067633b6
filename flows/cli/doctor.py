"""`prflow doctor`: check everything that prflow needs, and say what to do about what is missing."""

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial

import typer
from pydantic import ValidationError

from flows.cli.checks.given import read_context
from flows.cli.checks.guarded import guarded
from flows.cli.checks.results import draw_checks
from flows.cli.checks.warehouse import check_warehouse
from flows.cli.parts.home import Home, find_home
from flows.cli.parts.login_check import check_login
from flows.cli.parts.terminal import Terminal, print_json
from flows.lifecycle.deployments import Deployment
from flows.lifecycle.explain import say
from flows.services import prefect_api
from flows.services.ports import NoFreePort, choose_dashboard_port
from flows.services.prefect_password import use_prefect_of
from flows.services.settings import ServiceSettings
from tasks import sources
from tasks.checks import Check
from tasks.source_checks import SOURCE_CHECKS
from tasks.sources import Source
from warehouse.errors import PrflowError
from warehouse.guard.loopback import is_exposed
from warehouse.home.broken import check_space
from warehouse.home.files import free_bytes

MIN_PYTHON = (3, 11)
OTHERS = stat.S_IRWXG | stat.S_IRWXO


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
    context = read_context(home)
    try:
        yield from SOURCE_CHECKS[source.name](context)
    except prefect_api.PrefectUnreachable as error:
        yield Check(source.name, "fault", str(error), error.hint or "Check PREFECT_API_URL.")
    except PrflowError as error:
        yield Check(source.name, "fault", str(error), error.hint)
    except ValidationError as error:
        yield Check(source.name, "fault", say(error))


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
