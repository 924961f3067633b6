"""What GitHub fails to return night after night: the rest stays whole, and the runs go on."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from simulators.github.serving.faults import Fault, Kind
from tasks.github.api.errors import TimedOut
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.repository_sync import MIN_FAILURES
from tasks.github.ingestion.summary import SyncSummary
from tasks.measure import write_metrics
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.windows import Phase

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]
Start = Callable[..., Run]


def next_night(simulated: "Simulated", warehouse: Warehouse, start: Start) -> SyncSummary:
    simulated.clock.at += timedelta(days=1)
    run = start(days=0.5, phase=Phase.INCREMENTAL, run_id=f"refresh-{simulated.clock.at:%j}", as_of=simulated.clock.at)
    return simulated.ask(lambda github: ingest(github, warehouse, run))


def read_repository(warehouse: Warehouse, name: str) -> dict[str, object]:
    return warehouse.read_one("SELECT * FROM repositories WHERE name = ?", [name]) or {}


def test_one_pull_request_that_is_never_returned_leaves_all_other_weeks_and_nights_whole(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=2, pull_requests=2)
    monster = simulated.organisation.add("acme/two", simulated.ago(days=10), "Tree", "bob", updatedAt=simulated.ago())
    simulated.poison(monster["id"])
    simulated.discover(warehouse)
    run = start(days=60)
    simulated.ingest(warehouse, run)
    for _ in range(2):
        summary = next_night(simulated, warehouse, start)
        assert list(summary.problems) == ["acme/two"]
        assert f"#{monster['number']}: GitHub answered HTTP 502" in summary.problems["acme/two"]
    assert read_repository(warehouse, "two")["sync_status"] == "partial"
    write_metrics(warehouse, run, simulated.clock())
    partial = "SELECT count(*) FILTER (is_partial) AS some, count(*) AS n FROM weekly_metrics WHERE scope = 'team'"
    found = {
        name: warehouse.read_one(f"{partial} AND metric = '{name}' AND week_start > '2026-06-22'")
        for name in ("opened_prs", "merged_prs")
    }
    assert found["opened_prs"] == {"some": 3, "n": 9}, "those of the ten days since it was opened"
    assert found["merged_prs"] == {"some": 0, "n": 9}, "it is open"

    simulated.running.listeners.clear()
    assert not next_night(simulated, warehouse, start).problems
    assert warehouse.read("SELECT id FROM pull_requests WHERE id = ?", [monster["id"]]).height == 1
    assert read_repository(warehouse, "two")["last_sync_error"] is None


def test_a_repository_that_fails_is_after_three_nights_a_standing_problem_and_not_a_failed_run(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=1)
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())
    simulated.fail(Fault(Kind.TIMEOUT, operation="Probe", times=None))
    for _ in range(2):
        with pytest.raises(TimedOut):
            next_night(simulated, warehouse, start)
    first = read_repository(warehouse, "one")["failing_since"]
    summary = next_night(simulated, warehouse, start)
    assert list(summary.problems) == ["acme/one"]
    assert read_repository(warehouse, "one")["failing_since"] == first is not None
    simulated.running.faults.clear()
    assert not next_night(simulated, warehouse, start).problems
    assert read_repository(warehouse, "one")["failing_since"] is None


def test_repositories_that_failed_before_do_not_count_towards_the_end_of_a_run(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=4)
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())
    names = [f"acme/{name}" for name in ("one", "two", "three")]
    simulated.fail(*(Fault(Kind.TIMEOUT, operation="Probe", repository=name, times=None) for name in names))
    with pytest.raises(TimedOut):
        next_night(simulated, warehouse, start)
    assert sorted(next_night(simulated, warehouse, start).problems) == sorted(names)


@pytest.mark.parametrize("count", [MIN_FAILURES - 1, MIN_FAILURES])
def test_a_first_phase_that_fetched_nothing_at_all_fails_unless_only_one_or_two_were_to_be_fetched(
    simulate: Simulate, warehouse: Warehouse, start: Start, count: int
) -> None:
    simulated = simulate(pull_requests=count)
    for number in range(1, count + 1):
        simulated.poison(simulated.organisation.pull_request("acme/one", number)["id"])
    simulated.discover(warehouse)
    if count < MIN_FAILURES:
        assert simulated.ingest(warehouse, start()).prs_failed == count
    else:
        with pytest.raises(TimedOut):
            simulated.ingest(warehouse, start())
