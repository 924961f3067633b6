"""Fetch releases and deployments of repositories from GitHub, the newest first, back to a given time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import Table

from tasks.github.api.backoff import ATTEMPTS
from tasks.github.api.client import GitHub
from tasks.github.api.envelope import parse_iso_time
from tasks.github.api.errors import Forbidden, Garbled, GitHubError, KindFails, NotFound, TooHeavy
from tasks.github.api.listing import MAX_READS, Listing, ListQuery, read_pages
from tasks.github.api.queries.deliveries import (
    DEPLOYMENTS,
    DEPLOYMENTS_OF_ONE,
    MORE_DEPLOYMENTS,
    MORE_RELEASES,
    NEWEST_DELIVERIES,
    RELEASES,
)
from tasks.github.api.queries.document import PAGE, Document
from tasks.github.api.response import Json, Response, Row
from tasks.github.pull_requests.accounts import id_of, login_of, parse_sighting
from warehouse import schema
from warehouse.identity.sighting import Sighting
from warehouse.lists.short_lists import ShortLists
from warehouse.lists.shortfall import ListName, Shortfall

REPOSITORIES_PER_QUERY = 50
FAILED_STATES = frozenset({"FAILURE", "ERROR"})


@dataclass(frozen=True)
class DeliveryKind:
    """Releases or deployments: how they are queried, parsed and stored."""

    field: str
    first: Document
    more: Document
    table: Table
    parse: Callable[[Json, str, str], Row]
    page_size: int = PAGE

    @property
    def name(self) -> ListName:
        return ListName(self.field)


@dataclass(frozen=True)
class RepositoryDeliveries:
    """The rows of one repository that were created or published since `since`, and the `error` if they are not all.

    `accounts` are those that the rows name, by node id.
    """

    repository_id: str
    since: datetime
    rows: Sequence[Row] = ()
    accounts: Mapping[str, Sighting] = field(default_factory=dict)
    error: GitHubError | None = None


async def find_active(github: GitHub, since: Mapping[str, datetime]) -> set[str]:
    """Return the repositories that have a release or deployment created since their time.

    Those of which GitHub does not say are among them. Raises GitHubError only if it ends the run.
    """
    active: set[str] = set()
    ids = list(since)
    for start in range(0, len(ids), PAGE):
        part = ids[start : start + PAGE]
        subject = f"newest releases and deployments of {len(part)} repositories"
        try:
            response = await github.execute(NEWEST_DELIVERIES, {"ids": part}, subject=subject, attempts=1)
        except (TooHeavy, Garbled, KindFails, Forbidden):
            active |= set(part)
            continue
        nodes = response.data.get("nodes") or [None] * len(part)
        active |= {key for key, node in zip(part, nodes, strict=True) if node is None or _is_active(node, since[key])}
    return active


def _is_active(node: Json, since: datetime) -> bool:
    pages = [node.get(kind.field) for kind in KINDS]
    return any(page is None or _has_any_since(page, since) for page in pages)


def _has_any_since(page: Json, since: datetime) -> bool:
    """Return whether one of the newest of a list is that young; of a list without its newest one it is not known."""
    newest = [node for node in page["nodes"] or () if node is not None]
    return any(_is_young(node, since) for node in newest) if newest else page["totalCount"] > 0


async def fetch_deliveries(
    github: GitHub, kind: DeliveryKind, since: Mapping[str, datetime], short_lists: ShortLists
) -> list[RepositoryDeliveries]:
    """Fetch the releases or deployments of these repositories, each since its own time.

    An error of one repository does not affect the others. Raises GitHubError only if it ends the run.
    """
    ids = list(since)
    found: list[RepositoryDeliveries] = []
    for start in range(0, len(ids), REPOSITORIES_PER_QUERY):
        for key, outcome in (await _read_first(github, kind, ids[start : start + REPOSITORIES_PER_QUERY])).items():
            found.append(await _deliver(github, kind, key, since[key], outcome, short_lists))
    return found


async def _deliver(
    github: GitHub,
    kind: DeliveryKind,
    key: str,
    since: datetime,
    outcome: Json | GitHubError,
    short_lists: ShortLists,
) -> RepositoryDeliveries:
    if isinstance(outcome, GitHubError):
        return RepositoryDeliveries(key, since, error=outcome)
    tolerated = short_lists.tolerated(kind.name, key)
    try:
        nodes, shortfall = await _read_down(github, kind, key, outcome, since, tolerated)
    except GitHubError as error:
        if error.ends_run:
            raise
        return RepositoryDeliveries(key, since, error=error)
    rows = [kind.parse(node, short_lists.team_id, key) for node in nodes]
    accounts = [parse_sighting(account) for node in nodes if (account := node.get("author") or node.get("creator"))]
    reason = short_lists.note(kind.name, key, shortfall, github.clock()) if shortfall else None
    problem = Garbled(f"GitHub's list ended early: {reason}") if reason else None
    return RepositoryDeliveries(key, since, rows, {account.id: account for account in accounts}, problem)


async def _read_first(github: GitHub, kind: DeliveryKind, ids: Sequence[str]) -> dict[str, Json | GitHubError]:
    """Fetch the first page of each; if they are too many at once, halve them."""
    subject = f"{kind.field} of {len(ids)} repositories"
    try:
        response = await github.execute(
            kind.first, {"ids": list(ids)}, subject=subject, attempts=1 if len(ids) > 1 else ATTEMPTS
        )
    except KindFails as error:
        return dict.fromkeys(ids, error)
    except (TooHeavy, Garbled) as error:
        if len(ids) == 1:
            return {ids[0]: error}
        await github.back_off(1)
        half = len(ids) // 2
        return await _read_first(github, kind, ids[:half]) | await _read_first(github, kind, ids[half:])
    nodes = response.data.get("nodes") or [None] * len(ids)
    pairs = enumerate(zip(ids, nodes, strict=True))
    return {key: _page(kind, place, node, response) for place, (key, node) in pairs}


def _page(kind: DeliveryKind, place: int, node: Json | None, response: Response) -> Json | GitHubError:
    page: Json | None = (node or {}).get(kind.field)
    if page is not None:
        return page
    problem = response.problem_at("nodes", place) or response.problem_at("nodes", place, kind.field)
    if problem is not None and problem.kind == "FORBIDDEN":
        return problem.as_error(kind.field)
    return NotFound("they no longer exist, or the token may not see them", subject=kind.field)


async def _read_down(
    github: GitHub, kind: DeliveryKind, key: str, first: Json, since: datetime, tolerated: int
) -> tuple[list[Json], Shortfall | None]:
    """Read the young nodes of a list, and what is missing of one that was read to its end."""
    listing, query = Listing(), _query(kind, key)
    page: Json | None = first
    for _ in range(MAX_READS):
        is_whole = await _walk_down(github, query, listing, page, since)
        if not is_whole or listing.shortfall.missing <= tolerated:
            break
        page = None
    young = [node for node in listing.nodes.values() if _is_young(node, since)]
    return young, listing.shortfall if is_whole else None


async def _walk_down(github: GitHub, query: ListQuery, listing: Listing, page: Json | None, since: datetime) -> bool:
    """Add nodes, from the page given or from the head, until one is older; return whether the list ended before."""
    after = None
    if page is not None:
        if _is_past(listing.add(page), since):
            return False
        if not page["pageInfo"]["hasNextPage"]:
            return True
        after = page["pageInfo"]["endCursor"]
    async for holder in read_pages(github, query, after):
        if _is_past(listing.add(holder[query.field]), since):
            return False
    return True


def _is_past(nodes: Sequence[Json], since: datetime) -> bool:
    return any(_is_older(node, since) for node in nodes)


def _is_older(node: Json, since: datetime) -> bool:
    """Return whether it was created before then; one with an invalid timestamp does not count as older."""
    return (parse_iso_time(node["createdAt"]) or since) < since


def _is_young(node: Json, since: datetime) -> bool:
    """Return whether it was created since then, or published: a release may be dated by the commit of its tag.

    https://docs.github.com/en/rest/releases/releases#get-the-latest-release
    """
    published_at = parse_iso_time(node.get("publishedAt"))
    return not _is_older(node, since) or (published_at is not None and published_at >= since)


def _query(kind: DeliveryKind, key: str) -> ListQuery:
    def find(response: Response) -> Json:
        node = response.data.get("node")
        if node is None or node.get(kind.field) is None:
            raise NotFound("they no longer exist", subject=kind.field)
        return cast(Json, node)

    return ListQuery(kind.more, {"id": key}, kind.field, kind.field, find, kind.page_size)


def _parse_release(node: Json, team_id: str, repository_id: str) -> Row:
    return {
        "id": node["id"],
        "team_id": team_id,
        "repository_id": repository_id,
        "tag_name": node["tagName"],
        "name": node["name"],
        "body": node["description"],
        "author_id": id_of(node["author"]),
        "author_login": login_of(node["author"]),
        "commit_oid": node["tagCommit"]["oid"] if node["tagCommit"] else None,
        "is_draft": node["isDraft"],
        "is_prerelease": node["isPrerelease"],
        "created_at": node["createdAt"],
        "published_at": node["publishedAt"],
    }


def _parse_deployment(node: Json, team_id: str, repository_id: str) -> Row:
    statuses = [status for status in (node["statuses"] or {}).get("nodes") or () if status is not None]
    return {
        "id": node["id"],
        "team_id": team_id,
        "repository_id": repository_id,
        "environment": node["originalEnvironment"] or node["environment"],
        "task": node["task"],
        "ref": node["ref"]["name"] if node["ref"] else None,
        "commit_oid": node["commitOid"],
        "creator_id": id_of(node["creator"]),
        "creator_login": login_of(node["creator"]),
        "state": node["state"],
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "succeeded_at": _first_at(statuses, frozenset({"SUCCESS"})),
        "failed_at": _first_at(statuses, FAILED_STATES),
    }


def _first_at(statuses: Sequence[Json], states: frozenset[str]) -> str | None:
    return min((str(status["createdAt"]) for status in statuses if status["state"] in states), default=None)


RELEASE_KIND = DeliveryKind("releases", RELEASES, MORE_RELEASES, schema.releases, _parse_release)
DEPLOYMENT_KIND = DeliveryKind(
    "deployments", DEPLOYMENTS, MORE_DEPLOYMENTS, schema.deployments, _parse_deployment, DEPLOYMENTS_OF_ONE
)
KINDS = (RELEASE_KIND, DEPLOYMENT_KIND)
