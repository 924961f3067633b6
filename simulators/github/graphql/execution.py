"""GraphQL execution: each document is compiled into closures once, then run over the records.

graphql-core's own `execute` takes over 3 ms per pull request, nearly all of it overhead that repeats for each request.
The closures give the same response, byte for byte: a test compares the two on every document of the project. The
serialised part of each pull request is cached (`ByteCache`) and copied into later responses.

Non-null fields are not checked and results not coerced, since both the records and the schema are ours.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLUnionType,
    OperationDefinitionNode,
    SelectionSetNode,
)

from simulators.github.graphql.context import Context, FieldError
from simulators.github.graphql.documents import Document, Fields
from simulators.github.graphql.fields import getter_for, is_stored
from simulators.github.store.records import Record

_UNKNOWN_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")

Complete = Callable[[Any, Context], Any]
Step = tuple[str, Complete]


class ByteCache:
    """Serialised parts of responses by record; beyond `capacity` bytes the least recently used record is dropped."""

    def __init__(self, capacity: int = 128 << 20) -> None:
        self._capacity, self._size = capacity, 0
        self._parts: OrderedDict[str, dict[Hashable, bytes]] = OrderedDict()

    def get(self, identifier: str, key: Hashable) -> bytes | None:
        parts = self._parts.get(identifier)
        if parts is None:
            return None
        self._parts.move_to_end(identifier)
        return parts.get(key)

    def put(self, identifier: str, key: Hashable, part: bytes) -> None:
        self._parts.setdefault(identifier, {})[key] = part
        self._size += len(part)
        while self._size > self._capacity:
            _, parts = self._parts.popitem(last=False)
            self._size -= sum(map(len, parts.values()))

    def drop(self, identifier: str | None) -> None:
        """Drop a record; None drops all of them."""
        gone = [self._parts.pop(identifier, {})] if identifier else list(self._parts.values())
        self._size -= sum(len(part) for parts in gone for part in parts.values())
        if identifier is None:
            self._parts.clear()


@dataclass(frozen=True, slots=True)
class Response:
    """The body of a response in two parts: `data` as JSON, and the errors."""

    data: bytes
    errors: list[Record]

    def body(self) -> bytes:
        if not self.errors:
            return b'{"data":' + self.data + b"}"
        return b'{"data":' + self.data + b',"errors":' + orjson.dumps(self.errors) + b"}"


class Plan:
    """A compiled operation."""

    def __init__(self, document: Document, cache: ByteCache) -> None:
        self._document = document
        self._cache = cache
        operation: OperationDefinitionNode = document.operation
        self._steps = self._object_steps(document.query_type, [operation.selection_set], ())
        self.lookups = [name for name, _ in self._steps if name not in ("rateLimit", "viewer", "__typename")]

    def run(self, context: Context) -> Response:
        """Execute the operation; the caller holds the organisation's lock."""
        data = {name: step(None, context) for name, step in self._steps}
        return Response(orjson.dumps(data), context.errors)

    # -- compiling -----------------------------------------------------------------------------------------------------

    def _object_steps(
        self, kind: GraphQLObjectType, selections: list[SelectionSetNode], path: tuple[str, ...]
    ) -> list[Step]:
        fields: Fields = self._document.collect(kind, selections)
        return [(name, self._field(kind, nodes, (*path, name))) for name, nodes in fields.items()]

    def _field(self, kind: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]) -> Complete:
        name = nodes[0].name.value
        if name == "__typename":
            return _constant(kind.name)
        definition = kind.fields[name]
        complete = self._completion(definition.type, nodes, path)
        if is_stored(kind, name):
            return _stored(name, complete)
        getter, arguments = getter_for(kind, name), self._document.arguments(definition, nodes[0])
        if complete is None:
            return lambda record, context: getter(record, arguments(context), context)
        if kind.name not in _FAILING:
            return lambda record, context: complete(getter(record, arguments(context), context), context)

        def run(record: Any, context: Context) -> Any:
            try:
                return complete(getter(record, arguments(context), context), context)
            except FieldError as error:
                context.errors.append(field_error(error, path, nodes[0]))
                return None

        return run

    def _completion(self, kind: GraphQLOutputType, nodes: list[FieldNode], path: tuple[str, ...]) -> Complete | None:
        """Return the function that turns a value into JSON; None if the value already is JSON."""
        if isinstance(kind, GraphQLNonNull):
            return self._completion(kind.of_type, nodes, path)
        if isinstance(kind, GraphQLList):
            return self._list(kind, nodes, path)
        if isinstance(kind, GraphQLScalarType | GraphQLEnumType):
            return None
        selections = [node.selection_set for node in nodes if node.selection_set]
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, selections, path)
        assert isinstance(kind, GraphQLInterfaceType | GraphQLUnionType)  # noqa: S101  (nothing else is left)
        return self._abstract(kind, selections, path)

    def _list(
        self, kind: GraphQLList[GraphQLOutputType], nodes: list[FieldNode], path: tuple[str, ...]
    ) -> Complete | None:
        complete = self._completion(kind.of_type, nodes, path)
        if complete is None:
            return None

        def run(values: Any, context: Context) -> Any:
            if values is None:
                return None
            return [
                complete(value, context) if value.__class__ is not FieldError else fail(value, place, context)
                for place, value in enumerate(values)
            ]

        def fail(error: FieldError, place: int, context: Context) -> Any:
            context.errors.append(field_error(error, (*path, place), nodes[0]))
            return None

        return run

    def _object(self, kind: GraphQLObjectType, selections: list[SelectionSetNode], path: tuple[str, ...]) -> Complete:
        steps = self._object_steps(kind, selections, path)

        def run(record: Any, context: Context) -> Any:
            return None if record is None else {name: step(record, context) for name, step in steps}

        if kind.name == "PullRequest" and self._document.has_connection(kind, selections):
            return self._cached(run, selections)
        return run

    def _abstract(
        self, kind: GraphQLInterfaceType | GraphQLUnionType, selections: list[SelectionSetNode], path: tuple[str, ...]
    ) -> Complete:
        compiled: dict[str, Complete] = {}

        def run(record: Any, context: Context) -> Any:
            if record is None:
                return None
            name = record["__typename"]
            complete = compiled.get(name)
            if complete is None:
                complete = compiled[name] = self._object(self._document.object_type(name), selections, path)
            return complete(record, context)

        return run

    def _cached(self, run: Complete, selections: list[SelectionSetNode]) -> Complete:
        """Cache the bytes of a record, for each set of values of the variables that the selection uses."""
        variables, part = self._document.variables_in(selections), object()

        def run_cached(record: Any, context: Context) -> Any:
            if record is None:
                return None
            key = context.memory.get(part)
            if key is None:
                key = context.memory[part] = (part, repr([context.variables.get(name) for name in variables]))
            found = self._cache.get(record["id"], key)
            if found is None:
                found = orjson.dumps(run(record, context))
                self._cache.put(record["id"], key, found)
            return orjson.Fragment(found)

        return run_cached


_FAILING = frozenset({"Query", "Organization", "User", "Repository"})
"""Types some of whose fields look things up."""


def _constant(value: object) -> Complete:
    return lambda record, context: value


def _stored(name: str, complete: Complete | None) -> Complete:
    if complete is None:
        return lambda record, context: record[name]
    return lambda record, context: complete(record[name], context)


def field_error(error: FieldError, path: tuple[str | int, ...], node: FieldNode) -> Record:
    """Return an entry of `errors` as GitHub writes it."""
    place = {"line": 1, "column": 1}
    if node.loc:
        start = node.loc.source.get_location(node.loc.start)
        place = {"line": start.line, "column": start.column}
    return {"type": error.kind, "path": list(path), "locations": [place], "message": str(error)}


def document_error(error: GraphQLError) -> Record:
    """Return an entry of `errors` for a document that does not parse or is not valid."""
    locations = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    unknown = _UNKNOWN_FIELD.match(error.message)
    if unknown is None:
        return {"message": error.message, "locations": locations, "extensions": {"code": "invalidDocument"}}
    # In the words of graphql-ruby, which GitHub runs (static_validation/rules/fields_are_defined_on_type.rb).
    field, kind = unknown.groups()
    extensions = {"code": "undefinedField", "typeName": kind, "fieldName": field}
    text = f"Field '{field}' doesn't exist on type '{kind}'"
    return {"message": text, "locations": locations, "extensions": extensions}
