"""`prflow repos`: list an owner's repositories on GitHub, or change which are followed."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from flows.cli.parts.credentials import aim, open_github
from flows.cli.parts.home import opened
from flows.cli.parts.terminal import Terminal, marked, print_json
from tasks.github.api.client import GitHub
from tasks.github.organisation.following import FollowChanges, follow, read_followed, unfollow
from tasks.github.organisation.owner import fetch_owner
from tasks.github.organisation.repositories import Repository, fetch_repositories
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.guard.untrusted import one_line

HEAD = f"{'Repository':<44} {'Followed':<9} {'PRs':>7}  Last push"


@dataclass(frozen=True)
class Request:
    """The command's arguments. Names are NAME or OWNER/NAME; `include_archived` lists forks too."""

    owner: str
    search: str = ""
    follow: Sequence[str] = ()
    unfollow: Sequence[str] = ()
    include_archived: bool = False
    as_json: bool = False

    def is_match(self, repository: Repository) -> bool:
        return self.search.lower() in repository.full_name.lower()

    def is_shown(self, repository: Repository) -> bool:
        return self.is_match(repository) and (self.include_archived or repository.is_followed_by_default)


@dataclass
class Listed:
    """The repositories read so far. `left_out_count` are matching archived ones and forks, which --all lists."""

    shown: list[dict[str, Any]]
    seen_count: int = 0
    archived_count: int = 0
    forks_count: int = 0
    left_out_count: int = 0


def show_repositories(request: Request) -> None:
    """List the repositories, or change which are followed. BadArgument if the options exclude each other."""
    if (request.follow or request.unfollow) and (request.search or request.include_archived):
        raise BadArgument("--follow and --unfollow cannot be combined with --search and --all.")
    for name in (*request.follow, *request.unfollow):
        if name.count("/") > 1 or ("/" in name and name.split("/")[0].lower() != request.owner.lower()):
            raise BadArgument(f"{name} is not a repository of {request.owner}: write it as {request.owner}/NAME.")
    with opened(aim(request.owner)) as warehouse:
        asyncio.run(_show(request, warehouse))


async def _show(request: Request, warehouse: Warehouse) -> None:
    async with open_github(request.owner) as github:
        owner = await fetch_owner(github, request.owner)
        request = replace(request, owner=owner.login)
        if request.follow or request.unfollow:
            changed = await follow(github, warehouse, owner, request.follow)
            changed += await unfollow(warehouse, owner, request.unfollow)
            _print_changes(request, changed)
        else:
            await _list(request, github, warehouse)


async def _list(request: Request, github: GitHub, warehouse: Warehouse) -> None:
    """Print each page as it arrives, the most recently pushed first."""
    followed = read_followed(warehouse, request.owner)
    listed = Listed([])
    console, waiting = Terminal(soft_wrap=True), Terminal(stderr=True)
    with waiting.status(f"Reading the repositories of {marked(request.owner)} ...") as status:
        async for page in fetch_repositories(github, request.owner):
            rows = list(_take(request, page, followed, listed))
            if not request.as_json:
                _draw(console, rows, is_first=len(rows) == len(listed.shown))
            status.update(f"{listed.seen_count:,} repositories read ...")
    if request.as_json:
        print_json({"owner": request.owner, "repositories": listed.shown, **_counts(listed)}, default=str)
    else:
        _print_counts(console, request, listed)


def _take(
    request: Request, page: Sequence[Repository], followed: dict[str, bool], listed: Listed
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a page to show; count all of them."""
    for repository in page:
        listed.seen_count += 1
        listed.archived_count += repository.is_archived
        listed.forks_count += repository.is_fork
        if request.is_shown(repository):
            row = asdict(repository) | {"is_followed": followed.get(repository.id, False)}
            row["pushed_at"] = repository.pushed_at.isoformat() if repository.pushed_at else None
            listed.shown.append(row)
            yield row
        elif request.is_match(repository):
            listed.left_out_count += 1


def _draw(console: Terminal, rows: Sequence[dict[str, Any]], *, is_first: bool) -> None:
    if rows and is_first:
        console.print(HEAD, style="bold")
    for row in rows:
        notes = [word for word in ("archived", "fork", "private") if row[f"is_{word}"]]
        pushed = row["pushed_at"][:16].replace("T", " ") if row["pushed_at"] else "never"
        line = (
            f"{one_line(row['full_name']):<44} {'yes' if row['is_followed'] else 'no':<9} "
            f"{row['pull_requests_count']:>7,}  {pushed}  {' '.join(notes)}"
        )
        console.print(line.rstrip())


def _print_counts(console: Terminal, request: Request, listed: Listed) -> None:
    if listed.shown:
        followed = sum(row["is_followed"] for row in listed.shown)
        words = f"{len(listed.shown):,} of {listed.seen_count:,} repositories, {followed:,} followed."
    else:
        matching = f" match “{request.search}”" if request.search else " to list"
        words = f"No repositories of {one_line(request.owner)}{matching}, out of {listed.seen_count:,}."
    if listed.left_out_count:
        words += f" {listed.left_out_count:,} archived repositories or forks are not shown; --all includes them."
    console.print(words)


def _counts(listed: Listed) -> dict[str, int]:
    return {
        "repositories_count": listed.seen_count,
        "archived_count": listed.archived_count,
        "forks_count": listed.forks_count,
        "left_out_count": listed.left_out_count,
    }


def _print_changes(request: Request, changed: FollowChanges) -> None:
    if request.as_json:
        rows = [{"full_name": name, "is_followed": is_followed} for name, is_followed in changed]
        print_json({"owner": request.owner, "repositories": rows}, default=str)
        return
    console = Terminal(soft_wrap=True)
    for name, is_followed in changed:
        words = f"is now followed. The next run fetches it; `prflow sync {one_line(name)}` does so now"
        stopped = "is no longer followed. What was fetched stays"
        console.print(f"{one_line(name)} {words if is_followed else stopped}.")
