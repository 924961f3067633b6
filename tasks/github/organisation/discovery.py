"""Read an owner and its repositories from GitHub, and store them with what is followed by default."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tasks.github.api.client import GitHub
from tasks.github.api.errors import NotFound
from tasks.github.api.listing import Listing
from tasks.github.organisation.follow import follow_owner
from tasks.github.organisation.owner import Owner
from tasks.github.organisation.repositories import Repository, fetch_own_repository, fetch_repositories, split_names
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.identity.named_repositories import follow_all, follow_only_named, follows_only_named
from warehouse.identity.teams import move_repositories
from warehouse.lists.short_lists import read_short_lists
from warehouse.lists.shortfall import ListName
from warehouse.store import Merge, commit


@dataclass(frozen=True)
class Discovery:
    """The result: the owner, and how many repositories it has. `repository_ids` are those that were found.

    `archived_count` and `forks_count` are those left out by default. `problem` says that GitHub's list ended early: the
    next refresh lists them again.
    """

    team_id: str
    login: str
    repositories_count: int
    followed_count: int
    archived_count: int
    forks_count: int
    is_organisation: bool = False
    repository_ids: tuple[str, ...] = ()
    problem: str | None = None


OnPage = Callable[[Sequence[Repository]], None]
"""Called with each page of repositories once it is stored."""


async def discover_repositories(
    github: GitHub,
    warehouse: Warehouse,
    login: str,
    names: Sequence[str] | None = None,
    *,
    is_typed: bool = False,
    on_page: OnPage | None = None,
) -> Discovery:
    """Read the owner and its repositories, and store both.

    With `names` only those are looked up and followed, archived ones and forks too; what was followed stays followed,
    and a team that is new follows no others by itself, until a person names its owner alone. Without, all are listed: a
    new repository follows the default, a known one keeps what a person chose. If the owner
    was renamed, the team follows it (see follow.py), and the discovery has its new `team_id`; with `is_typed` a person
    means who has this login today. Raises NotFound for an owner or a name that GitHub does not have.
    """
    pairs = split_names(names or (), login)
    owner = await follow_owner(github, warehouse, login, is_typed=is_typed)
    await asyncio.to_thread(commit, warehouse, owner_to_write(github, owner))
    known = await asyncio.to_thread(_read_known, warehouse, owner.team_id)
    if pairs:
        repositories, problem = [await fetch_own_repository(github, owner.login, *pair, known) for pair in pairs], None
        choice = [] if known else [follow_only_named(owner.team_id, github.clock())]
        known.update(await _move(warehouse, owner, repositories))
        await asyncio.to_thread(
            commit, warehouse, *choice, *repositories_to_writes(owner.team_id, repositories, known, is_named=True)
        )
    else:
        if is_typed:
            await asyncio.to_thread(commit, warehouse, follow_all(owner.team_id))
        repositories, problem = await _list_all(github, warehouse, owner, known, on_page)
    found = await asyncio.to_thread(_summarise, warehouse, owner, repositories)
    return replace(found, problem=problem)


async def _list_all(
    github: GitHub, warehouse: Warehouse, owner: Owner, known: set[str], on_page: OnPage | None
) -> tuple[list[Repository], str | None]:
    """List and store all repositories; return them, and what is missing of the list if it ends early."""
    short_lists = await asyncio.to_thread(read_short_lists, warehouse, owner.team_id)
    tolerated = short_lists.tolerated(ListName.REPOSITORIES, owner.team_id)
    listing, found = Listing(), dict[str, Repository]()
    is_only_named = await asyncio.to_thread(follows_only_named, warehouse, owner.team_id)
    undecided = set[str]() if is_only_named else await asyncio.to_thread(_read_undecided, warehouse, owner.team_id)
    async for listed in fetch_repositories(github, owner.login, listing=listing, tolerated=tolerated):
        page = [each for each in listed if each.id in known] if is_only_named else listed
        new = [each for each in page if each.id not in found]
        found |= {each.id: each for each in page}
        known.update(await _move(warehouse, owner, page))
        writes = repositories_to_writes(owner.team_id, page, known - undecided, is_named=False)
        await asyncio.to_thread(commit, warehouse, *writes)
        if on_page is not None and new:
            on_page(new)
    problem = short_lists.note(ListName.REPOSITORIES, owner.team_id, listing.shortfall, github.clock())
    await asyncio.to_thread(commit, warehouse, *short_lists.writes())
    return list(found.values()), problem


async def _move(warehouse: Warehouse, owner: Owner, repositories: Sequence[Repository]) -> list[str]:
    """Move repositories here that another team has: what is stored of them stays, and whether they are followed."""
    return await asyncio.to_thread(move_repositories, warehouse, owner.team_id, [each.id for each in repositories])


def owner_to_write(github: GitHub, owner: Owner) -> Merge:
    """Return the row of the owner in `teams`."""
    row = {
        "team_id": owner.team_id,
        "id": owner.id,
        "login": owner.login,
        "database_id": owner.database_id,
        "name": owner.name,
        "web_url": github.settings.web_url.rstrip("/"),
        "is_simulated": github.settings.is_simulated,
    }
    return Merge(schema.teams, schema.frame(schema.teams, [row], row))


def repositories_to_writes(
    team_id: str, repositories: Sequence[Repository], known: set[str], *, is_named: bool
) -> list[Merge]:
    """Return the rows of repositories. Known ones keep `is_followed`, unless named, and their sync state."""
    facts = [_row(team_id, repository) for repository in repositories]
    choices = [
        {"id": repository.id, "is_followed": is_named or repository.is_followed_by_default}
        for repository in repositories
        if is_named or repository.id not in known
    ]
    starts = [
        {"id": repository.id, "sync_status": "pending"} for repository in repositories if repository.id not in known
    ]
    return [
        Merge(schema.repositories, schema.frame(schema.repositories, rows, rows[0]))
        for rows in (facts, choices, starts)
        if rows
    ]


def _row(team_id: str, repository: Repository) -> dict[str, object]:
    return {
        "id": repository.id,
        "team_id": team_id,
        "full_name": repository.full_name,
        "name": repository.name,
        "is_archived": repository.is_archived,
        "is_fork": repository.is_fork,
        "is_private": repository.is_private,
        "default_branch": repository.default_branch,
        "created_at": repository.created_at,
        "pushed_at": repository.pushed_at,
        "pull_requests_count": repository.pull_requests_count,
    }


def _read_known(warehouse: Warehouse, team_id: str) -> set[str]:
    return set(warehouse.read("SELECT id FROM repositories WHERE team_id = ?", [team_id])["id"])


def _read_undecided(warehouse: Warehouse, team_id: str) -> set[str]:
    """Return those that are not followed only for what they were: archived or a fork, and never fetched.

    Once they are neither any more, they follow the default.
    """
    return set(warehouse.read(_UNDECIDED, [team_id])["id"])


_UNDECIDED = """
SELECT id FROM repositories
WHERE team_id = ? AND NOT is_followed AND (is_archived OR is_fork) AND history_from IS NULL AND last_sync_at IS NULL
"""


def _summarise(warehouse: Warehouse, owner: Owner, repositories: Sequence[Repository]) -> Discovery:
    row = warehouse.read_one(
        "SELECT count(*) FILTER (is_followed) AS followed FROM repositories WHERE team_id = ?", [owner.team_id]
    )
    followed = int(row["followed"]) if row else 0
    if followed == 0:
        raise NotFound(f"{owner.login} has no repository to follow: archived ones and forks must be named")
    return Discovery(
        team_id=owner.team_id,
        login=owner.login,
        repositories_count=len(repositories),
        followed_count=followed,
        archived_count=sum(repository.is_archived for repository in repositories),
        forks_count=sum(repository.is_fork for repository in repositories),
        is_organisation=owner.is_organisation,
        repository_ids=tuple(repository.id for repository in repositories),
    )
