"""Take out of a fetched pull request what is no part of it: nodes that come twice, drafts of the token's user, and
events of kinds that were not requested.

A list that shifts while its pages are read gives a node twice, which would count twice. What somebody writes before
submitting a review is PENDING, and GitHub shows it to that person alone: here to whoever the token belongs to.
https://docs.github.com/en/graphql/reference/enums#pullrequestreviewcommentstate
"""

from collections.abc import Hashable

from tasks.github.api.queries.pull_requests import TIMELINE_KINDS
from tasks.github.api.response import Json
from tasks.github.pull_requests.completeness import CHECKED

PENDING = "PENDING"
EVENT_TYPES = frozenset(f"{kind}Event" for kind in TIMELINE_KINDS)


def tidy(node: Json) -> None:
    """Remove them from the node, in place; totals no longer count the drafts and the events."""
    if node["timelineItems"]:
        _drop_unknown_events(node["timelineItems"])
    for name, checked in CHECKED.items():
        if checked.key is not None and node[name]:
            _drop_repeated(name, node[name])
    threads = node["reviewThreads"]
    for thread in [each for each in (threads or {}).get("nodes") or () if each and each.get("comments")]:
        _drop_repeated("comments", thread["comments"])
        if _drop_pending(thread["comments"]) and not thread["comments"]["nodes"]:
            threads["nodes"].remove(thread)
            threads["totalCount"] -= 1


def _drop_unknown_events(connection: Json) -> None:
    nodes = connection["nodes"] or []
    known = [each for each in nodes if each is None or each["__typename"] in EVENT_TYPES]
    dropped = len(nodes) - len(known)
    if dropped:
        connection["nodes"] = known
        for name in {"totalCount", "filteredCount"} & connection.keys():
            connection[name] -= dropped


def _drop_repeated(name: str, connection: Json) -> None:
    key = CHECKED[name].key
    if key is None or not connection["nodes"]:
        return
    known: dict[Hashable, Json] = {}
    for each in connection["nodes"]:
        if each is not None:
            known.setdefault(key(each), each)
    hidden = [each for each in connection["nodes"] if each is None]
    connection["nodes"] = [*known.values(), *hidden]


def _drop_pending(connection: Json) -> int:
    """Remove the drafts of a thread; return how many there were."""
    nodes = connection["nodes"] or []
    connection["nodes"] = [each for each in nodes if each is None or each.get("state") != PENDING]
    dropped = len(nodes) - len(connection["nodes"])
    connection["totalCount"] -= dropped
    return dropped
