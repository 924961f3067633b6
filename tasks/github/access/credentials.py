"""Find a team's tokens. The first of these sources that has one is used alone:

1. the team's own: its encrypted Prefect block `github-token-<team>`, or `prflow login --team`
2. the GitHub App of the settings
3. GITHUB_TOKEN and PRFLOW_GITHUB_TOKENS
4. `prflow login`: the Prefect block `github-token`, or the file of prflow's home

The demo's simulated GitHub gets the demo's token and no other: its own, or the one given in its own set-up.
"""

from collections.abc import Sequence

from tasks.checks import ReadBlock
from tasks.github.access.app import App, InstallationToken
from tasks.github.access.logins import Logins
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.tokens import NO_TOKEN, Credential, FixedToken, fixed_tokens, named_tokens, split_tokens
from tasks.names import slug
from warehouse.errors import NotConfigured
from warehouse.identity.teams import UNKNOWN, KnownOwner

BLOCK = "github-token"


async def find_credentials(
    settings: GitHubSettings,
    owner: str,
    rest: Rest,
    logins: Logins,
    read_block: ReadBlock | None = None,
    known: KnownOwner = UNKNOWN,
) -> Sequence[Credential]:
    """Return what authorises requests about `owner`. Raises NotConfigured if there is nothing.

    `known` has the earlier logins of the owner: a team's own token follows it. Without `read_block` no Prefect server
    is asked.
    """
    if settings.is_simulated and has_tokens(settings):
        return fixed_tokens(*settings.tokens)
    for name in dict.fromkeys((owner, *known.names)) if owner else ():
        if own := await _read_stored(block_name(name), logins, read_block):
            return own
    if settings.app_id.strip():
        app = App(settings, rest)
        return [InstallationToken(app, rest, owner, settings.app_installation_id, known.database_id)]
    if has_tokens(settings):
        return fixed_tokens(*settings.tokens)
    if stored := await _read_stored(BLOCK, logins, read_block):
        return stored
    raise NotConfigured(NO_TOKEN)


def has_tokens(settings: GitHubSettings) -> bool:
    return bool(split_tokens(*(one.get_secret_value() for one in settings.tokens)))


def block_name(team: str) -> str:
    """Return the name of the Secret block that holds a team's own token."""
    return f"{BLOCK}-{slug(team)}"


async def _read_stored(name: str, logins: Logins, read_block: ReadBlock | None) -> Sequence[FixedToken]:
    if read_block is not None and (value := await read_block(name)) is not None:
        return named_tokens(split_tokens(value.get_secret_value()), f" in the Prefect block secret/{name}")
    login = logins.read(name)
    return named_tokens([login.token.get_secret_value()], f" of `prflow login` as {login.login}") if login else ()
