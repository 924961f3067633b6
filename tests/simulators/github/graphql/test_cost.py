"""Points by GitHub's published formula, and the page sizes that GitHub refuses."""

import pytest

from simulators.github.graphql.context import FieldError
from simulators.github.graphql.engine import Engine
from simulators.github.story.organisation import Organisation
from tasks.github.api.queries import pull_requests as queries
from tasks.github.api.queries.document import Document

PUBLISHED = """
query {
  viewer {
    repositories(first: 100) {
      edges { node { pullRequests(first: 50) { edges { node { labels(first: 60) { nodes { name } } } } } } }
    }
  }
}
"""


def cost(organisation: Organisation, document: str, **variables: object) -> tuple[int, int]:
    found = Engine(organisation).prepare(document, variables).cost
    return found.points, found.nodes


def test_the_example_of_githubs_page_costs_51_points(northwind: Organisation) -> None:
    assert cost(northwind, PUBLISHED)[0] == 51


def test_nodes_are_counted_level_by_level(northwind: Organisation) -> None:
    assert cost(northwind, PUBLISHED)[1] == 100 + 100 * 50 + 100 * 50 * 60


def test_a_query_without_connections_costs_one_point(northwind: Organisation) -> None:
    assert cost(northwind, "{ viewer { login } }") == (1, 0)


def test_25_pull_requests_with_ten_connections_cost_3_points(northwind: Organisation) -> None:
    ids = [record["id"] for record in northwind.pull_requests()][:25]
    assert cost(northwind, queries.PULL_REQUESTS.text, ids=ids, first=100)[0] == 3


@pytest.mark.parametrize("document", queries.DOCUMENTS, ids=lambda document: document.name)
def test_the_client_knows_the_cost_of_each_of_its_documents(northwind: Organisation, document: Document) -> None:
    every = {"ids": ["a"] * 80, "id": "a", "first": 100, "login": "northwind", "owner": "northwind", "name": "mobile"}
    variables = {name: value for name, value in every.items() if f"${name}:" in document.text}
    assert cost(northwind, document.text, **variables)[0] == document.cost(variables)


def test_the_same_field_of_two_possible_types_is_counted_once(northwind: Organisation) -> None:
    repositories = "repositories(first: 100) { nodes { pullRequests(first: 1) { totalCount } } }"
    assert cost(northwind, f'{{ repositoryOwner(login: "a") {{ {repositories} }} }}') == (1, 200)


def test_a_total_alone_needs_no_bounds(northwind: Organisation) -> None:
    assert cost(northwind, '{ repository(owner: "a", name: "b") { pullRequests { totalCount } } }') == (1, 0)


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("", "MISSING_PAGINATION_BOUNDARIES"),
        ("(first: 101)", "EXCESSIVE_PAGINATION"),
        ("(last: 200)", "EXCESSIVE_PAGINATION"),
    ],
)
def test_pages_without_bounds_or_too_large_are_refused(northwind: Organisation, arguments: str, kind: str) -> None:
    with pytest.raises(FieldError) as refusal:
        cost(northwind, f"{{ viewer {{ repositories{arguments} {{ nodes {{ id }} }} }} }}")
    assert refusal.value.kind == kind


def test_more_than_half_a_million_nodes_are_refused(northwind: Organisation) -> None:
    document = PUBLISHED.replace("first: 50", "first: 100").replace("first: 60", "first: 100")
    with pytest.raises(FieldError) as refusal:
        cost(northwind, document)
    assert refusal.value.kind == "MAX_NODE_LIMIT_EXCEEDED"
