"""Every fault, over HTTP, as a client sees it."""

from typing import Any

import httpx
import pytest

from simulators.github.serving.faults import Fault, Faults, Kind, RequestProfile, parse_faults
from simulators.github.serving.limits import RetryAfter
from tasks.github.api.queries import pull_requests as queries

VIEWER = "{ viewer { login } }"
NODES = """
query Nodes($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on PullRequest { number title author { login } } } }
"""


def ids(client: Any, count: int = 8, repository: int = 0) -> list[str]:
    organisation = client.running.organisation
    name = organisation.full_name(organisation.repositories[repository])
    return [record["id"] for record in organisation.pull_requests(name)][:count]


@pytest.mark.parametrize("status", [502, 504])
def test_a_bad_gateway_in_html(client: Any, status: int) -> None:
    client.running.faults.add(Fault(Kind.BAD_GATEWAY_HTML, status=status))
    response = client.post(VIEWER)
    assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert client.post(VIEWER).status_code == 200


def test_a_bad_gateway_in_json(client: Any) -> None:
    client.running.faults.add(Fault(Kind.BAD_GATEWAY_JSON, times=2))
    responses = [client.post(VIEWER) for _ in range(3)]
    assert [response.status_code for response in responses] == [502, 502, 200]
    assert "Something went wrong while executing your query" in responses[0].json()["errors"][0]["message"]


@pytest.mark.parametrize("status", [403, 429, 200])
@pytest.mark.parametrize("how", list(RetryAfter))
def test_a_secondary_limit(client: Any, status: int, how: RetryAfter) -> None:
    client.running.faults.add(Fault(Kind.SECONDARY_LIMIT, status=status, retry_after=how, seconds=5))
    response = client.post(VIEWER)
    assert response.status_code == status
    assert "secondary rate limit" in response.text
    assert ("retry-after" in response.headers) is (how is not RetryAfter.ABSENT)
    assert response.headers["x-ratelimit-remaining"] != "0"
    client.clock.now += 61
    assert client.data(VIEWER)


@pytest.mark.parametrize("form", ["RATE_LIMIT", "RATE_LIMITED"])
def test_a_primary_limit_until_the_reset(client: Any, form: str) -> None:
    client.data(VIEWER)
    client.running.faults.add(Fault(Kind.PRIMARY_LIMIT, form=form))
    response = client.post(VIEWER)
    assert (response.status_code, response.json()["errors"][0]["type"]) == (200, form)
    assert response.headers["x-ratelimit-remaining"] == "0"
    client.clock.now = float(response.headers["x-ratelimit-reset"])
    assert client.data(VIEWER)
    assert client.running.stats()["violations"] == 0


def test_a_token_revoked_midway_stays_revoked(client: Any) -> None:
    client.running.faults.add(Fault(Kind.TOKEN_REVOKED, after=1))
    assert [client.post(VIEWER).status_code for _ in range(3)] == [200, 401, 401]


def test_batches_above_a_size_time_out(client: Any) -> None:
    client.running.faults.add(Fault(Kind.TIMEOUT, times=None, above=3))
    assert client.post(NODES, ids=ids(client, 4)).status_code == 502
    assert len(client.data(NODES, ids=ids(client, 3))["nodes"]) == 3
    assert client.post(NODES, ids=ids(client, 8)).status_code == 502


def test_resource_limits_leave_half_of_the_nodes(client: Any) -> None:
    client.running.faults.add(Fault(Kind.RESOURCE_LIMITS))
    response = client.post(NODES, ids=ids(client, 8)).json()
    assert response["errors"][0]["type"] == "RESOURCE_LIMITS_EXCEEDED"
    assert [node is None for node in response["data"]["nodes"]] == [False] * 4 + [True] * 4


def test_a_hang_ends_when_the_client_goes(client: Any) -> None:
    client.running.faults.add(Fault(Kind.HANG))
    client.http.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        client.post(VIEWER)
    client.http.timeout = httpx.Timeout(10)
    assert client.data(VIEWER)


def test_a_reset_in_the_middle_of_the_body(client: Any) -> None:
    client.running.faults.add(Fault(Kind.RESET))
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(NODES, ids=ids(client))
    assert client.data(VIEWER)


def test_malformed_json(client: Any) -> None:
    client.running.faults.add(Fault(Kind.MALFORMED_JSON))
    response = client.post(NODES, ids=ids(client))
    assert response.status_code == 200
    with pytest.raises(ValueError, match=r".*"):
        response.json()


def test_not_found_for_one_repository_only(client: Any) -> None:
    organisation = client.running.organisation
    names = [organisation.full_name(repository) for repository in organisation.repositories]
    client.running.faults.add(Fault(Kind.NOT_FOUND, times=None, repository=names[0]))
    response = client.post(NODES, ids=ids(client, repository=0)).json()
    assert (response["errors"][0]["type"], response["data"]["nodes"][0]) == ("NOT_FOUND", None)
    assert client.data(NODES, ids=ids(client, repository=1))
    scan = {"id": organisation.repositories[0]["id"], "first": 10}
    assert client.post(queries.SCAN.text, **scan).json()["data"]["node"] is None


@pytest.mark.parametrize(("kind", "word"), [(Kind.SAML, "saml_failure"), (Kind.SCOPES, "INSUFFICIENT_SCOPES")])
def test_what_the_token_may_not_see(client: Any, kind: Kind, word: str) -> None:
    client.running.faults.add(Fault(kind))
    response = client.post(VIEWER)
    assert (response.status_code, word in response.text) == (200, True)


def test_a_server_error_without_a_body(client: Any) -> None:
    client.running.faults.add(Fault(Kind.SERVER_ERROR, status=503))
    response = client.post(VIEWER)
    assert (response.status_code, response.text) == (503, "")


def test_an_account_that_is_deleted_leaves_null_authors(client: Any) -> None:
    before = client.data(NODES, ids=ids(client, 30))["nodes"]
    login = before[0]["author"]["login"]
    client.running.faults.add(Fault(Kind.GHOST_ACCOUNT, login=login))
    after = client.data(NODES, ids=ids(client, 30))["nodes"]
    for old, new in zip(before, after, strict=True):
        assert new["author"] is None if old["author"] and old["author"]["login"] == login else new == old


def test_a_head_repository_that_is_deleted(client: Any) -> None:
    organisation = client.running.organisation
    record = next(organisation.pull_requests())
    name, number = organisation.full_name(record["repository"]), record["number"]
    client.running.faults.add(Fault(Kind.DELETED_HEAD, repository=name, number=number))
    document = "query ($id: ID!) { node(id: $id) { ... on PullRequest { headRepository { name } headRefName } } }"
    node = client.data(document, id=record["id"])["node"]
    assert node == {"headRepository": None, "headRefName": record["headRefName"]}


def test_touches_move_the_newest_update(client: Any) -> None:
    organisation = client.running.organisation
    name = organisation.full_name(organisation.repositories[0])
    client.clock.now += 5
    client.running.faults.add(Fault(Kind.TOUCH, times=None, repository=name, count=3))
    scan = {"id": organisation.repositories[0]["id"], "first": 5}
    nodes = client.data(queries.SCAN.text, **scan)["node"]["pullRequests"]["nodes"]
    assert nodes[0]["updatedAt"] == "2026-08-22T12:00:05Z"


def test_a_repository_that_goes_away(client: Any) -> None:
    organisation = client.running.organisation
    gone = organisation.repositories[1]
    client.running.faults.add(Fault(Kind.REMOVED_REPOSITORY, repository=organisation.full_name(gone)))
    response = client.post(queries.SCAN.text, id=gone["id"], first=5).json()
    assert response["errors"][0]["type"] == "NOT_FOUND"


def test_a_fault_waits_for_its_operation_and_its_turn() -> None:
    faults = Faults()
    faults.add(Fault(Kind.RESET, operation="Scan", after=1))
    assert faults.take(RequestProfile("Other")) == []
    assert faults.take(RequestProfile("Scan")) == []
    assert [fault.kind for fault in faults.take(RequestProfile("Scan"))] == [Kind.RESET]
    assert faults.take(RequestProfile("Scan")) == []


def test_of_several_faults_one_happens_at_a_time() -> None:
    faults = Faults()
    faults.add(Fault(Kind.RESET), Fault(Kind.HANG))
    assert [[fault.kind for fault in faults.take(RequestProfile())] for _ in range(3)] == [
        [Kind.RESET],
        [Kind.HANG],
        [],
    ]


def test_faults_are_read_from_text() -> None:
    assert parse_faults("bad-gateway-html:times=2:after=3, secondary-limit:retry_after=date:seconds=5:status=429") == [
        Fault(Kind.BAD_GATEWAY_HTML, times=2, after=3),
        Fault(Kind.SECONDARY_LIMIT, retry_after=RetryAfter.DATE, seconds=5.0, status=429),
    ]
    assert parse_faults("timeout:times=always:above=10") == [Fault(Kind.TIMEOUT, times=None, above=10)]


@pytest.mark.parametrize("text", ["no-such-fault", "reset:color=red", "reset:times=many"])
def test_a_fault_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_faults(text)
