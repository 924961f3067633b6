"""Jira's part of `prflow doctor`: whose token it is, and what it may see."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime

from tasks.checks import Check, CheckContext
from tasks.jira.client import Jira
from tasks.jira.connect import NOT_SET, Connection, find_connection
from tasks.jira.errors import JiraError
from tasks.jira.settings import JiraSettings
from tasks.jira.sites import DATA_CENTER, open_site
from warehouse.errors import NotConfigured
from warehouse.flags import is_jira_on
from warehouse.guard.untrusted import one_line
from warehouse.sources import JIRA

MAX_LISTED = 10


def check_jira(context: CheckContext) -> Iterator[Check]:
    """Ask Jira who the token's owner is and which projects it may see. Nothing at all while it is switched off."""
    if not is_jira_on():
        if JiraSettings().token.get_secret_value():
            hint = "Set ENABLE_JIRA_INTEGRATION=true to read them."
            yield Check(JIRA, "note", "Jira is set, and no issues are read from it.", hint)
        return
    try:
        connection = asyncio.run(find_connection(JiraSettings(), context.owner, context.find_block_reader()))
        yield Check(JIRA, "ok", describe_site(connection, context.clock))
    except NotConfigured as error:
        state = "note" if str(error) == NOT_SET else "fault"
        yield Check(JIRA, state, str(error), error.hint)  # type: ignore[arg-type]
    except JiraError as error:
        yield Check(JIRA, "fault", str(error), error.hint)


def describe_site(connection: Connection, clock: Callable[[], datetime]) -> str:
    """Return what is seen of a Jira, in one line; raise JiraError or NotConfigured."""
    with Jira(connection.settings, connection.token, clock) as jira:
        site, login = open_site(jira)
        projects = sorted(site.read_projects())
    kind = "Jira Data Center" if site.form == DATA_CENTER else "Jira Cloud"
    chosen = connection.settings.project_keys
    hidden = [key for key in chosen if key not in projects]
    listed = [key for key in projects if not chosen or key in chosen]
    parts = [
        f"{kind} at {connection.settings.base_url}, as {one_line(login.name, 60)}",
        f"{len(listed)} projects: {', '.join(listed[:MAX_LISTED])}{' …' if len(listed) > MAX_LISTED else ''}"
        if listed
        else "it may see no project",
        *([f"not seen: {', '.join(hidden)}"] if hidden else []),
    ]
    return one_line("; ".join(parts)) + "."
