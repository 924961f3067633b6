"""A GraphQL document with its cost, and the selections that many documents share.

Cost, as GitHub publishes it (https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits):
the requests needed to fill every connection to its `first`, divided by 100, rounded, at least 1. What is
requested by id is one connection level of as many nodes as there are ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Value = str | int | bool | None | list[str]
Variables = Mapping[str, Value]

PAGE = 100
"""Nodes of a page, the maximum at GitHub. First-level pages cost the same at any size."""


@dataclass(frozen=True)
class Document:
    """One operation. `per_id` is the number of connections requested of each of `$ids` (or of the one `$id`)."""

    name: str
    text: str
    per_id: int = 0

    def requests(self, variables: Variables) -> int:
        """Return the requests that fill all connections of this document, as GitHub counts them."""
        ids = variables.get("ids")
        return self.per_id * len(ids) if isinstance(ids, list) else max(1, self.per_id)

    def cost(self, variables: Variables) -> int:
        """Return the points that GitHub charges for it."""
        return max(1, (self.requests(variables) + 50) // 100)


RATE_LIMIT = "rateLimit { cost limit remaining used resetAt nodeCount }"
PAGE_INFO = "pageInfo { hasNextPage endCursor }"
_IDS = "... on Node { id } ... on User { databaseId } ... on Bot { databaseId } ... on Mannequin { databaseId }"
ACTOR = f"{{ __typename login {_IDS} ... on Organization {{ databaseId }} }}"
"""An account. An EnterpriseUserAccount has no databaseId. Fields cost no points: only connections do."""
USER = "{ __typename id databaseId login }"
"""An account where GitHub gives only users."""
REVIEWER = f"{{ __typename ... on Actor {{ login }} {_IDS} ... on Team {{ slug }} }}"
"""Who is asked for a review: an account or a team."""
