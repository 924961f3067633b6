"""Parse the accounts that GitHub names: their columns in the rows of a pull request, and who they are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tasks.github.api.response import Json, Row
from warehouse.identity.sighting import Sighting
from warehouse.metrics.accounts.people import GHOST, account_key, bot_reason

GHOST_KIND = "Ghost"
_GHOST_KEY = account_key(None, GHOST)


class Participant(NamedTuple):
    """An account that took part in a pull request. `kind` is its GraphQL type, or Ghost."""

    login: str
    kind: str


@dataclass(frozen=True)
class NamedAccounts:
    """The accounts of some pull requests.

    `seen` are all that have an id. `participants` are those that opened, reviewed, commented, merged or acted, by the
    key of `people`.
    """

    seen: dict[str, Sighting] = field(default_factory=dict)
    participants: dict[str, Participant] = field(default_factory=dict)

    def add(self, node: Json) -> None:
        """Add the accounts of a complete pull request."""
        for actor in _participants(node):
            key = account_key(id_of(actor), actor["login"]) if actor else _GHOST_KEY
            if key not in self.participants:
                known = (actor["login"], actor["__typename"]) if actor else (GHOST, GHOST_KIND)
                self.participants[key] = Participant(*known)
            self.see(actor)
        for account in _others(node):
            self.see(account)

    def see(self, account: Json | None) -> None:
        """Add one account; None, teams, and kinds of account that give no id are left out."""
        if account is None or "login" not in account or id_of(account) is None:
            return
        known = self.seen.get(account["id"])
        if known is None or known.login != account["login"]:
            self.seen[account["id"]] = parse_sighting(account)


def parse_sighting(account: Json) -> Sighting:
    """Parse an account as `ACTOR` or `USER` requests it."""
    return Sighting(account["id"], account.get("databaseId"), account["login"], account.get("__typename", "User"))


def parse_author(actor: Json | None) -> Row:
    """Return the columns author_id, author_login and author_kind."""
    kind = actor["__typename"] if actor else GHOST_KIND
    return {"author_id": id_of(actor), "author_login": login_of(actor), "author_kind": kind}


def login_of(actor: Json | None) -> str:
    return str(actor["login"]) if actor else GHOST


def id_of(account: Json | None) -> str | None:
    """Return the node id; None for a deleted account, which GitHub gives as null, and for kinds of it without one."""
    found = account.get("id") if account else None
    return None if found is None else str(found)


def reviewer_of(request: Json) -> tuple[str | None, str | None]:
    """Return id and login (or slug, of a team) of `requestedReviewer`; `ghost` if it was deleted.

    Both are None for an event without one. A kind of reviewer without a name is called by its kind.
    """
    if "requestedReviewer" not in request:
        return None, None
    reviewer = request["requestedReviewer"] or {}
    name = reviewer.get("login") or reviewer.get("slug") or reviewer.get("__typename") or GHOST
    return id_of(reviewer), str(name)


def parse_people(participants: dict[str, Participant], team_id: str) -> list[Row]:
    """Return rows of `people` for these accounts, by key."""
    return [
        {
            "team_id": team_id,
            "account_id": key,
            "login": login,
            "kind": kind,
            "is_bot": (reason := bot_reason(login, kind)) is not None,
            "bot_reason": reason,
        }
        for key, (login, kind) in participants.items()
    ]


def nodes_of(connection: Json | None) -> list[Json]:
    """Return the nodes of a connection, without nulls: GitHub returns null for what the token may not see."""
    nodes = connection["nodes"] if connection else None
    return [node for node in nodes if node is not None] if nodes else []


def _participants(node: Json) -> Iterator[Json | None]:
    """Yield who opened, merged, reviewed, commented or acted; None for a deleted account."""
    yield node["author"]
    if node["mergedAt"]:
        yield node["mergedBy"]
    yield from (review["author"] for review in nodes_of(node["reviews"]))
    yield from (comment["author"] for comment in nodes_of(node["comments"]))
    for thread in nodes_of(node["reviewThreads"]):
        yield from (comment["author"] for comment in nodes_of(thread.get("comments")))
    if node["autoMergeRequest"]:
        yield node["autoMergeRequest"]["enabledBy"]
    yield from (event["actor"] for event in nodes_of(node["timelineItems"]))


def _others(node: Json) -> Iterator[Json | None]:
    """Yield who wrote commits, is assigned, or is or was asked for a review."""
    yield from ((item["commit"]["author"] or {}).get("user") for item in nodes_of(node["commits"]))
    yield from nodes_of(node["assignees"])
    yield from (request["requestedReviewer"] for request in nodes_of(node["reviewRequests"]))
    for event in nodes_of(node["timelineItems"]):
        yield event.get("requestedReviewer") or event.get("enqueuer")
