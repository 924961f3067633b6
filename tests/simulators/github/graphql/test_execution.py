"""The compiled executor gives the same responses as graphql-core's own, byte for byte."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from graphql import (
    ExecutionResult,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    execute,
    get_named_type,
    is_leaf_type,
    parse,
)
from graphql.execution.values import get_argument_values

from simulators.github.graphql.context import Context
from simulators.github.graphql.engine import Engine
from simulators.github.graphql.fields import getter_for
from simulators.github.graphql.schema import served_schema
from simulators.github.store.world import Organisation
from tasks.github.api.queries import pull_requests as queries
from tasks.github.api.queries.document import Document

RATE_LIMIT = {"cost": 1, "limit": 5000, "remaining": 4999, "used": 1, "resetAt": "2026-08-22T13:00:00Z", "nodeCount": 9}


def reference(organisation: Organisation, document: str, variables: dict[str, Any]) -> ExecutionResult:
    """Return graphql-core's response, with the same fields."""
    context = Context(organisation, RATE_LIMIT, variables)

    def resolve(record: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        definition = info.parent_type.fields[info.field_name]
        values = get_argument_values(definition, info.field_nodes[0], info.variable_values)
        return getter_for(info.parent_type, info.field_name)(record, values, context)

    result = execute(
        served_schema(),
        parse(document),
        variable_values=variables,
        field_resolver=resolve,
        type_resolver=lambda record, info, kind: record["__typename"],
    )
    assert isinstance(result, ExecutionResult)
    return result


def compiled(organisation: Organisation, document: str, variables: dict[str, Any], engine: Engine | None = None) -> Any:
    engine = engine or Engine(organisation)
    return engine.execute(engine.prepare(document, variables), RATE_LIMIT)


def assert_same(organisation: Organisation, document: str, **variables: Any) -> bytes:
    """Compare twice, so that cached bytes are compared too; return the data."""
    expected = reference(organisation, document, variables)
    engine = Engine(organisation)
    for _ in range(2):
        response = compiled(organisation, document, variables, engine)
        assert response.data == orjson.dumps(expected.data)
        assert [(each["message"], each["path"]) for each in response.errors] == [
            (error.message, error.path) for error in expected.errors or ()
        ]
    return bytes(response.data)


def variables_for(organisation: Organisation, document: Document) -> Iterator[dict[str, Any]]:
    """Return values for a document of the project: several pull requests, including the busiest."""
    repository = organisation.repositories[0]
    pulls = list(organisation.pull_requests(organisation.full_name(repository)))
    busiest = max(pulls, key=lambda record: len(record["reviewThreads"]))
    teams = [each["id"] for each in organisation.teams] or [busiest["id"]]
    common = {"login": organisation.login, "owner": organisation.login, "name": repository["name"], "first": 100}
    threads = [thread["id"] for thread in busiest["reviewThreads"]]
    if "Threads" in document.name or "ThreadComments" in document.name:
        ids, identifiers = threads, threads[:1]
    elif document.name in ("MoreReleases", "MoreDeployments"):
        ids, identifiers = [], [each["id"] for each in organisation.repositories]
    elif document.name == "MoreTeamMembers":
        ids, identifiers = [], teams
    elif document.name in ("Releases", "Deployments"):
        ids, identifiers = [each["id"] for each in organisation.repositories], [repository["id"]]
    elif document.name.startswith("More"):
        ids, identifiers = [], [busiest["id"], pulls[0]["id"]]
    else:
        ids, identifiers = [each["id"] for each in [*pulls[:40], busiest]], [repository["id"]]
    for identifier in identifiers:
        yield common | {"ids": ids[:100], "id": identifier, "after": None}
        yield common | {"ids": ids[:3], "id": identifier, "after": None, "first": 2}


@pytest.mark.parametrize("document", queries.DOCUMENTS, ids=lambda document: document.name)
@pytest.mark.parametrize("served", ["northwind", "recorded"])
def test_every_document_of_the_project_gives_the_response_of_graphql_core(
    document: Document, served: str, request: pytest.FixtureRequest
) -> None:
    organisation = request.getfixturevalue(served)
    names = {each.variable.name.value for each in parse(document.text).definitions[0].variable_definitions}
    for variables in variables_for(organisation, document):
        data = assert_same(organisation, document.text, **{name: variables[name] for name in names})
        assert len(data) > 100


ALIASES = """
query ($ids: [ID!]!, $with: Boolean!, $n: Int = 2) {
  again: nodes(ids: $ids) { ...Part ... on Node { id } }
  nodes(ids: $ids) {
    ...Part
    ... on PullRequest {
      title @include(if: $with) number @skip(if: $with)
      few: reviews(first: $n) { ...Reviews }
      reviews(last: 1, states: [APPROVED]) { ...Reviews }
      timelineItems(first: 100, itemTypes: [ISSUE_COMMENT, PULL_REQUEST_REVIEW, PULL_REQUEST_COMMIT, MERGED_EVENT]) {
        totalCount filteredCount pageCount updatedAt edges { cursor node { __typename ... on Comment { body } } }
      }
      all: timelineItems(last: 5, since: "2026-07-01T00:00:00Z") { nodes { __typename ... on Node { id } } }
    }
  }
}
fragment Part on PullRequest { id url ... on Comment { body author { login } } title @include(if: $with) }
fragment Reviews on PullRequestReviewConnection {
  totalCount pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
  nodes {
    state author { ... on Actor { login avatarUrl(size: 40) } ... on User { name } } comments(first: 3) { totalCount }
  }
}
"""


@pytest.mark.parametrize("is_with", [True, False])
def test_aliases_fragments_directives_and_merged_fields(northwind: Organisation, is_with: bool) -> None:
    ids = [record["id"] for record in northwind.pull_requests("northwind/payments")][:30]
    assert_same(northwind, ALIASES, ids=ids, **{"with": is_with})


ACCOUNTS = """
query ($login: String!, $repo: String!) {
  viewer { login url isSiteAdmin }
  organization(login: $login) {
    membersWithRole(first: 5) { totalCount edges { role node { login name } } nodes { login } pageInfo { endCursor } }
    teams(first: 10) { nodes { slug combinedSlug members(first: 50) { totalCount nodes { login } } } }
    team(slug: "checkout") { name privacy }
    repositories(first: 3, orderBy: {field: NAME, direction: DESC}, isFork: false) {
      totalCount
      nodes { nameWithOwner primaryLanguage { name } defaultBranchRef { name prefix target { oid } } visibility }
    }
    repository(name: $repo) {
      labels(first: 3) { nodes { name color } }
      pullRequests(last: 4, states: [OPEN], orderBy: {field: CREATED_AT, direction: DESC}) {
        totalCount nodes { number participants(first: 5) { nodes { login } } headRef { name } mergeCommit { oid } }
      }
    }
  }
  search(query: "repo:northwind/mobile is:merged", type: ISSUE, first: 5) {
    issueCount nodes { ... on PullRequest { number state } }
  }
  rateLimit { cost remaining }
}
"""


def test_owners_members_teams_and_search(northwind: Organisation) -> None:
    data = orjson.loads(assert_same(northwind, ACCOUNTS, login="northwind", repo="mobile"))
    assert data["organization"]["membersWithRole"]["totalCount"] == 25
    assert data["search"]["issueCount"] > 100


UNKNOWN = """
query {
  nodes(ids: ["PR_nothing", "R_no"]) { __typename id }
  node(id: "U_kw") { id }
  user(login: "nobody-at-all") { login }
  organization(login: "nowhere") { login }
  repositoryOwner(login: "nowhere") { login }
  repository(owner: "northwind", name: "gone") { name }
}
"""


def test_what_is_unknown_is_null_and_an_error_at_its_path(northwind: Organisation) -> None:
    assert_same(northwind, UNKNOWN)
    errors = compiled(northwind, UNKNOWN, {}).errors
    assert {each["type"] for each in errors} == {"NOT_FOUND"}
    assert errors[0]["path"] == ["nodes", 0]


def test_a_changed_record_is_served_changed(acme: Organisation) -> None:
    engine = Engine(acme)
    record = next(acme.pull_requests())
    part = "... on PullRequest { title labels(first: 1) { totalCount } }"
    document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {part} }} }}"
    before = compiled(acme, document, {"ids": [record["id"]]}, engine).data
    acme.edit(acme.full_name(record["repository"]), record["number"], title="Another title")
    after = compiled(acme, document, {"ids": [record["id"]]}, engine).data
    assert b"Another title" not in before
    assert b"Another title" in after


# -- every field -------------------------------------------------------------------------------------------------------


def selection(kind: Any, depth: int) -> str:
    """Return every field of a type, `depth` objects deep; of connections the first ten."""
    if not isinstance(kind, GraphQLObjectType):
        parts = (f"... on {each.name} {selection(each, depth)}" for each in served_schema().get_possible_types(kind))
        return f"{{ __typename {' '.join(parts)} }}"
    return f"{{ __typename {' '.join(_selected(kind, name, field, depth) for name, field in kind.fields.items())} }}"


def _selected(kind: GraphQLObjectType, name: str, field: GraphQLField, depth: int) -> str:
    returned = get_named_type(field.type)
    given = {"first": "first: 10", "number": "number: 1", "name": 'name: "x"', "slug": 'slug: "x"', "ids": 'ids: "x"'}
    wanted = [given[each] for each, value in field.args.items() if each == "first" or str(value.type).endswith("!")]
    if kind.name in ("Organization", "User", "Repository") and name in ("repository", "pullRequest"):
        return ""
    alias = f"{kind.name}_{name}: {name}" + (f"({', '.join(wanted)})" if wanted else "")
    if is_leaf_type(returned):
        return alias
    return f"{alias} {selection(returned, depth - 1)}" if depth else ""


@pytest.mark.parametrize("served", ["northwind", "recorded"])
def test_every_field_that_the_schema_promises_has_a_value(served: str, request: pytest.FixtureRequest) -> None:
    organisation = request.getfixturevalue(served)
    kinds = ["PullRequest", "Repository", "Organization", "User", "Bot", "Team", "PullRequestReviewThread"]
    parts = " ".join(f"... on {kind} {selection(served_schema().type_map[kind], 3)}" for kind in kinds)
    document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename {parts} }} }}"
    pulls = sorted(organisation.pull_requests(), key=lambda record: -len(record["timelineItems"]))[:6]
    accounts = [account for account in organisation.accounts() if not account["isDeleted"]]
    ids = [record["id"] for record in [*pulls, organisation.owner, *accounts, *organisation.teams]]
    ids += [organisation.repositories[0]["id"], pulls[0]["reviewThreads"][0]["id"]]
    result = reference(organisation, document, {"ids": ids[:60]})
    assert [(error.message, error.path) for error in result.errors or ()] == []
