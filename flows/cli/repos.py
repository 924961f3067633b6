"""`prflow repos`: an owner's repositories as GitHub lists them, and which of them are followed."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console
from rich.markup import escape

from flows.cli.credentials import aim, open_github
from flows.cli.home import opened
from tasks.github.api.client import GitHub
from tasks.github.organisation.following import Changed, follow, read_followed, unfollow
from tasks.github.organisation.organisation import Repository, fetch_owner, fetch_repositories
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument

HEAD = f"{'Repository':<44} {'Followed':<9} {'PRs':>7}  Last push"


@dataclass(frozen=True)
class Asked:
    """What the command was asked for: names are NAME or OWNER/NAME."""

    owner: str
    search: str = ""
    follow: Sequence[str] = ()
    unfollow: Sequence[str] = ()
    is_all: bool = False
    is_json: bool = False

    def is_match(self, repository: Repository) -> bool:
        return self.search.lower() in repository.full_name.lower()

    def is_shown(self, repository: Repository) -> bool:
        return self.is_match(repository) and (self.is_all or repository.is_followed_by_default)


@dataclass
class Listed:
    """What was seen so far. `left_out_count` are archived ones and forks that match, and that --all would show."""

    shown: list[dict[str, Any]]
    seen_count: int = 0
    archived_count: int = 0
    forks_count: int = 0
    left_out_count: int = 0


def show_repositories(asked: Asked) -> None:
    """Lists, or changes what is followed and says so. BadArgument for options that do not go together."""
    if (asked.follow or asked.unfollow) and (asked.search or asked.is_all):
        raise BadArgument("--follow and --unfollow change, --search and --all list: use one or the other.")
    for name in (*asked.follow, *asked.unfollow):
        if name.count("/") > 1 or ("/" in name and name.split("/")[0].lower() != asked.owner.lower()):
            raise BadArgument(f"{name} is not a repository of {asked.owner}: give it as {asked.owner}/NAME.")
    with opened(aim(asked.owner)) as warehouse:
        asyncio.run(_show(asked, warehouse))


async def _show(asked: Asked, warehouse: Warehouse) -> None:
    async with open_github(asked.owner) as github:
        owner = await fetch_owner(github, asked.owner)
        asked = replace(asked, owner=owner.login)
        if asked.follow or asked.unfollow:
            changed = await follow(github, warehouse, owner, asked.follow)
            changed += await unfollow(warehouse, owner, asked.unfollow)
            _tell_changes(asked, changed)
        else:
            await _list(asked, github, warehouse)


async def _list(asked: Asked, github: GitHub, warehouse: Warehouse) -> None:
    """Each page is shown as it comes, the most recently pushed first."""
    followed = read_followed(warehouse, asked.owner)
    listed = Listed([])
    console, waiting = Console(soft_wrap=True), Console(stderr=True)
    with waiting.status(f"Reading the repositories of {escape(asked.owner)} ...") as status:
        async for page in fetch_repositories(github, asked.owner):
            rows = list(_take(asked, page, followed, listed))
            if not asked.is_json:
                _draw(console, rows, is_first=len(rows) == len(listed.shown))
            status.update(f"{listed.seen_count:,} repositories read ...")
    if asked.is_json:
        print(json.dumps({"owner": asked.owner, "repositories": listed.shown, **_counts(listed)}, indent=2))
    else:
        _tell_counts(console, asked, listed)


def _take(
    asked: Asked, page: Sequence[Repository], followed: dict[str, bool], listed: Listed
) -> Iterator[dict[str, Any]]:
    """The rows of a page that are shown; all of it is counted."""
    for repository in page:
        listed.seen_count += 1
        listed.archived_count += repository.is_archived
        listed.forks_count += repository.is_fork
        if asked.is_shown(repository):
            row = asdict(repository) | {"is_followed": followed.get(repository.id, False)}
            row["pushed_at"] = repository.pushed_at.isoformat() if repository.pushed_at else None
            listed.shown.append(row)
            yield row
        elif asked.is_match(repository):
            listed.left_out_count += 1


def _draw(console: Console, rows: Sequence[dict[str, Any]], *, is_first: bool) -> None:
    if rows and is_first:
        console.print(HEAD, style="bold", highlight=False)
    for row in rows:
        notes = [word for word in ("archived", "fork", "private") if row[f"is_{word}"]]
        pushed = row["pushed_at"][:16].replace("T", " ") if row["pushed_at"] else "never"
        line = (
            f"{row['full_name']:<44} {'yes' if row['is_followed'] else 'no':<9} "
            f"{row['pull_requests_count']:>7,}  {pushed}  {' '.join(notes)}"
        )
        console.print(line.rstrip(), markup=False, highlight=False)


def _tell_counts(console: Console, asked: Asked, listed: Listed) -> None:
    if listed.shown:
        followed = sum(row["is_followed"] for row in listed.shown)
        words = f"{len(listed.shown):,} of {listed.seen_count:,} repositories, {followed:,} followed."
    else:
        matching = f" that match “{asked.search}”" if asked.search else " to show"
        words = f"{asked.owner} has no repositories{matching}, of {listed.seen_count:,}."
    if listed.left_out_count:
        words += f" {listed.left_out_count:,} archived or forked are left out: --all shows them."
    console.print(words, markup=False, highlight=False)


def _counts(listed: Listed) -> dict[str, int]:
    return {
        "repositories_count": listed.seen_count,
        "archived_count": listed.archived_count,
        "forks_count": listed.forks_count,
        "left_out_count": listed.left_out_count,
    }


def _tell_changes(asked: Asked, changed: Changed) -> None:
    if asked.is_json:
        rows = [{"full_name": name, "is_followed": is_followed} for name, is_followed in changed]
        print(json.dumps({"owner": asked.owner, "repositories": rows}, indent=2))
        return
    console = Console(soft_wrap=True)
    for name, is_followed in changed:
        words = f"is followed: the next run fetches it, `prflow sync {name}` does it now"
        stopped = "is followed no more; what was fetched stays"
        console.print(f"{name} {words if is_followed else stopped}.", markup=False, highlight=False)
