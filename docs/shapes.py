"""Render the shape of the response to each GraphQL document, from the documents and the schema of GitHub."""

import json
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_enum_type,
    is_scalar_type,
    parse,
)

from simulators.github.graphql.schema import served_schema
from tasks.github.api.queries.pull_requests import DOCUMENTS

Shape = str | dict[str, Any]
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
NUMBERS = {"Int": "int", "Boolean": "bool", "DateTime": "time"}
# Times of other people's machines: GitHub passes on whatever a commit says, also what no calendar has.
OF_OTHER_MACHINES = {"authoredDate", "committedDate"}


def render_shapes() -> str:
    """Return one line of JSON per document: its name, and the shape of its data."""
    schema = served_schema()
    lines = [
        f"{json.dumps(document.name)}: {json.dumps(_document(schema, document.text), separators=(',', ':'))}"
        for document in sorted(DOCUMENTS, key=lambda document: document.name)
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _document(schema: GraphQLSchema, text: str) -> Shape:
    operation = next(each for each in parse(text).definitions if isinstance(each, OperationDefinitionNode))
    assert schema.query_type is not None  # noqa: S101  (every schema has one)
    return _object(schema, schema.query_type, operation.selection_set, is_null=False)


def _object(schema: GraphQLSchema, kind: Composite, selections: SelectionSetNode, *, is_null: bool) -> Shape:
    """Return the shape of an object: `fields` of every type, and by type `on` those of its fragments, too."""
    fields: dict[str, Shape] = {}
    fragments: dict[str, dict[str, Shape]] = {}
    for node in selections.selections:
        if isinstance(node, FieldNode):
            fields[(node.alias or node.name).value] = _field(schema, kind, node)
            continue
        assert isinstance(node, InlineFragmentNode)  # noqa: S101  (documents have no others)
        assert node.type_condition is not None  # noqa: S101
        condition = cast(Composite, schema.type_map[node.type_condition.name.value])
        inner = cast(dict[str, Any], _object(schema, condition, node.selection_set, is_null=False))["fields"]
        for name in _possible(schema, kind) & _possible(schema, condition):
            fragments.setdefault(name, {}).update(inner)
    shape: dict[str, Any] = {"fields": fields}
    on = {"on": dict(sorted(fragments.items()))} if fragments else {}
    return shape | on | ({"null": True} if is_null else {})


def _possible(schema: GraphQLSchema, kind: Composite) -> set[str]:
    """Return the names of the types that an object of this type may have."""
    if isinstance(kind, GraphQLObjectType):
        return {kind.name}
    return {each.name for each in schema.get_possible_types(kind)}


def _field(schema: GraphQLSchema, kind: Any, node: FieldNode) -> Shape:
    if node.name.value == "__typename":
        return "str"
    return _value(schema, kind.fields[node.name.value].type, node)


def _value(schema: GraphQLSchema, kind: GraphQLOutputType, node: FieldNode) -> Shape:
    is_null = not isinstance(kind, GraphQLNonNull)
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(inner, GraphQLList):
        return {"list": _value(schema, inner.of_type, node)} | ({"null": True} if is_null else {})
    named = get_named_type(inner)
    if is_scalar_type(named) or is_enum_type(named):
        name = "str" if node.name.value in OF_OTHER_MACHINES else NUMBERS.get(named.name, "str")
        return name + "?" * is_null
    assert node.selection_set is not None  # noqa: S101  (objects have fields)
    return _object(schema, cast(Composite, named), node.selection_set, is_null=is_null)
