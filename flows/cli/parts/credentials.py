"""The tokens and keys that a command needs: check that they are set, and open GitHub with them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flows.cli.parts.blocks import find_block_reader, prefect_address
from flows.cli.parts.home import Home, aim_at_github, find_home, real_home
from flows.lifecycle.clock import now
from flows.services import prefect_api
from tasks.github.access import connect
from tasks.github.access.app import read_private_key
from tasks.github.access.credentials import BLOCK, block_name, has_tokens
from tasks.github.access.logins import Logins
from tasks.github.api.client import GitHub
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.tokens import NO_TOKEN
from tasks.llm.provider.choice import is_without_model
from tasks.llm.provider.providers import has_key, require_key, require_price
from tasks.llm.provider.settings import LlmSettings
from tasks.sources import SOURCES
from warehouse import migrations
from warehouse.connection import Warehouse
from warehouse.errors import NotConfigured


def require_credentials(owner: str, *, without_model: bool = False) -> None:
    """Check token and model key before anything is started or sent; NotConfigured names the first missing variable.

    No key is needed `without_model`, or if the team chose that before.
    """
    require_access(owner)
    if not without_model and not _chose_no_model(owner):
        require_model()


def require_usable_settings() -> None:
    """Read the settings of all sources; ValidationError, which the command line explains, if one is unusable."""
    for source in SOURCES:
        source.settings()


def _chose_no_model(owner: str) -> bool:
    """Return True if the team began without a model, and there is still no key."""
    home = find_home()
    if has_key(LlmSettings()) or not (home.folder / "warehouse").exists():
        return False
    with Warehouse(home.settings, read_only=True) as warehouse:
        return migrations.is_current(warehouse) and is_without_model(warehouse, owner.lower(), LlmSettings())


def require_model() -> None:
    """Check the model's key and price; NotConfigured if one is missing."""
    try:
        require_key(LlmSettings())
        require_price(LlmSettings())
    except NotConfigured:
        raise
    except ValueError as error:
        raise NotConfigured(str(error)) from None


def aim(owner: str) -> Home:
    """Return the home whose GitHub has `owner`; NotConfigured if that is the real GitHub and there is no token."""
    home = aim_at_github()
    if not home.is_demo:
        require_access(owner)
    return home


def require_access(owner: str) -> None:
    """Check that something authorises requests about `owner`, without asking GitHub; NotConfigured otherwise."""
    settings = GitHubSettings()
    if settings.app_id.strip():
        read_private_key(settings)
    elif not has_tokens(settings) and not _is_stored(owner):
        raise NotConfigured(NO_TOKEN)


def _is_stored(owner: str) -> bool:
    """Return whether a login is stored, in the file or in a block of the Prefect server in use."""
    names = [BLOCK, block_name(owner)]
    address = prefect_address()
    return any(name in Logins(real_home()).names() for name in names) or (
        bool(address) and any(prefect_api.has_secret(address, name) for name in names)
    )


@asynccontextmanager
async def open_github(owner: str) -> AsyncIterator[GitHub]:
    """Open a client with the tokens for `owner`, for a command that asks GitHub itself."""
    async with connect.open_github(owner, home=real_home(), clock=now, read_block=find_block_reader()) as (github, _):
        yield github
