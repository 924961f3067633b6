"""What a broken or hostile server puts at a random place of a real response is parsed, or is one typed error."""

import asyncio
import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.github.api.errors import Garbled, GitHubError
from tasks.github.api.queries.document import Document, Variables
from tasks.github.api.queries.pull_requests import DOCUMENTS, PULL_REQUESTS
from tasks.github.api.response import Response, parse_response
from tasks.github.api.shapes import _validators, check_shape
from tasks.github.deliveries.fetch import KINDS, fetch_deliveries
from tasks.github.ingestion.changes import rows_to_changes
from tasks.github.ingestion.probe import probe_repositories
from tasks.github.organisation.members import fetch_membership
from tasks.github.organisation.owner import fetch_owner
from tasks.github.organisation.repositories import fetch_repositories
from tasks.github.pull_requests.fetch import fetch_pull_requests
from tasks.github.pull_requests.parse import parse_pull_requests
from tasks.github.pull_requests.scan import scan_forgotten, scan_repository
from tests.tasks.github.conftest import NOW, Simulated
from warehouse.committer import combine
from warehouse.lists.short_lists import ShortLists
from warehouse.windows import Window

Path = tuple[str | int, ...]
HOSTILE: list[Any] = [
    None, "", "text", "yesterday", "+051630-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-23:59",
    0, -1, 3, 2**31, 10**30, 1.5, True, [], [None], [[]], {}, {"nodes": None}, {"__typename": 5}, "12",
    {"__typename": "NewThing"}, {"__typename": "NewThing", "login": "x"},
]  # fmt: skip


def nest(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"node": [value]}
    return value


class Recorded:
    """A client that gives the recorded responses, one of them changed, as the real client reads them."""

    def __init__(self, bodies: list[tuple[str, Any]]) -> None:
        self.bodies, self.place, self.settings = bodies, 0, None
        self.clock: Callable[[], Any] = lambda: NOW
        self.at: Callable[[Any], Any] = lambda moment: moment

    async def execute(self, document: Document, variables: Variables, **_: Any) -> Response:
        name, body = self.bodies[min(self.place, len(self.bodies) - 1)]
        self.place += 1
        if name != document.name or self.place > 200:
            raise Garbled("there is no such response")
        response = parse_response(200, {}, json.dumps(body).encode(), subject="", now=NOW)
        check_shape(document.name, response.data, "")
        return response

    async def back_off(self, attempt: int) -> None:
        return None


def fill(simulated: Simulated) -> None:
    from tests.tasks.github.pull_requests.test_fetch import fill as fill_pull_request

    fill_pull_request(simulated, 1, 3)
    simulated.organisation.edit("acme/one", 2, labels=[], author=None)


Read = Callable[[Any], Any]


async def read_pull_requests(github: Any, ids: list[str]) -> None:
    fetched = await fetch_pull_requests(github, ids)
    assert all(isinstance(error, GitHubError) for error in fetched.failed.values())
    rows = parse_pull_requests(fetched.nodes, "acme", NOW)
    # As the committer does it: every column gets its type.
    combine(rows_to_changes(rows, fetched.nodes), set())


async def read_repositories(github: Any) -> None:
    async for _ in fetch_repositories(github, "acme"):
        pass


async def read_deliveries(github: Any, key: str) -> None:
    for kind in KINDS:
        await fetch_deliveries(github, kind, {key: NOW - timedelta(days=900)}, ShortLists("acme"))


@pytest.fixture
def reads(simulated: Simulated) -> dict[str, tuple[Read, list[tuple[str, Any]]]]:
    """Every way in which responses are read, with the bodies of the real ones."""
    fill(simulated)
    ids = [simulated.organisation.pull_request("acme/one", number)["id"] for number in (1, 2, 3)]
    repository = simulated.organisation.repository("acme/one")
    assert repository is not None
    key = repository["id"]
    wanted: dict[str, Read] = {
        "pull requests": lambda github: read_pull_requests(github, ids),
        "scan": lambda github: scan_repository(github, key, "acme/one", Window(NOW - timedelta(days=30))),
        "open": lambda github: scan_forgotten(github, key, "acme/one", NOW),
        "probe": lambda github: probe_repositories(github, {key: "acme/one"}, with_open=True),
        "owner": lambda github: fetch_owner(github, "acme"),
        "repositories": read_repositories,
        "members": lambda github: fetch_membership(github, "acme", NOW),
        "deliveries": lambda github: read_deliveries(github, key),
    }
    return {name: (read, record(simulated, read)) for name, read in wanted.items()}


def record(simulated: Simulated, read: Read) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []

    async def ask(github: Any) -> None:
        original = github.execute

        async def execute(document: Document, variables: Variables, **more: Any) -> Response:
            response: Response = await original(document, variables, **more)
            found.append((document.name, {"data": copy.deepcopy(response.data)}))
            return response

        github.execute = execute
        await read(github)

    simulated.ask(ask)
    return found


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def mutate(body: Any, path: Path, value: Any, *, remove: bool) -> Any:
    changed = copy.deepcopy(body)
    holder = changed
    for part in path[:-1]:
        holder = holder[part]
    if remove:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return changed


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_response_with_anything_at_a_random_place_is_parsed_or_one_typed_error(
    reads: dict[str, tuple[Read, list[tuple[str, Any]]]], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(reads)))
    read, bodies = reads[name]
    place = data.draw(st.integers(0, len(bodies) - 1))
    path = data.draw(st.sampled_from(sorted(places(bodies[place][1]), key=str)))
    value = data.draw(st.sampled_from([*HOSTILE, nest(50), nest(400)]))
    changed = mutate(bodies[place][1], path, value, remove=data.draw(st.booleans()))
    github = Recorded([*bodies[:place], (bodies[place][0], changed), *bodies[place + 1 :]])
    with suppress(GitHubError):
        asyncio.run(read(github))


def test_a_fault_is_named_by_its_place_and_not_by_what_the_server_wrote() -> None:
    data = {"rateLimit": None, "nodes": [None, {"__typename": "PullRequest", "id": "secret words"}]}
    with pytest.raises(Garbled) as caught:
        check_shape(PULL_REQUESTS.name, data, "2 pull requests")
    assert "nodes.1.PullRequest.number is missing" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_every_document_has_a_shape() -> None:
    assert {document.name for document in DOCUMENTS} <= set(_validators())
