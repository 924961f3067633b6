"""What pages do about Jira: check it, keep how a team reaches it, and forget that."""

import asyncio

from pydantic import SecretStr

from dashboard.reading.admin_team import Done, JiraGiven, JiraState
from flows.lifecycle.clock import now
from flows.services.admin.access import TokenStore
from flows.services.admin.words import explain
from tasks.jira.connect import Connection, as_block, block_name, find_connection
from tasks.jira.doctor import describe_site
from tasks.jira.settings import JiraSettings
from warehouse.errors import BadArgument, NotConfigured, PrflowError
from warehouse.flags import is_jira_on


def require_jira() -> None:
    """Raise NotConfigured while Jira is switched off."""
    if not is_jira_on():
        raise NotConfigured("Jira is switched off.", "Set ENABLE_JIRA_INTEGRATION=true.")


async def read_jira(tokens: TokenStore, team_id: str) -> JiraState:
    """Ask the Jira of a team what it shows, and say whether its token is the team's own."""
    is_own = await tokens.read(block_name(team_id)) is not None
    try:
        connection = await find_connection(JiraSettings(), team_id, tokens.read)
        words = await asyncio.to_thread(describe_site, connection, now)
    except PrflowError as error:
        return JiraState(words="", is_own=is_own, problem=explain(error))
    return JiraState(words=words, is_own=is_own)


async def save_jira(tokens: TokenStore, team_id: str, given: JiraGiven) -> Done:
    """Check a Jira, and keep how the team reaches it in its encrypted block. Raises JiraError, BadArgument."""
    token = SecretStr(given.token.get_secret_value().strip())
    if not token.get_secret_value():
        raise BadArgument("The token is empty.", "Paste the token that Jira showed you.")
    fields = {"url": given.url.strip(), "email": given.email.strip(), "projects": given.projects.strip()}
    connection = Connection(JiraSettings().model_copy(update=fields), token, "the browser")
    words = await asyncio.to_thread(describe_site, connection, now)
    await tokens.save(block_name(team_id), as_block(fields["url"], fields["email"], token, fields["projects"]))
    return Done(words=f"Saved: {words} Its issues are read by the next run.")


async def forget_jira(tokens: TokenStore, team_id: str) -> Done:
    """Delete the team's own way to Jira; what was read stays."""
    await tokens.delete(block_name(team_id))
    return Done(words="Deleted. What was read of Jira stays; Jira still knows the token.")
