"""One invented organisation and one clock for all tests here; real pull requests if the data is available."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from simulators.github.serving.limits import Limits
from simulators.github.serving.server import Running, serve
from simulators.github.store.recorded import load_repository
from simulators.github.story.organisation import Organisation, make_organisation
from tests.recorded_data import SECP256K1

AS_OF = datetime(2026, 8, 22, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Seconds since 1970 that move only when a test moves them."""

    now: float = AS_OF.timestamp()

    def __call__(self) -> float:
        return self.now


@dataclass
class Client:
    """A client of a running simulator, with one token."""

    running: Running
    clock: Clock
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10.0, verify=False))  # noqa: S501  no TLS here
    token: str = "demo-token"

    def post(self, document: str, **variables: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": document, "variables": variables}
        return self.http.post(self.running.graphql_url, json=body, headers=headers)

    def data(self, document: str, **variables: Any) -> Any:
        response = self.post(document, **variables).json()
        assert "errors" not in response, response["errors"]
        return response["data"]


@pytest.fixture(scope="session")
def northwind() -> Organisation:
    """Return the demo's organisation. Tests may read it, but must not change it."""
    return make_organisation(7, AS_OF, login="northwind")


@pytest.fixture
def acme() -> Organisation:
    """Return a small organisation for this test alone: two repositories, sixty pull requests."""
    return make_organisation(3, AS_OF, repositories=2, pull_requests=60, login="acme")


@pytest.fixture(scope="session")
def recorded() -> Organisation:
    """Return real pull requests of bitcoin-core/secp256k1."""
    if not SECP256K1.exists():
        pytest.skip(f"the recorded pull requests are not at {SECP256K1}")
    return load_repository(SECP256K1, "bitcoin-core", "secp256k1")


@contextmanager
def client_of(organisation: Organisation, **options: Any) -> Iterator[Client]:
    clock = Clock()
    with serve(organisation, clock=clock, **options) as running:
        client = Client(running, clock)
        with client.http:
            yield client


@pytest.fixture
def client(acme: Organisation) -> Iterator[Client]:
    """Yield a client of a simulator that serves `acme`."""
    with client_of(acme) as client:
        yield client


@pytest.fixture
def limited(acme: Organisation) -> Iterator[Callable[[Limits], Client]]:
    """Yield a function that returns clients of simulators with other limits."""
    opened = []

    def open_client(limits: Limits) -> Client:
        context = client_of(acme, limits=limits)
        opened.append(context)
        return context.__enter__()

    yield open_client
    for context in opened:
        context.__exit__(None, None, None)
