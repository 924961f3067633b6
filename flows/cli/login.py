"""`prflow login` and `prflow logout`: get a token by the device flow and keep it, or forget it."""

import asyncio
import os

from flows.cli.parts.home import keep_prefect_within, real_home
from flows.cli.parts.terminal import Terminal, marked
from flows.lifecycle.clock import now
from flows.services import prefect_api
from flows.services.settings import ServiceSettings
from tasks.github.access.check import TokenCheck, check_tokens
from tasks.github.access.credentials import BLOCK, block_name, has_tokens
from tasks.github.access.device import GrantedToken, await_login, start_login
from tasks.github.access.logins import Login, Logins
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.tokens import FixedToken
from tasks.plain_http import refuse_plain_http
from warehouse.errors import NotConfigured


def login(team: str | None) -> None:
    """Run the device flow and keep the token: in an encrypted block if PREFECT_API_URL is set, else in a file."""
    settings = GitHubSettings()
    if not settings.client_id.strip():
        raise NotConfigured(
            "PRFLOW_GITHUB_CLIENT_ID is not set. Register an OAuth App with the device flow enabled at "
            f"{settings.web_url}/settings/developers and set its client ID, or set GITHUB_TOKEN instead."
        )
    refuse_plain_http(
        ServiceSettings().prefect_api_url,
        name="PREFECT_API_URL",
        what="the GitHub token",
        is_allowed=settings.allow_plain_http,
    )
    console = Terminal(soft_wrap=True)
    granted, checked = asyncio.run(_log_in(settings, console))
    found = Login(granted.token, checked.facts.login or "", granted.scopes, now().isoformat())
    place = _keep(block_name(team) if team else BLOCK, found)
    whose = f" for {marked(team)}" if team else ""
    console.print(f"Logged in as [bold]{marked(found.login)}[/]{whose}. Kept in {marked(place)}.", markup=True)
    if granted.lifetime is not None:
        hours = f"{granted.lifetime.total_seconds() / 3600:.0f} hours"
        console.print(
            f"[yellow]Note:[/] it expires in {hours}. Opt the GitHub App out of token expiration, or use an OAuth App.",
            markup=True,
        )
    for words in checked.facts.warnings(now()):
        console.print(f"[yellow]Note:[/] {marked(words)}.", markup=True)
    if settings.app_id.strip() or has_tokens(settings):
        console.print(f"[yellow]Note:[/] {marked(_precedence(settings, team))}", markup=True)


async def _log_in(settings: GitHubSettings, console: Terminal) -> tuple[GrantedToken, TokenCheck]:
    rest = Rest(settings.timeout_seconds, clock=now, allow_plain_http=settings.allow_plain_http)
    code = await start_login(rest, settings)
    address, shown = marked(code.verification_url), marked(code.user_code)
    console.print(f"Open [bold]{address}[/] and enter the code [bold]{shown}[/]", markup=True)
    with console.status("Waiting for your approval; Ctrl-C cancels ..."):
        granted = await await_login(rest, settings, code)
    (checked,) = await check_tokens(rest, settings, [FixedToken(granted.token.get_secret_value(), "the login")])
    if checked.problem is not None:
        raise checked.problem
    return granted, checked


def _precedence(settings: GitHubSettings, team: str | None) -> str:
    name = "PRFLOW_GITHUB_APP_ID" if settings.app_id.strip() else "GITHUB_TOKEN"
    return (
        f"For {team}, this login is used instead of {name}."
        if team
        else f"{name} is set and is used instead of this login."
    )


def _keep(name: str, found: Login) -> str:
    """Keep the login, and return where, for a person."""
    address = ServiceSettings().prefect_api_url
    if not address:
        logins = Logins(real_home())
        logins.save(name, found)
        return str(logins.path)
    os.environ["PREFECT_API_URL"] = address
    keep_prefect_within(real_home())
    from tasks.blocks import save_block

    asyncio.run(save_block(name, found.token))
    return f"the encrypted Prefect block secret/{name}"


def logout(team: str | None) -> None:
    """Forget the token here; only GitHub can revoke it."""
    name = block_name(team) if team else BLOCK
    is_deleted = Logins(real_home()).delete(name)
    if address := ServiceSettings().prefect_api_url:
        is_deleted = prefect_api.delete_secret(address, name) or is_deleted
    if not is_deleted:
        raise NotConfigured(f"Nobody is logged in{f' for {team}' if team else ''}.")
    console = Terminal(soft_wrap=True)
    console.print("Logged out.")
    web_url = GitHubSettings().web_url
    console.print(
        f"The token itself stays valid until you revoke it at {web_url}/settings/applications.", highlight=False
    )
