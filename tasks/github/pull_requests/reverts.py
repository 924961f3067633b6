"""Tell whether a pull request that refers to another one reverts it."""

from dataclasses import dataclass

from tasks.github.api.response import Json
from warehouse.metrics.reverts import find_named, find_quoted


@dataclass(frozen=True)
class Reference:
    """The pull request that is referred to. `full_name` is owner/name of its repository."""

    full_name: str
    number: int
    title: str


def is_revert_of(source: Json, reference: Reference) -> bool:
    """Return whether the pull request `source` says that it reverts `reference`, by body, branch or title.

    Branch and title count only within the repository: elsewhere the same number is another pull request.
    """
    own, target = source["repository"]["nameWithOwner"].lower(), reference.full_name.lower()
    for named in find_named(source["title"], source["body"], source["headRefName"]):
        if named.number == reference.number and (named.full_name or own).lower() == target:
            return True
    return own == target and find_quoted(source["title"]) == reference.title
