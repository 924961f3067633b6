"""Which Jira a team's issues are read from. The first of these that has a token is used alone:

1. the team's own: its encrypted Prefect block `jira-<team>`
2. PRFLOW_JIRA_URL, PRFLOW_JIRA_EMAIL and PRFLOW_JIRA_TOKEN
3. what was given in the browser: the Prefect block `jira`

A block holds the address, the e-mail address, the token and the keys of projects as JSON.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import SecretStr

from tasks.jira.settings import JiraSettings
from tasks.names import slug
from warehouse.errors import NotConfigured

BLOCK = "jira"
NOT_SET = "Jira is not set: PRFLOW_JIRA_URL and PRFLOW_JIRA_TOKEN are missing."
NOT_SET_HINT = "See docs/jira.md; then try it with `prflow jira check`."
FIELDS = ("url", "email", "token", "projects")

ReadBlock = Callable[[str], Awaitable[SecretStr | None]]


@dataclass(frozen=True)
class Connection:
    """How a Jira is reached. `source` says where that was given, for people."""

    settings: JiraSettings
    token: SecretStr
    source: str


def block_name(team: str = "") -> str:
    """Return the name of the Secret block of a team, or of all."""
    return f"{BLOCK}-{slug(team)}" if team else BLOCK


async def find_connection(settings: JiraSettings, team: str, read_block: ReadBlock | None) -> Connection:
    """Return how the Jira of a team is reached; raise NotConfigured if there is none.

    Without `read_block` no Prefect server is asked.
    """
    if team and (own := await _read_stored(settings, block_name(team), read_block)):
        return own
    if settings.base_url and settings.token.get_secret_value().strip():
        return Connection(settings, settings.token, "PRFLOW_JIRA_TOKEN")
    if shared := await _read_stored(settings, block_name(), read_block):
        return shared
    raise NotConfigured(NOT_SET, NOT_SET_HINT)


async def _read_stored(settings: JiraSettings, name: str, read_block: ReadBlock | None) -> Connection | None:
    if read_block is None or (value := await read_block(name)) is None:
        return None
    try:
        found = json.loads(value.get_secret_value())
        given = {field: str(found.get(field) or "") for field in FIELDS}
    except (ValueError, AttributeError):
        raise NotConfigured(
            f"The Prefect block secret/{name} does not hold a Jira: save it again or delete it."
        ) from None
    token = SecretStr(given.pop("token"))
    return Connection(settings.model_copy(update=given), token, f"the Prefect block secret/{name}")


def as_block(url: str, email: str, token: SecretStr, projects: str) -> SecretStr:
    """Return the value of the block for what a person gave."""
    given = {"url": url, "email": email, "token": token.get_secret_value(), "projects": projects}
    return SecretStr(json.dumps(given))
