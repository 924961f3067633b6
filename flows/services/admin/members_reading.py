"""The members of the organisation that is set up, read in the background: nobody waits for them."""

import asyncio

from flows.lifecycle.clock import now
from flows.services.admin.access import TokenStore
from tasks.github.organisation.members import sync_members, write_to_its_end
from tasks.github.organisation.owner import Owner, fetch_owner
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.store import Merge, commit


class MembersReading:
    """One reading at a time. What came of it is in `teams` and `team_members`."""

    def __init__(self, tokens: TokenStore, warehouse: Warehouse) -> None:
        self._tokens = tokens
        self._warehouse = warehouse
        self._task: asyncio.Task[None] | None = None
        self._users: set[str] = set()

    def is_user(self, team_id: str) -> bool:
        """Return whether the owner is known to be a user, who has no members."""
        return team_id in self._users

    @property
    def is_under_way(self) -> bool:
        return self._task is not None and not self._task.done()

    async def begin(self, login: str, owner: Owner | None = None) -> None:
        """Read the members of this owner, which is asked for first if it is not given."""
        await self.end()
        self._task = asyncio.create_task(self._read(login, owner))

    async def end(self) -> None:
        """End the reading, and wait until it writes nothing any more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _read(self, login: str, owner: Owner | None) -> None:
        try:
            async with self._tokens.open_github(login) as github:
                owner = owner or await fetch_owner(github, login)
                if owner.is_organisation:
                    await sync_members(github, self._warehouse, owner.login, now())
                else:
                    self._users.add(owner.team_id)
        except PrflowError as error:
            reason = f"{error}. {error.hint}"
            await write_to_its_end(lambda: self._store_problem(login.lower(), reason))

    def _store_problem(self, team_id: str, reason: str) -> None:
        row = {"team_id": team_id, "members_error": reason}
        commit(self._warehouse, Merge(schema.teams, schema.frame(schema.teams, [row], row)))
