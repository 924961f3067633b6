"""A list that ends before GitHub's own total is not taken for complete: it heals at night, or is kept as it is."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.store import records
from tasks.github.ingestion.summary import SyncSummary
from tasks.github.organisation.members import sync_members
from warehouse.connection import Warehouse
from warehouse.lists.short_lists import read_short_lists
from warehouse.lists.shortfall import MAX_DAYS, ListName
from warehouse.progress import Run
from warehouse.windows import Phase

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]
Start = Callable[..., Run]


def stored(warehouse: Warehouse) -> int:
    return int(warehouse.read("SELECT count(*) FROM pull_requests").item())


def night(simulated: "Simulated", warehouse: Warehouse, start: Start, number: int) -> SyncSummary:
    simulated.clock.at += timedelta(days=1)
    return simulated.ingest(
        warehouse, start(phase=Phase.INCREMENTAL, run_id=f"night-{number}", as_of=simulated.clock.at)
    )


@pytest.mark.parametrize("phase", [Phase.RECENT, Phase.INCREMENTAL])
def test_a_scan_that_ends_early_is_flagged_and_healed_by_the_next_night(
    simulate: Simulate, warehouse: Warehouse, start: Start, phase: Phase
) -> None:
    simulated = simulate(pull_requests=12)
    simulated.discover(warehouse)
    simulated.fail(Fault(Kind.SHORT_LIST, operation="Scan", part="pullRequests", count=5, times=None))
    summary = simulated.ingest(warehouse, start(phase=phase))
    assert summary.problems == {"acme/one": "GitHub's list ended early: pull requests: 5 of 12"}
    assert warehouse.read("SELECT watermark_at FROM repositories").item() is None
    simulated.running.faults.clear()
    assert night(simulated, warehouse, start, 1).problems == {}
    assert stored(warehouse) == 12
    assert read_short_lists(warehouse, "acme").known == {}


def test_a_list_that_ends_early_once_is_read_again_at_once(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=12)
    simulated.discover(warehouse)
    simulated.fail(Fault(Kind.SHORT_LIST, operation="Scan", part="pullRequests", count=5))
    assert simulated.ingest(warehouse, start()).problems == {}
    assert stored(warehouse) == 12


def test_a_total_that_stays_wrong_is_asked_for_some_nights_and_then_kept(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=12)
    simulated.discover(warehouse)
    simulated.fail(Fault(Kind.SHORT_LIST, operation="Scan", part="pullRequests", count=11, times=None))
    assert simulated.ingest(warehouse, start()).problems
    problems = [night(simulated, warehouse, start, number).problems for number in range(1, 5)]
    assert [bool(each) for each in problems] == [True, False, False, False]
    (kept,) = read_short_lists(warehouse, "acme").known.values()
    assert (kept.shortfall.said, kept.shortfall.given, kept.days >= MAX_DAYS) == (12, 11, True)
    before = simulated.asked()
    night(simulated, warehouse, start, 5)
    assert simulated.asked().get("Scan", 0) == before["Scan"], "a quiet repository is not scanned for it any more"


@pytest.mark.parametrize("part", ["labels", "assignees", "files", "timelineItems", "reviews", "comments", "commits"])
def test_each_list_of_a_pull_request_is_held_against_its_total(
    simulate: Simulate, warehouse: Warehouse, start: Start, part: str
) -> None:
    simulated = simulate(pull_requests=1)
    fill(simulated)
    simulated.discover(warehouse)
    simulated.fail(Fault(Kind.SHORT_LIST, part=part, count=1, times=None))
    simulated.ingest(warehouse, start())
    is_complete, reason = warehouse.read("SELECT is_complete, partial_reason FROM pull_requests").row(0)
    assert (is_complete, "1 of 3" in reason) == (False, True)
    simulated.running.faults.clear()
    night(simulated, warehouse, start, 1)
    assert warehouse.read("SELECT is_complete FROM pull_requests").item() is True


def fill(simulated: "Simulated") -> None:
    from tests.tasks.github.pull_requests.test_fetch import fill as fill_pull_request

    fill_pull_request(simulated, 1, 3)
    people = [simulated.organisation.account(name) for name in ("ann", "bob", "viewer")]
    names = [records.label(number, name, "ffffff") for number, name in enumerate(("a", "b", "c"))]
    simulated.organisation.edit("acme/one", 1, labels=names, assignees=people, changedFiles=3)


def test_a_count_that_stays_wrong_is_kept_as_github_says_and_gives(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=1)
    fill(simulated)
    simulated.discover(warehouse)
    simulated.fail(Fault(Kind.SHORT_LIST, part="reviews", count=2, times=None))
    assert simulated.ingest(warehouse, start()).problems
    problems = [night(simulated, warehouse, start, number).problems for number in (1, 2, 3)]
    assert [bool(each) for each in problems] == [True, False, False]
    assert warehouse.read("SELECT partial_reason FROM pull_requests").item() == "reviews: GitHub says 3, gives 2"
    fetched = simulated.asked()["PullRequests"]
    night(simulated, warehouse, start, 4)
    assert simulated.asked()["PullRequests"] == fetched
    simulated.running.faults.clear()
    simulated.organisation.touch("acme/one", 1, records.iso(simulated.clock.at.timestamp()))
    night(simulated, warehouse, start, 5)
    assert warehouse.read("SELECT is_complete FROM pull_requests").item() is True


def test_files_beyond_what_github_lists_are_partial_at_once_and_for_good(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=1)
    files = [records.changed_file(f"{number}.py", 1, 0) for number in range(3000)]
    simulated.organisation.edit("acme/one", 1, changedFiles=5200, additions=5200, deletions=0, files=files)
    simulated.discover(warehouse)
    assert simulated.ingest(warehouse, start()).problems == {}
    is_complete, reason = warehouse.read("SELECT is_complete, partial_reason FROM pull_requests").row(0)
    assert (is_complete, reason) == (False, "files: GitHub says 5,200, gives 3,000, the most that GitHub lists")


def test_members_of_a_list_that_ends_early_stay_and_the_list_is_due(simulate: Simulate, warehouse: Warehouse) -> None:
    simulated = simulate()
    for name in ("ann", "bob", "viewer"):
        simulated.organisation.memberships.append({"node": simulated.organisation.account(name), "role": "MEMBER"})
    simulated.discover(warehouse)

    def sync() -> str | None:
        summary = simulated.ask(lambda github: sync_members(github, warehouse, "acme", simulated.clock.at))
        return str(summary.error) if summary.error else None

    def members() -> int:
        return int(warehouse.read("SELECT count(*) FROM team_members").item())

    assert (sync(), members()) == (None, 3)
    simulated.fail(Fault(Kind.SHORT_LIST, part="membersWithRole", count=1, times=None))
    assert "members: 1 of 3" in (sync() or "")
    assert members() == 3
    assert read_short_lists(warehouse, "acme").is_any_due([ListName.MEMBERS])
    simulated.running.faults.clear()
    assert (sync(), members()) == (None, 3)
    assert not read_short_lists(warehouse, "acme").is_any_due([ListName.MEMBERS])


def test_repositories_of_a_list_that_ends_early_are_listed_again(simulate: Simulate, warehouse: Warehouse) -> None:
    simulated = simulate(repositories=4)
    simulated.fail(Fault(Kind.SHORT_LIST, part="repositories", count=2, times=None))
    assert simulated.discover(warehouse).problem == "repositories: 2 of 4"
    assert read_short_lists(warehouse, "acme").is_any_due([ListName.REPOSITORIES])
    simulated.running.faults.clear()
    assert simulated.discover(warehouse).problem is None
    assert not read_short_lists(warehouse, "acme").known
