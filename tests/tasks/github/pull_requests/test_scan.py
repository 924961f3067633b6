"""A scan finds every pull request of its window, whatever is touched while it runs."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.github.serving.faults import Fault, Kind
from simulators.github.store import records
from tasks.github.api.errors import NotFound, TimedOut
from tasks.github.pull_requests.scan import scan_forgotten, scan_repository
from tasks.github.pull_requests.scanned import LONG_AGO, Scan, parse_scanned
from warehouse.windows import Window

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]


def scan(simulated: "Simulated", window: Window | None = None, page: int = 100, name: str = "acme/one") -> Scan:
    repository = simulated.organisation.repository(name)
    assert repository is not None
    window = window or Window(simulated.now - timedelta(days=30))
    return simulated.ask(lambda github: scan_repository(github, repository["id"], name, window, page_size=page))


def numbers(found: Scan) -> list[int]:
    return [item.number for item in found.pull_requests]


def test_a_date_that_cannot_be_is_that_of_one_pull_request_and_fails_no_list() -> None:
    node = {"id": "PR_1", "number": 1, "createdAt": "0001-01-01T00:00:00Z", "state": "OPEN"}
    scanned = parse_scanned(node | {"updatedAt": "2026-08-21T12:00:00Z"})
    assert scanned is not None
    assert scanned.created_at == LONG_AGO
    assert parse_scanned(node | {"updatedAt": "0000-00-00T00:00:00Z"}) is None


def test_the_last_updated_comes_first(simulated: "Simulated") -> None:
    found = scan(simulated)
    assert numbers(found) == [1, 2, 3]
    assert (found.full_name, found.total, found.started_at) == ("acme/one", 3, simulated.now)


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_the_size_of_a_page_changes_nothing(simulated: "Simulated", page: int) -> None:
    assert numbers(scan(simulated, page=page)) == [1, 2, 3]


def test_a_window_takes_its_start_and_not_its_end(simulated: "Simulated") -> None:
    hour = timedelta(hours=1)
    assert numbers(scan(simulated, Window(simulated.now - 2 * hour, simulated.now - hour))) == [2]


def test_a_scan_on_one_page_asks_once(simulated: "Simulated") -> None:
    scan(simulated)
    assert simulated.asked() == {"Scan": 1}


def test_a_scan_stops_at_the_cut_off(simulate: Simulate) -> None:
    simulated = simulate(pull_requests=50)
    found = scan(simulated, Window(simulated.now - timedelta(hours=5.5)), page=3)
    assert numbers(found) == [1, 2, 3, 4, 5]
    assert simulated.asked()["Scan"] <= 3


def test_an_empty_repository_has_nothing(simulate: Simulate) -> None:
    assert numbers(scan(simulate(pull_requests=0))) == []


def test_a_repository_that_is_gone_is_named(simulated: "Simulated") -> None:
    identifier = simulated.organisation.repositories[0]["id"]
    simulated.organisation.remove_repository("acme/one")
    with pytest.raises(NotFound, match="acme/one no longer exists"):
        simulated.ask(lambda github: scan_repository(github, identifier, "acme/one", Window(simulated.now)))


def test_a_page_that_fails_for_good_names_its_repository(simulated: "Simulated") -> None:
    simulated.fail(Fault(Kind.BAD_GATEWAY_JSON, times=None))
    with pytest.raises(TimedOut, match="scan of acme/one"):
        scan(simulated)


def test_pages_that_pass_only_when_smaller_are_asked_for_in_smaller_ones(simulate: Simulate) -> None:
    simulated = simulate(pull_requests=60)
    simulated.fail(Fault(Kind.TIMEOUT, operation="Scan", first_above=30, times=None))
    assert sorted(numbers(scan(simulated))) == list(range(1, 61))


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_the_start_of_a_scan_is_told_by_githubs_clock(simulate: Simulate, seconds: int) -> None:
    simulated = simulate(skew=seconds)
    assert scan(simulated).started_at == simulated.now + timedelta(seconds=seconds)


def test_touches_while_it_runs_lose_none_of_500_pull_requests(simulate: Simulate) -> None:
    simulated = simulate(pull_requests=500)
    simulated.fail(Fault(Kind.TOUCH, operation="Scan", times=40, count=10))
    assert sorted(numbers(scan(simulated, page=25))) == list(range(1, 501))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    count=st.integers(1, 20),
    page=st.integers(1, 12),
    touches=st.lists(st.lists(st.integers(0, 19), max_size=6), max_size=12),
)
def test_a_scan_of_any_page_size_under_any_touches_finds_all(
    simulated: "Simulated", count: int, page: int, touches: list[list[int]]
) -> None:
    """`touches`: which pull requests are touched before each request; drawn here, since a server answers in between."""
    name = add_repository(simulated, count)
    seconds = itertools.count(1)

    def touch() -> None:
        at = records.iso(simulated.now.timestamp() + next(seconds))
        for chosen in touches.pop() if touches else ():
            simulated.organisation.touch(name, chosen % count + 1, at)

    with simulated.before_each("Scan", touch):
        found = scan(simulated, page=page, name=name)
    assert sorted(numbers(found)) == list(range(1, count + 1))


def forgotten(simulated: "Simulated", name: str = "acme/one", page: int = 100) -> list[int]:
    """Numbers of the open pull requests of which nothing was heard for 30 days."""
    repository = simulated.organisation.repository(name)
    assert repository is not None
    before = simulated.now - timedelta(days=30)
    found, _ = simulated.ask(lambda github: scan_forgotten(github, repository["id"], name, before, page_size=page))
    return [item.number for item in found]


def test_what_is_open_and_older_than_the_window_is_found_whatever_its_age(simulated: "Simulated") -> None:
    organisation = simulated.organisation
    for days in (29, 31, 400, 2000):
        organisation.add("acme/one", simulated.ago(days=days), "Old", "ann")
    for state in ("CLOSED", "MERGED"):
        number = organisation.add("acme/one", simulated.ago(days=50), "Old", "ann")["number"]
        organisation.edit("acme/one", number, state=state, closedAt=simulated.ago(days=50))
    assert forgotten(simulated) == [5, 6, 7], "neither the young ones nor those that are over"
    assert simulated.asked() == {"ScanOpen": 1}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(count=st.integers(1, 12), page=st.integers(1, 5), closings=st.lists(st.integers(0, 11), max_size=8))
def test_closings_and_touches_while_it_runs_lose_none_that_stays_open(
    simulated: "Simulated", count: int, page: int, closings: list[int]
) -> None:
    """Each request finds one more pull request closed, and another one touched."""
    name, left = add_repository(simulated, count, days=40), set(range(1, count + 1))

    def change() -> None:
        for state, chosen in (("CLOSED", closings.pop()), ("OPEN", closings.pop())) if len(closings) > 1 else ():
            now, number = records.iso(simulated.now.timestamp()), chosen % count + 1
            left.discard(number)
            if simulated.organisation.pull_request(name, number)["state"] == "OPEN":
                simulated.organisation.edit(name, number, state=state, updatedAt=now)

    with simulated.before_each("ScanOpen", change):
        found = forgotten(simulated, name, page)
    assert left <= set(found)


def add_repository(simulated: "Simulated", count: int, days: int = 0) -> str:
    """Add a repository with N pull requests, one updated each hour, the last one some days ago."""
    organisation = simulated.organisation
    number = len(organisation.repositories) + 1
    organisation.add_repository(records.repository(organisation.owner, number, f"r{number}", simulated.ago(days=300)))
    for hours in range(1, count + 1):
        organisation.add(f"acme/r{number}", simulated.ago(days=days, hours=hours), "Change", "ann")
    return f"acme/r{number}"
