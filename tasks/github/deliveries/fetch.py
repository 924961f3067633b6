"""Fetch releases and deployments of repositories from GitHub, the newest first, back to a given time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Table

from tasks.github.api.backoff import ATTEMPTS
from tasks.github.api.client import GitHub
from tasks.github.api.delivery_queries import DEPLOYMENTS, MORE_DEPLOYMENTS, MORE_RELEASES, RELEASES
from tasks.github.api.document import Document
from tasks.github.api.envelope import parse_iso_time
from tasks.github.api.errors import Garbled, GitHubError, NotFound, TooHeavy
from tasks.github.api.response import Json, Response, Row
from tasks.github.pull_requests.accounts import id_of, login_of, parse_sighting
from warehouse import schema
from warehouse.identity.sightings import Sighting

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


@dataclass(frozen=True)
class RepositoryDeliveries:
    """The rows of one repository that were created since `since`, or the `error` instead of them.

    `accounts` are those that the rows name, by node id.
    """

    repository_id: str
    since: datetime
    rows: Sequence[Row] = ()
    accounts: Mapping[str, Sighting] = field(default_factory=dict)
    error: GitHubError | None = None


async def fetch_deliveries(
    github: GitHub, kind: DeliveryKind, team_id: str, since: Mapping[str, datetime]
) -> list[RepositoryDeliveries]:
    """Fetch the releases or deployments of these repositories, each since its own time.

    An error of one repository does not affect the others. Raises GitHubError only if it ends the run.
    """
    ids = list(since)
    found: list[RepositoryDeliveries] = []
    for start in range(0, len(ids), REPOSITORIES_PER_QUERY):
        for key, outcome in (await _read_first(github, kind, ids[start : start + REPOSITORIES_PER_QUERY])).items():
            found.append(await _deliver(github, kind, team_id, key, since[key], outcome))
    return found


async def _deliver(
    github: GitHub, kind: DeliveryKind, team_id: str, key: str, since: datetime, outcome: Json | GitHubError
) -> RepositoryDeliveries:
    if isinstance(outcome, GitHubError):
        return RepositoryDeliveries(key, since, error=outcome)
    try:
        nodes = await _read_down(github, kind, key, outcome, since)
    except GitHubError as error:
        if error.ends_run:
            raise
        return RepositoryDeliveries(key, since, error=error)
    rows = [kind.parse(node, team_id, key) for node in nodes]
    accounts = [parse_sighting(account) for node in nodes if (account := node.get("author") or node.get("creator"))]
    return RepositoryDeliveries(key, since, rows, {account.id: account for account in accounts})


async def _read_first(github: GitHub, kind: DeliveryKind, ids: Sequence[str]) -> dict[str, Json | GitHubError]:
    """Fetch the first page of each; if they are too many at once, halve them."""
    subject = f"{kind.field} of {len(ids)} repositories"
    try:
        response = await github.execute(
            kind.first, {"ids": list(ids)}, subject=subject, attempts=1 if len(ids) > 1 else ATTEMPTS
        )
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


async def _read_down(github: GitHub, kind: DeliveryKind, key: str, page: Json, since: datetime) -> list[Json]:
    """Read all nodes of a connection that were created since then."""
    found: list[Json] = []
    while True:
        nodes = [node for node in page["nodes"] or () if node is not None]
        young = [node for node in nodes if (parse_iso_time(node["createdAt"]) or since) >= since]
        found += young
        info = page["pageInfo"]
        if len(young) < len(nodes) or not info["hasNextPage"]:
            return found
        response = await github.execute(kind.more, {"id": key, "after": info["endCursor"]}, subject=kind.field)
        node = response.data.get("node")
        if node is None or node.get(kind.field) is None:
            raise NotFound("they no longer exist", subject=kind.field)
        page = node[kind.field]
        if page["pageInfo"]["hasNextPage"] and page["pageInfo"]["endCursor"] == info["endCursor"]:
            raise Garbled("the next page has the same cursor as this one", subject=kind.field)


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
DEPLOYMENT_KIND = DeliveryKind("deployments", DEPLOYMENTS, MORE_DEPLOYMENTS, schema.deployments, _parse_deployment)
KINDS = (RELEASE_KIND, DEPLOYMENT_KIND)
