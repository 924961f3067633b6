"""Check that a pull request was received completely, every list of it against GitHub's own total."""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from tasks.github.api.response import Json

PARTIAL_REASON = "partialReason"
"""Key under which a fetched pull request says what of it is missing; None if nothing is."""

UNREAD = "unread"
"""Key under which it says which connections could not be read to their end, and why, by name."""

HIDDEN = "hidden"
"""Key under which it says which connections GitHub does not show, and why, by name."""

KEEPS_CHANGING = "it changed each time while it was being read"

_COUNTED = re.compile(r"(?P<words>[a-z ]+): (?P<held>\d+(?:,\d{3})*) of (?P<total>\d+(?:,\d{3})*)")


@dataclass(frozen=True)
class Checked:
    """How a connection is compared with its total: its name in words, and what tells two of its nodes apart.

    Without a `key` its nodes are counted, those that the token may not see among them. `cap` is the most that GitHub
    lists of any pull request. `is_stored` says that the number of its rows is compared with the total later, too.
    """

    words: str
    key: Callable[[Json], Hashable] | None = None
    cap: int | None = None
    is_stored: bool = False


def _id(node: Json) -> Hashable:
    return str(node["id"])


CHECKED = {
    "reviews": Checked("reviews", _id, is_stored=True),
    "reviewThreads": Checked("review threads", _id, is_stored=True),
    "comments": Checked("comments", _id, is_stored=True),
    # https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request
    "commits": Checked("commits", lambda node: str(node["commit"]["oid"]), cap=250, is_stored=True),
    # https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
    "files": Checked("files", lambda node: str(node["path"]), cap=3_000),
    "timelineItems": Checked("events", _id),
    "labels": Checked("labels"),
    "assignees": Checked("assignees"),
    "reviewRequests": Checked("review requests"),
    "closingIssuesReferences": Checked("closing issues"),
}
"""Every connection of a pull request."""


def find_missing(node: Json) -> str | None:
    """Return what is missing of a fetched pull request, in words: `commits: 250 of 300`. None if it is complete.

    Nodes are counted by what tells them apart, so that a duplicate does not hide a missing one.
    """
    reasons = [
        f"{CHECKED[field].words}: {held:,} of {total:,}{_explain(field, held)}"
        for field, (held, total) in _count_short(node).items()
    ]
    reasons += _find_missing_thread_comments(node)
    reasons += [f"{name} could not be read: {reason}" for name, reason in node.get(UNREAD, {}).items()]
    reasons += [f"{CHECKED[name].words} are not shown: {reason}" for name, reason in node.get(HIDDEN, {}).items()]
    return "; ".join(reasons) or None


def settles(node: Json) -> bool:
    """Return whether all that is missing is counts that differ, which may stay so, and no query that failed."""
    threads = [thread for thread in (node["reviewThreads"] or {}).get("nodes") or () if thread is not None]
    return not node.get(UNREAD) and all("comments" in thread for thread in threads)


def is_capped(node: Json) -> bool:
    """Return whether all that is missing is what GitHub lists of no pull request: asking again would not help."""
    short = _count_short(node)
    is_at_cap = all(held == CHECKED[field].cap for field, (held, _) in short.items())
    return bool(short) and is_at_cap and settles(node) and not _find_missing_thread_comments(node)


def describe_settled(reason: str) -> str:
    """Return the reason of a pull request that is kept as it is: `commits: GitHub says 300, gives 250`."""
    return _COUNTED.sub(r"\g<words>: GitHub says \g<total>, gives \g<held>", reason)


def count_total(connection: Json | None) -> int:
    """Return GitHub's total; 0 for a connection that is null."""
    return int(connection["totalCount"]) if connection else 0


def count_nodes(field: str, connection: Json | None) -> int:
    """Return the number of distinct nodes."""
    nodes, key = (connection or {}).get("nodes") or (), CHECKED[field].key
    return len(nodes) if key is None else len({key(node) for node in nodes if node is not None})


def _count_short(node: Json) -> dict[str, tuple[int, int]]:
    """Return, of each connection that does not have as many nodes as GitHub says, both numbers."""
    counts = {field: (count_nodes(field, node[field]), _total(field, node)) for field in CHECKED}
    return {
        field: (held, total)
        for field, (held, total) in counts.items()
        if held < total or (held > total and CHECKED[field].is_stored)
    }


def _total(field: str, node: Json) -> int:
    """Return how many nodes there should be: of files the totalCount may itself stop at the cap."""
    total = count_total(node[field])
    if field == "files" and total:
        return max(total, int(node["changedFiles"]))
    # itemTypes filters the events: filteredCount is the number of those, totalCount may be that of all.
    filtered = node[field].get("filteredCount") if node[field] else None
    return total if filtered is None else min(total, int(filtered))


def _explain(field: str, held: int) -> str:
    return ", the most that GitHub lists" if held == CHECKED[field].cap else ""


def _find_missing_thread_comments(node: Json) -> list[str]:
    threads = [thread for thread in (node["reviewThreads"] or {}).get("nodes") or () if thread is not None]
    held = sum(count_nodes("comments", thread.get("comments")) for thread in threads)
    total = sum(count_total(thread.get("comments")) for thread in threads)
    without = sum("comments" not in thread for thread in threads)
    reasons = [f"review comments: {held} of {total}"] if held != total else []
    return [*reasons, f"comments of {without} review threads"] if without else reasons
