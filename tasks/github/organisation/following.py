"""Follow and unfollow repositories: a person's choice, kept whatever GitHub lists later."""

import asyncio
from collections.abc import Collection, Sequence

from tasks.github.api.client import GitHub
from tasks.github.api.errors import NotFound
from tasks.github.organisation.discovery import owner_to_write, repositories_to_writes
from tasks.github.organisation.owner import Owner
from tasks.github.organisation.repositories import Repository, fetch_own_repository, split_names
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.identity.teams import move_repositories
from warehouse.store import Merge, commit

FollowChanges = list[tuple[str, bool]]
"""Pairs of a full name and whether it is followed now."""


class NotFollowed(NotFound):
    """The repository to unfollow is not followed."""

    hint = "Run `prflow repos OWNER` to list its repositories."


def read_followed(warehouse: Warehouse, login: str) -> dict[str, bool]:
    """Return, by node id, whether each known repository is followed."""
    sql = "SELECT id, coalesce(is_followed, false) AS is_followed FROM repositories WHERE team_id = ?"
    return dict(warehouse.read(sql, [login.lower()]).iter_rows())


async def follow(github: GitHub, warehouse: Warehouse, owner: Owner, names: Sequence[str]) -> FollowChanges:
    """Follow these repositories, archived ones and forks too.

    Raises NotFound, naming the first that is missing, and NotARepository for one that went to another owner.
    """
    if not names:
        return []
    known = set(read_followed(warehouse, owner.login))
    pairs = split_names(names, owner.login)
    repositories = [await fetch_own_repository(github, owner.login, *pair, known) for pair in pairs]
    await asyncio.to_thread(move_repositories, warehouse, owner.team_id, [each.id for each in repositories])
    writes = [owner_to_write(github, owner), *repositories_to_writes(owner.team_id, repositories, known, is_named=True)]
    await asyncio.to_thread(commit, warehouse, *writes)
    return [(repository.full_name, True) for repository in repositories]


def choose_repositories(
    warehouse: Warehouse, team_id: str, repositories: Sequence[Repository], left_out: Collection[str]
) -> None:
    """Store the listed repositories, and follow those that would be by default and are not left out, by full name.

    Archived ones and forks stay as they are: not followed, unless a person named them.
    """
    moved = move_repositories(warehouse, team_id, [each.id for each in repositories])
    known = {*read_followed(warehouse, team_id), *moved}
    choices = [
        {"id": each.id, "is_followed": each.full_name not in left_out}
        for each in repositories
        if each.is_followed_by_default
    ]
    frame = schema.frame(schema.repositories, choices, ("id", "is_followed"))
    writes = repositories_to_writes(team_id, repositories, known, is_named=False)
    commit(warehouse, *writes, Merge(schema.repositories, frame))


async def unfollow(warehouse: Warehouse, owner: Owner, names: Sequence[str]) -> FollowChanges:
    """Unfollow these repositories; what was fetched stays. A deleted one is found by its last known name."""
    rows = [_find(warehouse, owner, f"{login}/{name}") for login, name in split_names(names, owner.login)]
    if rows:
        choices = [{"id": key, "is_followed": False} for key, _ in rows]
        frame = schema.frame(schema.repositories, choices, choices[0])
        await asyncio.to_thread(commit, warehouse, Merge(schema.repositories, frame))
    return [(full_name, False) for _, full_name in rows]


def _find(warehouse: Warehouse, owner: Owner, full_name: str) -> tuple[str, str]:
    row = warehouse.read_one(_BY_NAME, [owner.team_id, full_name.lower()])
    if row is None:
        raise NotFollowed(f"{full_name} is not followed")
    return row["id"], row["full_name"]


# Of two with one name it is the one that is gone.
_BY_NAME = """
SELECT id, full_name FROM repositories WHERE team_id = ? AND lower(full_name) = ? AND is_followed
ORDER BY sync_status = 'failed' DESC NULLS LAST, id LIMIT 1
"""
