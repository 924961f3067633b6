"""Tell whether a pull request that refers to another one reverts it."""

from tasks.github.api.response import Json
from warehouse.metrics.outcomes.revert_text import Target, read_revert


def make_target(node: Json) -> Target:
    """Return the pull request `node` as one that others may revert, with the titles and hashes that it had."""
    events = [event for event in (node["timelineItems"] or {}).get("nodes") or () if event is not None]
    commits = [item["commit"]["oid"] for item in (node["commits"] or {}).get("nodes") or () if item is not None]
    merged = [node["mergeCommit"]["oid"]] if node["mergeCommit"] else []
    full_name = str((node["baseRepository"] or {}).get("nameWithOwner")).lower()
    titles = {node["title"], *(event["previousTitle"] for event in events if "previousTitle" in event)}
    return Target(full_name, node["number"], frozenset(titles), frozenset([*commits, *merged]))


def is_revert_of(source: Json, target: Target) -> bool:
    """Return whether the pull request `source` says that it reverts `target`, by number, hash or title."""
    said = read_revert(source["title"], source["body"], source["headRefName"])
    return said is not None and said.certainty(source["repository"]["nameWithOwner"], target) is not None
