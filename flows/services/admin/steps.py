"""The steps of a set-up. Each begins and ends with one commit, so that an interrupted one is simply done again."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from dashboard.reading.admin import Access, Owner, OwnerChoice, Problem, RepositoryList, SetUp
from flows.lifecycle.clock import now
from flows.services.admin.access import PENDING, TokenStore
from flows.services.admin.device_login import Device
from flows.services.admin.importing import queue_import, store_choice
from flows.services.admin.listing import RepositoryReading
from flows.services.admin.members_reading import MembersReading
from flows.services.admin.words import describe_access, explain
from tasks.github.access.app import App
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.tokens import NO_TOKEN
from tasks.github.organisation.choices import fetch_owner_choices
from tasks.github.organisation.discovery import owner_to_write
from tasks.github.organisation.follow import follow_owner
from tasks.llm.provider.providers import require_key, require_price
from tasks.llm.provider.settings import LlmSettings
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument, PrflowError
from warehouse.identity.teams import delete_team
from warehouse.set_up import SetUpRow, Step, end_set_up, read_set_up, store_set_up
from warehouse.store import commit

# A page asks on every click; GitHub is asked again after this many seconds, and after each change.
CHECK_SECONDS = 60.0


class SetUpSteps:
    """The one set-up of an installation. Methods that change it run one after the other."""

    def __init__(self, home: Path, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.tokens = TokenStore(home)
        self.device = Device(self._keep)
        self.reading = RepositoryReading(self.tokens)
        self.members = MembersReading(self.tokens, warehouse)
        self._checked: tuple[float, list[Access], Problem | None] | None = None
        self._lock = asyncio.Lock()

    async def read(self) -> SetUp:
        """Return where the set-up is, and what its steps need."""
        row = await self.row()
        is_about_access = row.step in {
            Step.CONNECT,
            Step.ORGANISATION,
        }  # later steps do not wait for GitHub's word on it
        accesses, problem = await self._check(row.team_id or "") if is_about_access else ([], None)
        settings = GitHubSettings()
        model, model_problem = _find_model(LlmSettings())
        return SetUp(
            step=row.step,
            accesses=accesses,
            access_problem=problem,
            is_pasted=await self.tokens.read(PENDING) is not None,
            device=self.device.shown,
            can_log_in=bool(settings.client_id.strip()),
            app_id=settings.app_id.strip(),
            web_url=settings.web_url,
            owner=await self._owner(row),
            left_out=list(row.left_out),
            model=model,
            model_problem=model_problem,
            has_begun=row.begun_at is not None,
        )

    async def _owner(self, row: SetUpRow) -> Owner | None:
        """Return the owner that was chosen; a reading of its members that was interrupted is begun again."""
        owner = await asyncio.to_thread(_read_owner, self.warehouse, row.team_id) if row.team_id else None
        if owner is None or self.members.is_user(owner.login.lower()):
            return owner
        is_unread = not owner.is_organisation
        if is_unread and row.step is Step.REPOSITORIES and not self.members.is_under_way:
            await self.members.begin(owner.login)
        return owner.model_copy(update={"is_reading_members": self.members.is_under_way})

    async def row(self) -> SetUpRow:
        return await asyncio.to_thread(read_set_up, self.warehouse)

    async def store(self, row: SetUpRow) -> None:
        await asyncio.to_thread(store_set_up, self.warehouse, row, now())

    async def save_token(self, token: SecretStr) -> SetUp:
        """Check and keep a token. Raises GitHubError or BadArgument if it cannot be used: nothing is kept then."""
        self.device.cancel()
        await self._keep(token)
        return await self.read()

    async def _keep(self, token: SecretStr) -> None:
        async with self._lock:
            row = await self.row()
            others = await asyncio.to_thread(_count_other_teams, self.warehouse, row.team_id or "")
            await self.tokens.keep(token, has_other_teams=others > 0)
            self._checked = None
            await self.store(row)

    async def begin_login(self) -> SetUp:
        await self.device.begin()
        return await self.read()

    async def cancel_login(self) -> SetUp:
        self.device.cancel()
        return await self.read()

    async def list_owners(self) -> list[OwnerChoice]:
        """Return the owners that the token, or the App, sees. Raises GitHubError."""
        settings = GitHubSettings()
        if settings.app_id.strip() and await self.tokens.read(PENDING) is None:
            rest = Rest(settings.timeout_seconds, clock=now, allow_plain_http=settings.allow_plain_http)
            installed = await App(settings, rest).list_installations()
            return [OwnerChoice(login=each.login) for each in sorted(installed, key=lambda one: one.login.lower())]
        async with self.tokens.open_github("") as github:
            return [OwnerChoice(**vars(each)) for each in await fetch_owner_choices(github)]

    async def choose_owner(self, login: str) -> SetUp:
        """Make the team of an owner; its members and its repositories are read in the background.

        A team that was chosen before and never ran is deleted.
        """
        name = login.strip().removeprefix(f"{GitHubSettings().web_url}/").strip("/@ ")
        if not name:
            raise BadArgument("No organisation was named.", "Choose one, or type its name as in its address on GitHub.")
        async with self._lock:
            row = await self.row()
            async with self.tokens.open_github(name) as github:
                owner = await follow_owner(github, self.warehouse, name, is_typed=True)
                self.reading.begin(owner.login)  # GitHub lists them while the warehouse stores the owner
                if row.team_id is not None and row.team_id != owner.team_id:
                    await self.members.end()
                    await asyncio.to_thread(_delete_if_unused, self.warehouse, row.team_id)
                await asyncio.to_thread(commit, self.warehouse, owner_to_write(github, owner))
            left_out = row.left_out if row.team_id == owner.team_id else ()
            await self.store(SetUpRow(Step.REPOSITORIES, owner.team_id, left_out, begun_at=row.begun_at))
            self._checked = None
            await self.members.begin(owner.login, owner)
        return await self.read()

    async def read_repositories(self, *, again: bool = False) -> RepositoryList:
        """Return how far the list of repositories is, which is begun if it has not been; `again` from its beginning.

        Raises BadArgument if no owner is chosen.
        """
        login = await self._login()
        (self.reading.again if again else self.reading.begin)(login)
        return self.reading.show()

    async def leave_out(self, names: list[str]) -> SetUp:
        """Keep which of the listed repositories are not to be followed."""
        async with self._lock:
            row = await self.row()
            await self.store(replace(row, left_out=tuple(sorted(set(names)))))
        return await self.read()

    async def start(self, *, without_model: bool) -> SetUp:
        """Follow what was chosen and queue the import. What fails leaves the set-up at this step, to be tried again."""
        async with self._lock:
            row, login = await self.row(), await self._login()
            if not self.reading.is_done:
                self.reading.begin(login)
                raise BadArgument("The list of repositories is not complete yet.", "Wait for it, or read it again.")
            if not without_model and (problem := _find_model(LlmSettings())[1]) is not None:
                raise BadArgument(problem.message, problem.hint)
            await asyncio.to_thread(store_choice, self.warehouse, row, self.reading.repositories)
            await self.tokens.hand_over(login)
            run_id = await asyncio.to_thread(queue_import, self.tokens.address, login, row, without_model=without_model)
            await self.store(replace(row, step=Step.SYNC, run_id=run_id))
        return await self.read()

    async def _login(self) -> str:
        """Return the owner that was chosen, as GitHub writes it. Raises BadArgument if there is none."""
        row = await self.row()
        owner = await asyncio.to_thread(_read_owner, self.warehouse, row.team_id) if row.team_id else None
        if owner is None:
            raise BadArgument("No organisation is chosen yet.", "Choose one first.")
        return owner.login

    async def go_to(self, step: Step) -> SetUp:
        """Go to a step. Raises BadArgument if one before it is not done."""
        async with self._lock:
            row = await self.row()
            if step in {Step.REPOSITORIES, Step.SYNC}:
                await self._login()
            if step is Step.SYNC and row.run_id is None:
                raise BadArgument("The import has not begun yet.", "Choose the repositories, then press Start.")
            if step is Step.ORGANISATION:
                self._refuse_without_access(await self._check(row.team_id or ""))
            await self.store(replace(row, step=step))
        return await self.read()

    @staticmethod
    def _refuse_without_access(checked: tuple[list[Access], Problem | None]) -> None:
        accesses, problem = checked
        if any(access.problem is None for access in accesses):
            return
        first = problem or next((access.problem for access in accesses), None)
        raise BadArgument(
            first.message if first else "There is no token yet.",
            first.hint if first else "Paste a token first.",
        )

    async def give_up(self) -> SetUp:
        """End the set-up. What only it needed is deleted: the token that was given for it, a team that never ran."""
        async with self._lock:
            await self.end()
            row = await self.row()
            if row.team_id is not None and row.run_id is None:
                await asyncio.to_thread(_delete_if_unused, self.warehouse, row.team_id)
            await self.tokens.delete(PENDING)
            await asyncio.to_thread(end_set_up, self.warehouse)
            self._checked = None
        return await self.read()

    async def end(self) -> None:
        """End what goes on in the background, and wait until nothing is written any more."""
        self.device.cancel()
        self.reading.cancel()
        await self.members.end()

    async def _check(self, team: str) -> tuple[list[Access], Problem | None]:
        """Return the tokens of a team as pages show them, or why there is none; from the last minute if they are."""
        if self._checked is not None and time.monotonic() - self._checked[0] < CHECK_SECONDS:
            return self._checked[1:]
        try:
            accesses = [describe_access(each, now()) for each in await self.tokens.check(team)]
            problem = None
        except PrflowError as error:
            # That there is no token yet is how every set-up begins.
            accesses, problem = [], None if str(error) == NO_TOKEN else explain(error)
        self._checked = (time.monotonic(), accesses, problem)
        return accesses, problem


def _find_model(settings: LlmSettings) -> tuple[str | None, Problem | None]:
    """Return the model that would read pull requests, or why none can."""
    try:
        require_key(settings)
        require_price(settings)
    except ValueError as error:
        return None, Problem(message=str(error), hint=getattr(error, "hint", ""))
    return f"{settings.model} ({settings.provider})", None


def _read_owner(warehouse: Warehouse, team_id: str) -> Owner | None:
    row = warehouse.read_one(_OWNER, [team_id])
    return Owner(**row) if row else None


def _count_other_teams(warehouse: Warehouse, team_id: str) -> int:
    row = warehouse.read_one("SELECT count(*) AS n FROM teams WHERE team_id <> ?", [team_id])
    return int(row["n"]) if row else 0


def _delete_if_unused(warehouse: Warehouse, team_id: str) -> None:
    """Delete a team for which no run ever began."""
    if warehouse.read_one(_USED, [team_id, team_id]) is None:
        delete_team(warehouse, team_id)


_USED = """
SELECT 1 AS found FROM pipeline_runs WHERE team_id = ? UNION ALL SELECT 1 FROM pull_requests WHERE team_id = ?
"""
_OWNER = """
SELECT coalesce(t.login, t.team_id) AS login, t.name,
       t.members_read_at IS NOT NULL OR t.members_error IS NOT NULL AS is_organisation, t.members_error,
       (SELECT count(*) FROM team_members m WHERE m.team_id = t.team_id) AS members_count,
       (SELECT count(*) FROM organisation_teams o WHERE o.team_id = t.team_id) AS teams_count
FROM teams t WHERE t.team_id = ?
"""
