"""Which repositories are followed: a person's choice, kept whatever GitHub lists later."""

import asyncio
from collections.abc import Sequence

from tasks.github.api.client import GitHub
from tasks.github.api.errors import NotFound
from tasks.github.organisation.discovery import write_owner, write_repositories
from tasks.github.organisation.organisation import Owner, fetch_repository, split_names
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Merge, commit

Changed = list[tuple[str, bool]]
"""Full name, and whether it is followed now."""


class NotFollowed(NotFound):
    """The repository is not followed, so that it cannot be left."""

    hint = "`prflow repos OWNER` lists what there is."


def read_followed(warehouse: Warehouse, login: str) -> dict[str, bool]:
    """Node id to whether it is followed, of the repositories that are known."""
    sql = "SELECT id, coalesce(is_followed, false) AS is_followed FROM repositories WHERE team_id = ?"
    return dict(warehouse.read(sql, [login.lower()]).iter_rows())


async def follow(github: GitHub, warehouse: Warehouse, owner: Owner, names: Sequence[str]) -> Changed:
    """Follow these repositories from now on, archived ones and forks too; NotFound names one that is not there."""
    if not names:
        return []
    found = [await fetch_repository(github, *pair) for pair in split_names(names, owner.login)]
    known = set(read_followed(warehouse, owner.login))
    writes = [write_owner(github, owner), *write_repositories(owner, found, known, is_named=True)]
    await asyncio.to_thread(commit, warehouse, *writes)
    return [(repository.full_name, True) for repository in found]


async def unfollow(warehouse: Warehouse, owner: Owner, names: Sequence[str]) -> Changed:
    """Follow these no more; what was fetched stays. One that GitHub has no more is found by the name it had."""
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


_BY_NAME = "SELECT id, full_name FROM repositories WHERE team_id = ? AND lower(full_name) = ? AND is_followed"
