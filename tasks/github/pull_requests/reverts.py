"""Whether a pull request that refers to another one takes it back."""

import re
from dataclasses import dataclass

from tasks.github.api.response import Json

# What GitHub's button "Revert" writes; people change one or two of the three.
BRANCH = re.compile(r"^revert-(\d+)-")
BODY = re.compile(r"(?:^|\n)\s*reverts\s+(?:([\w.-]+/[\w.-]+))?#(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reference:
    """The pull request that is referred to. `full_name` is owner/name of its repository."""

    full_name: str
    number: int
    title: str


def is_revert_of(source: Json, reference: Reference) -> bool:
    """True where the pull request `source` says that it reverts `reference`, by body, branch or title.

    The branch and the title count within the repository only: elsewhere the same number is another one.
    """
    is_same_repository = source["repository"]["nameWithOwner"].lower() == reference.full_name.lower()
    for full_name, number in BODY.findall(source["body"]):
        is_here = full_name.lower() == reference.full_name.lower() if full_name else is_same_repository
        if is_here and int(number) == reference.number:
            return True
    branch = BRANCH.match(source["headRefName"])
    if not is_same_repository:
        return False
    return bool(branch and int(branch[1]) == reference.number) or source["title"] == f'Revert "{reference.title}"'
