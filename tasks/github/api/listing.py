"""Read a list to its end: page by page, in smaller pages if GitHub finds them too heavy, and held against its total.

GitHub gives a `totalCount` with each list. A list that ends before it is read again; if it stays short, the caller is
told by how much, and never takes it for complete. `warehouse/lists` tells totals that are wrong for good.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from tasks.github.api.backoff import ATTEMPTS
from tasks.github.api.client import GitHub
from tasks.github.api.errors import Garbled, TooHeavy
from tasks.github.api.queries.document import PAGE, Document, Variables
from tasks.github.api.response import Json, Response
from warehouse.lists.shortfall import Shortfall

# Pages that are too heavy for GitHub are halved down to this: the few fields of a list are not heavy.
MIN_PAGE_SIZE = 10
# Readings of a list that ends before its total.
MAX_READS = 3


@dataclass(frozen=True)
class ListQuery:
    """How one list is requested. `find` returns the object in whose `field` it is, or raises what its absence means."""

    document: Document
    variables: Variables
    subject: str
    field: str
    find: Callable[[Response], Json]
    page_size: int = PAGE
    min_page_size: int = MIN_PAGE_SIZE


@dataclass
class Listing:
    """What was read of a list: nodes by key, each once, and GitHub's latest total."""

    total: int = 0
    nodes: dict[str, Json] = field(default_factory=dict)

    def add(self, connection: Json, key: str = "id") -> list[Json]:
        """Add a page of nodes; return those that are not null. What an edge says besides its node is added to it."""
        found = _nodes(connection)
        self.nodes |= {str(node[key]): node for node in found}
        self.total = connection["totalCount"]
        return found

    @property
    def shortfall(self) -> Shortfall:
        """By how much it is short of GitHub's total."""
        return Shortfall(self.total, len(self.nodes))


async def read_pages(github: GitHub, query: ListQuery, after: str | None = None) -> AsyncIterator[Json]:
    """Read the holder of the list with one page after the other. Raises GitHubError."""
    size = query.page_size
    while True:
        variables: Variables = {**query.variables, "first": size, "after": after}
        can_shrink = size > query.min_page_size
        try:
            response = await github.execute(
                query.document, variables, subject=query.subject, attempts=2 if can_shrink else ATTEMPTS
            )
        except TooHeavy:
            if not can_shrink:
                raise
            size = max(query.min_page_size, size // 2)
            await github.back_off(1)
            continue
        holder = query.find(response)
        yield holder
        info = holder[query.field]["pageInfo"]
        if not info["hasNextPage"]:
            return
        if info["endCursor"] == after:
            raise Garbled("the next page has the same cursor as this one", subject=query.subject)
        after = info["endCursor"]


async def read_list(github: GitHub, query: ListQuery, *, first: Json | None = None, tolerated: int = 0) -> Listing:
    """Read the complete list; again, together with what was read before, while it ends before GitHub's total.

    `first` is its first page, if another query brought it along.
    """
    listing, after, is_over = Listing(), None, False
    if first is not None:
        listing.add(first)
        after, is_over = first["pageInfo"]["endCursor"], not first["pageInfo"]["hasNextPage"]
    for _ in range(MAX_READS):
        if not is_over:
            async for holder in read_pages(github, query, after):
                listing.add(holder[query.field])
        if listing.shortfall.missing <= tolerated:
            break
        after, is_over = None, False
    return listing


def _nodes(connection: Json) -> list[Json]:
    if "edges" not in connection:
        return [node for node in connection["nodes"] or () if node is not None]
    edges = (edge for edge in connection["edges"] or () if edge is not None and edge["node"] is not None)
    return [{**edge["node"], **{name: value for name, value in edge.items() if name != "node"}} for edge in edges]
