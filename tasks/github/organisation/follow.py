"""Find the owner of a team by its node id, and let the team follow it: a renamed owner stays one team."""

import asyncio
from datetime import datetime

from tasks.github.api.client import GitHub
from tasks.github.api.errors import NotFound
from tasks.github.organisation.owner import Owner, fetch_owner, fetch_owner_by_id
from warehouse.connection import Warehouse
from warehouse.errors import PrflowError
from warehouse.identity.teams import KnownOwner, find_team, merge_teams, read_owner, read_teams_of, rename_team
from warehouse.progress import refuse_rival


class OwnerReplaced(PrflowError, LookupError):
    """GitHub gives another account for the login of a team: its own owner was deleted or renamed."""


async def follow_owner(github: GitHub, warehouse: Warehouse, name: str, *, is_typed: bool = False) -> Owner:
    """Return the owner of the team `name`, found by its node id, and give the team the owner's login of today.

    A team that is new has no id yet: then the owner is found by login, and other teams of the same owner are merged
    into this one. With `is_typed` a person means the account that has this login today. Raises NotFound if there is no
    such owner, OwnerReplaced if the login is another account's, TeamBusy if a run works on a team to be merged.
    """
    known = await asyncio.to_thread(read_owner, warehouse, name, is_called=is_typed)
    owner = await _fetch(github, known, name, is_typed=is_typed)
    await asyncio.to_thread(_follow, warehouse, owner, name, github.clock())
    return owner


async def _fetch(github: GitHub, known: KnownOwner, name: str, *, is_typed: bool) -> Owner:
    if known.id is None:
        return await fetch_owner(github, name)
    owner = await _fetch_known(github, known, name)
    if is_typed and owner.login.lower() != name.lower():
        await _refuse_namesake(github, owner, name)
    return owner


async def _fetch_known(github: GitHub, known: KnownOwner, name: str) -> Owner:
    try:
        return await fetch_owner_by_id(github, str(known.id), known.login)
    except NotFound:
        found = await fetch_owner(github, name)  # says that there is no such owner
        raise OwnerReplaced(
            f"{found.login} on GitHub is not the account that the team {name} was onboarded with, which is gone.",
            f"Keep its data under another name with `prflow teams rename {name} NAME`, or delete it with "
            f"`prflow teams delete {name}`. Then onboard again.",
        ) from None


async def _refuse_namesake(github: GitHub, owner: Owner, name: str) -> None:
    """Raise OwnerReplaced if another account has taken the login that the team's owner had."""
    try:
        await fetch_owner(github, name)
    except NotFound:
        return
    raise OwnerReplaced(
        f"{name} on GitHub is now another account: the one that prflow knows is called {owner.login}.",
        f"Let the team follow it with `prflow teams rename {name} {owner.login}`. Then run this again.",
    )


def _follow(warehouse: Warehouse, owner: Owner, name: str, now: datetime) -> None:
    """Make one team of all that belong to the owner, under its login of today."""
    others = [team for team in read_teams_of(warehouse, owner.id) if team != owner.team_id]
    for team in others:
        if team != name.lower():
            refuse_rival(warehouse, team, lambda run_id: None, now)
        if find_team(warehouse, owner.team_id) != owner.team_id:
            rename_team(warehouse, team, owner.login)
        elif _is_of(warehouse, owner):
            merge_teams(warehouse, team, owner.team_id)
        else:
            raise OwnerReplaced(
                f"{name} is called {owner.login} now, and there is a team {owner.team_id} of another account.",
                f"Rename or delete that one first: `prflow teams rename {owner.team_id} NAME`.",
            )


def _is_of(warehouse: Warehouse, owner: Owner) -> bool:
    """Return whether the team of that id is the owner's; one that was just begun has no owner yet."""
    return read_owner(warehouse, owner.team_id).id in {owner.id, None}
