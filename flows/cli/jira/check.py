"""`prflow jira check`: connect to Jira and say what it shows."""

from dataclasses import asdict

import typer

from flows.cli.checks.given import read_context
from flows.cli.checks.results import draw_checks
from flows.cli.parts.home import find_home
from flows.cli.parts.terminal import Terminal, print_json
from tasks.jira.connect import NOT_SET_HINT
from tasks.jira.doctor import check_jira
from warehouse.errors import NotConfigured
from warehouse.flags import is_jira_on


def check(as_json: bool) -> None:
    """Print what is seen; exit code 1 if issues cannot be read. NotConfigured while Jira is switched off."""
    if not is_jira_on():
        raise NotConfigured("Jira is switched off.", f"Set ENABLE_JIRA_INTEGRATION=true. {NOT_SET_HINT}")
    found = list(check_jira(read_context(find_home())))
    is_well = all(one.state == "ok" for one in found)
    if as_json:
        print_json({"is_well": is_well, "checks": [asdict(one) for one in found]})
    else:
        draw_checks(Terminal(soft_wrap=True), found)
    if not is_well:
        raise typer.Exit(1)
