"""A kind of query that always fails costs a bounded number of requests; everything else goes on."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.store import records
from tasks.github.api.errors import KindFails, TimedOut
from tasks.github.api.kind_failures import MAX_FAILURES, PAUSE, KindFailures
from tasks.github.api.queries.document import Document
from tests.tasks.github.conftest import NOW
from warehouse.connection import Warehouse
from warehouse.progress import Run

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]
Start = Callable[..., Run]
COUNT = 40


@pytest.fixture
def threaded(simulate: Simulate, warehouse: Warehouse) -> "Simulated":
    """Forty pull requests with two review threads each."""
    simulated = simulate(pull_requests=COUNT)
    ann, at = simulated.organisation.account("ann"), simulated.ago(days=1)
    for number in range(1, COUNT + 1):
        threads = [
            records.thread(
                records.node_id("PRRT", 1, number, index),
                [records.review_comment(records.node_id("PRRC", 1, number, index), ann, at, "why", "a.py")],
                1,
            )
            for index in range(2)
        ]
        simulated.organisation.edit("acme/one", number, reviewThreads=threads)
    simulated.discover(warehouse)
    return simulated


def test_threads_that_never_come_are_marked_and_come_with_the_next_run(
    threaded: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    threaded.fail(Fault(Kind.TIMEOUT, operation="ThreadComments", times=None))
    summary = threaded.ingest(warehouse, start())
    assert (summary.prs_done, summary.prs_failed) == (COUNT, 0)
    assert threaded.asked()["ThreadComments"] < 3 * MAX_FAILURES
    reasons = warehouse.read("SELECT DISTINCT partial_reason AS r FROM pull_requests")["r"].to_list()
    assert reasons == ["comments of 2 review threads"]
    threaded.running.faults.clear()
    assert threaded.ingest(warehouse, start(phase=2, days=90)).problems == {}
    assert warehouse.read("SELECT count(*) FROM review_comments").item() == 2 * COUNT


def test_pull_requests_that_never_come_at_once_are_read_part_by_part(
    threaded: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    threaded.fail(Fault(Kind.TIMEOUT, operation="PullRequests", times=None))
    assert threaded.ingest(warehouse, start()).problems == {}
    assert threaded.asked()["PullRequests"] < 6 * MAX_FAILURES  # three for each pull request, then its repository ends


def fail(failures: KindFailures, name: str, *identifiers: str) -> None:
    for identifier in identifiers:
        failures.record_failure(Document(name, ""), {"id": identifier}, TimedOut("HTTP 502"), NOW)


def test_a_kind_is_given_up_only_for_several_objects_while_others_succeed() -> None:
    failures, kind = KindFailures(), Document("Kind", "")
    fail(failures, "Kind", *["one"] * 2 * MAX_FAILURES)
    failures.record_success(Document("Other", ""))
    failures.check(kind, "", NOW)
    fail(failures, "Kind", "two", "three")
    with pytest.raises(KindFails, match="HTTP 502"):
        failures.check(kind, "one", NOW)


def test_a_github_that_responds_to_nothing_gives_up_no_kind() -> None:
    failures = KindFailures()
    fail(failures, "Kind", *map(str, range(2 * MAX_FAILURES)))
    assert failures.is_suspect(Document("Kind", ""))
    failures.check(Document("Kind", ""), "", NOW)


def test_a_kind_that_was_given_up_is_tried_once_a_minute_until_it_succeeds() -> None:
    failures, kind = KindFailures(), Document("Kind", "")
    fail(failures, "Kind", *map(str, range(MAX_FAILURES)))
    failures.record_success(Document("Other", ""))
    later = NOW + PAUSE
    failures.check(kind, "", later)
    with pytest.raises(KindFails):
        failures.check(kind, "", later)
    failures.record_success(kind)
    failures.check(kind, "", later)
