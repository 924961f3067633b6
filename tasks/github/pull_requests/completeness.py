"""Check that a pull request was received completely, against GitHub's own totals."""

from tasks.github.api.response import Json

PARTIAL_REASON = "partialReason"
"""Key under which a fetched pull request says what of it is missing; None if nothing is."""

UNREAD = "unread"
"""Key under which it says which connections could not be read to their end, and why, by name."""

CHECKED = {"reviews": "reviews", "reviewThreads": "review threads", "comments": "comments", "commits": "commits"}
"""Connections whose totals must equal GitHub's, with their names in words."""


def find_missing(node: Json) -> str | None:
    """Return what is missing of a fetched pull request, in words: `commits: 250 of 300`. None if it is complete.

    Nodes are counted by their ids, so that a duplicate does not hide a missing one.
    """
    reasons = [
        f"{words}: {held} of {total}"
        for field, words in CHECKED.items()
        if (held := count_nodes(field, node[field])) != (total := count_total(node[field]))
    ]
    reasons += _find_missing_thread_comments(node)
    reasons += [f"{name} could not be read: {reason}" for name, reason in node.get(UNREAD, {}).items()]
    return "; ".join(reasons) or None


def count_total(connection: Json | None) -> int:
    """Return GitHub's total; 0 for a connection that is null."""
    return int(connection["totalCount"]) if connection else 0


def count_nodes(field: str, connection: Json | None) -> int:
    """Return the number of distinct nodes."""
    nodes = [node for node in (connection or {}).get("nodes") or () if node is not None]
    if field == "commits":
        return len({node["commit"]["oid"] for node in nodes})
    return len({node["id"] for node in nodes})


def _find_missing_thread_comments(node: Json) -> list[str]:
    threads = [thread for thread in (node["reviewThreads"] or {}).get("nodes") or () if thread is not None]
    held = sum(count_nodes("comments", thread.get("comments")) for thread in threads)
    total = sum(count_total(thread.get("comments")) for thread in threads)
    without = sum("comments" not in thread for thread in threads)
    reasons = [f"review comments: {held} of {total}"] if held != total else []
    return [*reasons, f"comments of {without} review threads"] if without else reasons
