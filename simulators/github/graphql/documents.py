"""Parsed and validated GraphQL documents, and the questions that the compiler asks of them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from graphql import (
    DefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    GraphQLUnionType,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from simulators.github.graphql.context import Context
from simulators.github.store.records import Arguments, Record

Fields = dict[str, list[FieldNode]]


class InvalidDocument(Exception):
    """A document that does not parse or is not valid, or variables that do not fit it; `errors` holds the positions."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class Document:
    """One operation of a document. `switches` are the values of the variables that `@include` and `@skip` name."""

    def __init__(self, schema: GraphQLSchema, text: str, operation_name: str | None) -> None:
        self.schema = schema
        try:
            document = parse(text)
        except GraphQLError as error:
            raise InvalidDocument([error]) from error
        if errors := validate(schema, document):
            raise InvalidDocument(errors)
        self.operation = _operation(document.definitions, operation_name)
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self.switch_names = self._switch_names()
        self.switches: Arguments = {}

    @property
    def name(self) -> str:
        return self.operation.name.value if self.operation.name else ""

    @property
    def query_type(self) -> GraphQLObjectType:
        query = self.schema.query_type
        assert query is not None  # noqa: S101  (our own schema has one)
        return query

    def object_type(self, name: str) -> GraphQLObjectType:
        kind = self.schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType)  # noqa: S101
        return kind

    def with_switches(self, variables: Arguments) -> "Document":
        """Return the same document with `@include` and `@skip` decided by these variables."""
        other = object.__new__(Document)
        other.__dict__.update(self.__dict__)
        other.switches = {name: variables.get(name) for name in self.switch_names}
        return other

    def coerce(self, variables: Arguments) -> Record:
        """Return the variables with their defaults; raises InvalidDocument if they do not fit."""
        found = get_variable_values(self.schema, list(self.operation.variable_definitions or ()), dict(variables))
        if isinstance(found, list):
            raise InvalidDocument(found)
        return found

    # -- selections ----------------------------------------------------------------------------------------------------

    def collect(self, kind: GraphQLObjectType, selections: list[SelectionSetNode]) -> Fields:
        """Return the fields that the selections request of an object of this type, by name in the response."""
        fields: Fields = {}
        for selection in selections:
            self._collect(kind, selection, fields)
        return fields

    def _collect(self, kind: GraphQLObjectType, selection: SelectionSetNode, fields: Fields) -> None:
        for node in selection.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                fields.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            else:
                fragment = self._fragment(node)
                if self._applies(fragment, kind):
                    self._collect(kind, fragment.selection_set, fields)

    def _fragment(self, node: Node) -> FragmentDefinitionNode | InlineFragmentNode:
        if isinstance(node, FragmentSpreadNode):
            return self._fragments[node.name.value]
        assert isinstance(node, InlineFragmentNode)  # noqa: S101
        return node

    def _applies(self, fragment: FragmentDefinitionNode | InlineFragmentNode, kind: GraphQLObjectType) -> bool:
        if fragment.type_condition is None:
            return True
        condition = self.schema.type_map[fragment.type_condition.name.value]
        if isinstance(condition, GraphQLInterfaceType | GraphQLUnionType):
            return self.schema.is_sub_type(condition, kind)
        return condition is kind

    def _is_included(self, node: SelectionNode) -> bool:
        return self._switch(GraphQLIncludeDirective, node, True) and not self._switch(GraphQLSkipDirective, node, False)

    def _switch(self, directive: GraphQLDirective, node: SelectionNode, default: bool) -> bool:
        values = get_directive_values(directive, node, dict(self.switches))
        return default if values is None else bool(values["if"])

    def has_connection(self, kind: GraphQLObjectType, selections: list[SelectionSetNode]) -> bool:
        names = (nodes[0].name.value for nodes in self.collect(kind, selections).values())
        return any(
            get_named_type(kind.fields[name].type).name.endswith("Connection") for name in names if name in kind.fields
        )

    # -- variables -----------------------------------------------------------------------------------------------------

    def arguments(self, definition: GraphQLField, node: FieldNode) -> Callable[[Context], Arguments]:
        """Return a function for a field's arguments, evaluated once per request if they use variables."""
        if not any(True for _ in self._variables_under(list(node.arguments or ()))):
            constant = get_argument_values(definition, node, {}) if definition.args else {}
            return lambda context: constant

        def read(context: Context) -> Arguments:
            found: Arguments | None = context.memory.get(id(node))
            if found is None:
                found = context.memory[id(node)] = get_argument_values(definition, node, dict(context.variables))
            return found

        return read

    def variables_in(self, selections: list[SelectionSetNode]) -> list[str]:
        """Return the names of all variables in the selections and their fragments."""
        return sorted(set(self._variables_under(list(selections))))

    def _variables_under(self, nodes: list[Any]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, VariableNode):
                yield node.name.value
            elif isinstance(node, FragmentSpreadNode):
                yield from self._variables_under([self._fragments[node.name.value].selection_set])
            for key in node.keys:
                child = getattr(node, key, None)
                children = [child] if isinstance(child, Node) else child if isinstance(child, list | tuple) else []
                yield from self._variables_under([each for each in children if isinstance(each, Node)])

    def _switch_names(self) -> list[str]:
        nodes: list[Any] = [self.operation, *self._fragments.values()]
        return sorted({name for node in nodes for name in self._variables_under(list(_directives(node)))})


def _directives(node: Any) -> Iterator[Node]:
    """Yield every directive in a selection set, at any depth."""
    yield from node.directives or ()
    for selection in node.selection_set.selections if getattr(node, "selection_set", None) else ():
        yield from _directives(selection)


def _operation(definitions: Iterable[DefinitionNode], name: str | None) -> OperationDefinitionNode:
    found = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    if name is not None:
        found = [each for each in found if each.name and each.name.value == name]
    if len(found) != 1:
        raise InvalidDocument([GraphQLError("Must provide the name of exactly one operation.")])
    return found[0]
