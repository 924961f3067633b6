"""Whether all of a pull request was received: what is stored against GitHub's own totals."""

from tasks.github.api.response import Json

PARTIAL_REASON = "partialReason"
"""Key under which a fetched pull request says in words what of it is missing; None where nothing is."""

CHECKED = {"reviews": "reviews", "reviewThreads": "review threads", "comments": "comments", "commits": "commits"}
"""Connections whose totals GitHub and we must agree on, with their names in words."""


def find_missing(node: Json) -> str | None:
    """What of a fetched pull request is not there, in words: `commits: 250 of 300`; None where all is.

    Nodes are counted by their ids, so that one given twice does not hide another that is missing.
    """
    reasons = [
        f"{words}: {held} of {total}"
        for field, words in CHECKED.items()
        if (held := count_nodes(field, node[field])) != (total := count_total(node[field]))
    ]
    reasons += _find_missing_thread_comments(node)
    return "; ".join(reasons) or None


def count_total(connection: Json | None) -> int:
    """GitHub's total; 0 for a connection that it gives as null."""
    return int(connection["totalCount"]) if connection else 0


def count_nodes(field: str, connection: Json | None) -> int:
    """Different nodes that are held."""
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
