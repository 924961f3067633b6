"""Ask GitHub who accounts are: the logins of today of known ones, and the ids of those that older rows lack.

An error that would not end a run leaves the rest to the next one: who is called what does not stop pull requests.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError
from tasks.github.api.queries.accounts import ACCOUNTS, ITEM_ACCOUNTS, PULL_REQUEST_ACCOUNTS
from tasks.github.api.queries.document import PAGE, Document
from tasks.github.api.response import Json
from tasks.github.pull_requests.accounts import nodes_of, parse_sighting, reviewer_of
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.identity import fill
from warehouse.identity.fill import Naming
from warehouse.identity.sighting import Sighting
from warehouse.identity.sightings import record_sightings
from warehouse.store import Merge, commit

PULL_REQUESTS_PER_QUERY = 25
"""As many pull requests with a hundred commits each as GitHub gives at once."""
MAX_ROUNDS = 3
"""Items that no longer exist say nothing about their account; others are asked in their place so often."""


@dataclass
class _Answers:
    """What GitHub says: by naming who it is, None for a deleted account; `missing` items no longer exist."""

    found: dict[Naming, Sighting | None] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    requests: dict[str, list[tuple[str | None, str | None]]] = field(default_factory=dict)


async def refresh_accounts(github: GitHub, warehouse: Warehouse, team_id: str, *, is_thorough: bool) -> None:
    """Read the logins of today: of all accounts of a team, or only of those that another account has the login of.

    Accounts that GitHub no longer finds are marked in `gone_at`. Raises GitHubError only if it ends the run.
    """
    sql = _ALL_ACCOUNTS if is_thorough else _SAME_LOGIN
    ids = (await asyncio.to_thread(warehouse.read, sql, [team_id]))["id"].to_list()
    try:
        for start in range(0, len(ids), PAGE):
            await _refresh(github, warehouse, team_id, ids[start : start + PAGE])
    except GitHubError as error:
        if error.ends_run:
            raise
        return
    if is_thorough:
        await asyncio.to_thread(fill.note_accounts_read, warehouse, team_id, github.clock())


async def _refresh(github: GitHub, warehouse: Warehouse, team_id: str, ids: Sequence[str]) -> None:
    response = await github.execute(ACCOUNTS, {"ids": list(ids)}, subject=f"{len(ids)} accounts")
    nodes = response.data.get("nodes") or [None] * len(ids)
    seen = {node["id"]: parse_sighting(node) for node in nodes if node is not None and "login" in node}
    gone = [
        {"team_id": team_id, "id": key, "gone_at": github.clock()}
        for place, (key, node) in enumerate(zip(ids, nodes, strict=True))
        if node is None and (problem := response.problem_at("nodes", place)) is not None and problem.kind == "NOT_FOUND"
    ]
    writes = await asyncio.to_thread(record_sightings, warehouse, team_id, seen, github.clock())
    if gone:
        writes.append(Merge(schema.accounts, schema.frame(schema.accounts, gone, gone[0])))
    if writes:
        await asyncio.to_thread(commit, warehouse, *writes)


async def fill_ids(github: GitHub, warehouse: Warehouse, team_id: str) -> None:
    """Ask for the ids of accounts that rows of earlier versions name by login alone, once for each team.

    Raises GitHubError only if it ends the run.
    """
    if await asyncio.to_thread(warehouse.read_one, _NOT_READ, [team_id]) is None:
        return
    try:
        answers = await _ask_samples(github, warehouse, team_id)
        requests = await _ask_requests(github, warehouse, team_id)
    except GitHubError as error:
        if error.ends_run:
            raise
        return
    by_login = {login: one for login, one in _unanimous(answers.found).items() if one is not None}
    by_naming = {naming: one for naming, one in answers.found.items() if one and naming.login not in by_login}
    if by_login or by_naming or requests:
        await asyncio.to_thread(fill.write_ids, warehouse, team_id, by_login, by_naming, requests, github.clock())
    await asyncio.to_thread(fill.note_accounts_read, warehouse, team_id, github.clock())


async def _ask_samples(github: GitHub, warehouse: Warehouse, team_id: str) -> _Answers:
    """Ask for the oldest and the newest item of each login, and for all items of logins that changed hands."""
    answers = _Answers()
    for _ in range(MAX_ROUNDS):
        samples = await asyncio.to_thread(fill.read_namings, warehouse, team_id, answers.missing)
        due = [naming for naming in samples if naming not in answers.found]
        if not due:
            break
        await _ask(github, due, answers)
    shared = {naming.login for naming in answers.found} - set(_unanimous(answers.found))
    if shared:
        namings = await asyncio.to_thread(fill.read_namings_of, warehouse, team_id, shared)
        await _ask(github, [naming for naming in namings if naming not in answers.found], answers)
    return answers


async def _ask_requests(github: GitHub, warehouse: Warehouse, team_id: str) -> dict[str, list[str | None]]:
    """Return the ids of review requests by pull request, if the names are still those that are stored."""
    stored = await asyncio.to_thread(fill.read_review_requests, warehouse, team_id)
    answers = _Answers()
    await _ask_pull_requests(github, [], [each.pull_request_id for each in stored], answers)
    return {
        each.pull_request_id: [key for key, _ in answers.requests[each.pull_request_id]]
        for each in stored
        if tuple(name for _, name in answers.requests.get(each.pull_request_id, ())) == each.names
    }


async def _ask(github: GitHub, namings: Sequence[Naming], answers: _Answers) -> None:
    direct = [naming for naming in namings if naming.role not in fill.OF_PULL_REQUESTS]
    indirect = [naming for naming in namings if naming.role in fill.OF_PULL_REQUESTS]
    async for part, nodes in _pages(github, ITEM_ACCOUNTS, (naming.item for naming in direct), PAGE):
        answers.missing |= part - set(nodes)
        for naming in direct:
            if naming.item in nodes:
                answers.found[naming] = _parse(nodes[naming.item].get(naming.role))
    await _ask_pull_requests(github, indirect, [naming.item for naming in indirect], answers)


async def _ask_pull_requests(github: GitHub, namings: Sequence[Naming], ids: Iterable[str], answers: _Answers) -> None:
    async for part, nodes in _pages(github, PULL_REQUEST_ACCOUNTS, ids, PULL_REQUESTS_PER_QUERY):
        answers.missing |= part - set(nodes)
        for key, node in nodes.items():
            answers.requests[key] = [reviewer_of(request) for request in nodes_of(node["reviewRequests"])]
        for naming in namings:
            if naming.item in nodes:
                answers.found[naming] = next(_find_indirect(naming, nodes[naming.item]), None)


def _find_indirect(naming: Naming, node: Json) -> Iterator[Sighting | None]:
    """Yield the assignee of that login, or the author of that commit."""
    if naming.role == fill.ASSIGNEE:
        return (parse_sighting(user) for user in nodes_of(node["assignees"]) if user["login"].lower() == naming.login)
    commits = (item["commit"] for item in nodes_of(node["commits"]))
    return (_parse((commit["author"] or {}).get("user")) for commit in commits if commit["oid"] == naming.oid)


async def _pages(
    github: GitHub, document: Document, ids: Iterable[str], size: int
) -> AsyncIterator[tuple[set[str], dict[str, Json]]]:
    """Yield the ids asked for and the nodes that exist, by id."""
    unique = list(dict.fromkeys(ids))
    for start in range(0, len(unique), size):
        part = unique[start : start + size]
        response = await github.execute(document, {"ids": part}, subject=f"accounts of {len(part)} items")
        nodes = response.data.get("nodes") or ()
        yield set(part), {node["id"]: node for node in nodes if node is not None and "id" in node}


def _parse(account: Json | None) -> Sighting | None:
    if account is None:
        return None
    if "slug" in account:
        return Sighting(account["id"], None, account["slug"], fill.TEAM)
    return parse_sighting(account)


def _unanimous(found: Mapping[Naming, Sighting | None]) -> dict[str, Sighting | None]:
    """Return the logins that are the same account in every answer."""
    by_login: dict[str, set[Sighting | None]] = {}
    for naming, one in found.items():
        by_login.setdefault(naming.login, set()).add(one)
    return {login: next(iter(accounts)) for login, accounts in by_login.items() if len(accounts) == 1}


_ALL_ACCOUNTS = "SELECT id FROM accounts WHERE team_id = ? AND gone_at IS NULL ORDER BY id"
_SAME_LOGIN = """
SELECT id FROM accounts WHERE team_id = ? AND gone_at IS NULL
QUALIFY count(*) OVER (PARTITION BY lower(login)) > 1 ORDER BY id
"""
_NOT_READ = "SELECT 1 AS due FROM teams WHERE team_id = ? AND accounts_read_at IS NULL"
