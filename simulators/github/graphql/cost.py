"""The cost of a query, by the formula that GitHub publishes.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api: add up the requests that
fill each connection, assuming that every one is filled up to its `first` or `last`; divide by 100, round, at least 1.
Each id of `nodes(ids:)` counts as one parent of the connections below it. The nodes that the query can return are
counted in the same way, and limited to 500,000.
"""

from collections.abc import Callable
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    SelectionSetNode,
    get_named_type,
)

from simulators.github.graphql.context import Context, FieldError
from simulators.github.graphql.documents import Document
from simulators.github.store.records import Arguments

MAX_NODES = 500_000
MAX_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Cost:
    """The points that a query takes from the hourly budget, and the nodes that it can return."""

    points: int
    nodes: int


@dataclass(slots=True)
class _Level:
    """A connection, or `nodes(ids:)`, with the connections below it."""

    identity: int
    name: str
    arguments: Callable[[Context], Arguments]
    is_by_id: bool
    has_nodes: bool
    below: list["_Level"]


class Estimate:
    """Compute the cost of a document from its variables."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._levels = self._under(document.query_type, [document.operation.selection_set])

    def cost(self, context: Context) -> Cost:
        """Return the cost; raises FieldError for a missing page size, too large a page or too many nodes."""
        requests, nodes = _count(self._levels, 1, context)
        if nodes > MAX_NODES:
            raise FieldError(
                f"This query requests up to {nodes:,} possible nodes which exceeds the maximum limit of {MAX_NODES:,}.",
                "MAX_NODE_LIMIT_EXCEEDED",
            )
        return Cost(max(1, (requests + 50) // 100), nodes)

    def _under(self, kind: GraphQLOutputType, selections: list[SelectionSetNode]) -> list[_Level]:
        """Return the connections below, each once, even if several possible types have the same field."""
        levels: dict[int, _Level] = {}
        for object_type in self._possible(kind):
            for nodes in self._document.collect(object_type, selections).values():
                if nodes[0].name.value in object_type.fields:
                    levels.update(self._level(object_type, nodes))
        return list(levels.values())

    def _level(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> dict[int, _Level]:
        name = nodes[0].name.value
        definition = kind.fields[name]
        selections = [node.selection_set for node in nodes if node.selection_set]
        if not selections:
            return {}
        below = self._under(definition.type, selections)
        is_by_id = kind.name == "Query" and name == "nodes"
        if not is_by_id and not get_named_type(definition.type).name.endswith("Connection"):
            return {level.identity: level for level in below}
        asked = {each.name.value for part in selections for each in part.selections if isinstance(each, FieldNode)}
        arguments = self._document.arguments(definition, nodes[0])
        return {id(nodes[0]): _Level(id(nodes[0]), name, arguments, is_by_id, bool(asked & {"nodes", "edges"}), below)}

    def _possible(self, kind: GraphQLOutputType) -> list[GraphQLObjectType]:
        named = get_named_type(kind)
        if isinstance(named, GraphQLObjectType):
            return [named]
        assert isinstance(named, GraphQLInterfaceType | GraphQLUnionType)  # noqa: S101  (what has a selection)
        return list(self._document.schema.get_possible_types(named))


def _count(levels: list[_Level], places: int, context: Context) -> tuple[int, int]:
    """Return the requests and nodes of these connections below `places` parents."""
    requests = nodes = 0
    for level in levels:
        size = _size(level, context)
        below_requests, below_nodes = _count(level.below, places * size, context)
        requests += below_requests + (0 if level.is_by_id else places)
        nodes += below_nodes + places * size
    return requests, nodes


def _size(level: _Level, context: Context) -> int:
    arguments = level.arguments(context)
    if level.is_by_id:
        return len(arguments["ids"])
    bound = next((name for name in ("first", "last") if arguments.get(name) is not None), None)
    if bound is None:
        if level.has_nodes:
            raise FieldError(
                f"You must provide a `first` or `last` value to properly paginate the `{level.name}` connection.",
                "MISSING_PAGINATION_BOUNDARIES",
            )
        return 0
    size = int(arguments[bound])
    if size > MAX_PER_PAGE:
        raise FieldError(
            f"Requesting {size} records on the `{level.name}` connection exceeds the `{bound}` limit of "
            f"{MAX_PER_PAGE} records.",
            "EXCESSIVE_PAGINATION",
        )
    return size
