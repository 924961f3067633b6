"""The device flow under way: it goes on here while pages come and go, and any browser shows the same code."""

import asyncio
from collections.abc import Awaitable, Callable

from pydantic import SecretStr

from dashboard.reading.admin import DeviceLogin
from flows.lifecycle.clock import now
from flows.services.admin.words import explain
from tasks.github.access.device import DeviceCode, await_login, start_login
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings
from warehouse.errors import BadArgument, PrflowError

Keep = Callable[[SecretStr], Awaitable[None]]


class Device:
    """At most one login at a time."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._task: asyncio.Task[None] | None = None
        self.shown: DeviceLogin | None = None

    async def begin(self) -> None:
        """Ask GitHub for a code, and wait for the person beside. Raises GitHubError if GitHub gives none."""
        settings = GitHubSettings()
        if not settings.client_id.strip():
            raise BadArgument("PRFLOW_GITHUB_CLIENT_ID is not set.", "Set it and start prflow again, or paste a token.")
        self.cancel()
        rest = Rest(settings.timeout_seconds, clock=now, allow_plain_http=settings.allow_plain_http)
        code = await start_login(rest, settings)
        self.shown = DeviceLogin(user_code=code.user_code, url=code.verification_url)
        self._task = asyncio.create_task(self._await(rest, settings, code))

    async def _await(self, rest: Rest, settings: GitHubSettings, code: DeviceCode) -> None:
        try:
            granted = await await_login(rest, settings, code)
            await self._keep(granted.token)
        except PrflowError as error:
            problem = explain(error)
            problem.hint = problem.hint.replace("Run `prflow login` again", "Begin again")
            self.shown = DeviceLogin(problem=problem)
        else:
            self.shown = None

    def cancel(self) -> None:
        """Forget the login; a code that was shown leads nowhere from now on."""
        if self._task is not None:
            self._task.cancel()
        self._task = self.shown = None
