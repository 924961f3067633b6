"""A simulated model over HTTP, and a pull request to ask it about."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulators.llm.server import LlmSimulator, RunningSimulator, serve
from tasks.llm.rules.pull_request import ChangedFile, PullRequest


@pytest.fixture
def model() -> Iterator[RunningSimulator]:
    """Serve a simulated model without latency, faults and limits."""
    with serve(LlmSimulator(keep_bodies=True)) as running:
        yield running


@pytest.fixture
def pull_request() -> Callable[..., PullRequest]:
    """Make a pull request of some size by a person; arguments change it."""

    def make(**changes: Any) -> PullRequest:
        values = {
            "id": "PR_1",
            "title": "Make the importer skip empty lines",
            "body": "The importer stopped at the first empty line, which some exports contain. It now skips them.",
            "files": (ChangedFile("src/importer.py", 28, 5), ChangedFile("tests/test_importer.py", 2, 0)),
        }
        return PullRequest(**(values | changes))

    return make
