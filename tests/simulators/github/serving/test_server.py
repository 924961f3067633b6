"""The server as a process and in a thread: its command line, tokens, REST, control, concurrent requests."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulators.github.serving.server import serve
from simulators.github.story.organisation import Organisation

VIEWER = "{ viewer { login } }"


@pytest.mark.parametrize(("token", "status"), [("demo-token", 200), ("bad-token", 401), ("", 401)])
def test_any_token_is_good_but_a_bad_one_and_none(client: Any, token: str, status: int) -> None:
    client.token = token
    response = client.post(VIEWER)
    assert response.status_code == status
    assert ("Bad credentials" in response.text) is (token == "bad-token")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ viewer { shoeSize } }", "Field 'shoeSize' doesn't exist on type 'User'"),
        ("{ viewer ", "Syntax Error"),
        ("query ($id: ID!) { node(id: $id) { id } }", "Variable '$id' of required type 'ID!' was not provided."),
    ],
)
def test_a_document_that_is_not_valid_is_an_error_with_http_200(client: Any, document: str, message: str) -> None:
    response = client.post(document)
    assert response.status_code == 200
    assert response.json()["errors"][0]["message"].startswith(message)


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b"{}", b'{"query": 3}', b'{"query": "{__typename}", "variables": 3}']
)
def test_a_body_that_is_no_request_is_400(client: Any, body: bytes) -> None:
    headers = {"authorization": "Bearer demo-token"}
    assert client.http.post(client.running.graphql_url, content=body, headers=headers).status_code == 400


def test_a_cursor_that_was_never_given_is_an_error(client: Any) -> None:
    pulls = 'pullRequests(first: 1, after: "x") { totalCount }'
    response = client.post(f'{{ repository(owner: "acme", name: "storefront") {{ {pulls} }} }}')
    assert "does not appear to be a valid cursor" in response.json()["errors"][0]["message"]


def test_the_rest_that_is_used(client: Any) -> None:
    client.http.headers["authorization"] = "Bearer demo-token"
    get = lambda path: client.http.get(client.running.url + path)  # noqa: E731
    assert get("/user").json()["login"] == "amara-okafor"
    assert get("/user").headers["x-oauth-scopes"] == "read:org, repo"
    assert get("/rate_limit").json()["resources"]["graphql"]["limit"] == 5000
    assert get("/repos/acme/storefront").json()["full_name"] == "acme/storefront"
    assert get("/orgs/acme").json()["type"] == "Organization"
    assert get("/repos/acme/nothing").status_code == 404
    assert get("/somewhere/else").status_code == 404
    assert get("/api/v3/user").status_code == 200


def test_control_over_http(client: Any) -> None:
    url = client.running.url + "/_simulator"
    assert client.http.post(f"{url}/faults", json={"faults": "server-error:times=2"}).json() == {
        "waiting": ["server-error"]
    }
    assert client.post(VIEWER).status_code == 500
    client.http.delete(f"{url}/faults")
    assert client.post(VIEWER).status_code == 200
    assert client.http.post(f"{url}/faults", json={"faults": "nonsense"}).status_code == 400
    stats = client.http.get(f"{url}/stats").json()
    assert (stats["requests"], stats["faults_fired"]) == (2, ["server-error"])


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_page_in_a_browser_controls_nothing(client: Any, kind: str) -> None:
    """What a page may send without a preflight is refused, and so is a name that was pointed at this machine."""
    url = client.running.url + "/_simulator"
    body = '{"token": "stolen", "login": "ann"}'
    assert client.http.post(f"{url}/tokens", content=body, headers={"Content-Type": kind}).status_code == 415
    for path in ("tokens", "faults", "stats"):
        refused = client.http.post(f"{url}/{path}", json={}, headers={"Host": "attacker.example"})
        assert refused.status_code == 403
    assert client.http.options(f"{url}/tokens").headers.get("access-control-allow-origin") is None


def test_totals_by_repository_and_window(client: Any, acme: Organisation) -> None:
    window = {"start": "2026-07-23T12:00:00Z", "end": "2026-08-22T12:00:00Z"}
    totals = client.http.get(f"{client.running.url}/_simulator/totals", params=window).json()
    for repository in acme.repositories:
        name = acme.full_name(repository)
        inside = [each for each in acme.pull_requests(name) if window["start"] <= each["updatedAt"] < window["end"]]
        assert totals[name]["pull_requests"] == len(inside)
        assert totals[name]["commits"] == sum(len(each["commits"]) for each in inside)


def test_requests_at_once_wait_beside_each_other_and_over_the_limit_are_refused(acme: Organisation) -> None:
    from simulators.github.serving.limits import Limits

    async def ask_all(url: str) -> list[int]:
        async with httpx.AsyncClient(headers={"authorization": "Bearer demo-token"}) as http:
            asked = [http.post(url, json={"query": VIEWER}) for _ in range(12)]
            return [response.status_code for response in await asyncio.gather(*asked)]

    with serve(acme, latency=2.0, limits=Limits(concurrent=8, grace_seconds=5)) as running:
        statuses = asyncio.run(ask_all(running.graphql_url))
        assert running.stats()["max_concurrent"] == 12
    assert sorted(set(statuses)) == [200, 403]
    assert statuses.count(200) == 8


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield the process with the test's arguments, and the address in its first line."""
    command = [sys.executable, "-m", "simulators.github", "--port", "0", *request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        line = started.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        yield started, line.split()[-1]
        started.terminate()


@pytest.mark.slow
@pytest.mark.parametrize(
    "process",
    [["--pull-requests", "50", "--as-of", "2026-08-22T12:00Z", "--faults", "bad-gateway-html"]],
    indirect=True,
)
def test_the_command_serves_what_it_was_told_and_ends_when_asked(process: tuple[subprocess.Popen[str], str]) -> None:
    started, url = process
    headers = {"authorization": "Bearer demo-token"}
    document = '{ organization(login: "northwind") { repositories(first: 9) { totalCount } } }'
    assert httpx.post(f"{url}/graphql", json={"query": document}, headers=headers).status_code == 502
    response = httpx.post(f"{url}/graphql", json={"query": document}, headers=headers).json()
    assert response["data"]["organization"]["repositories"]["totalCount"] == 6
    totals = httpx.get(f"{url}/_simulator/totals").json()
    assert sum(each["pull_requests"] for each in totals.values()) == 50
    started.terminate()
    assert started.wait(timeout=60) in (0, -15)
