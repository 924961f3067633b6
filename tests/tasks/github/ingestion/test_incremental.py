"""Later syncs: a probe, then only what moved; once a week also what may have changed unseen."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.store import records
from tasks.github.api.errors import TimedOut
from tasks.github.api.queries.pull_requests import FIELDS_VERSION, PROBE
from tasks.github.ingestion import stored_state
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.scope import Scope
from tasks.github.ingestion.summary import SyncSummary
from tasks.github.organisation.following import unfollow
from tasks.github.organisation.owner import fetch_owner
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.windows import Phase

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]
Start = Callable[..., Run]


def refresh(simulated: "Simulated", warehouse: Warehouse, start: Start, *, is_refetch: bool = False) -> SyncSummary:
    """Start the run of the next night."""
    simulated.clock.at += timedelta(days=1)
    run = start(days=0.5, phase=Phase.INCREMENTAL, run_id=f"refresh-{simulated.clock.at:%j}", as_of=simulated.clock.at)
    return simulated.ask(lambda github: ingest(github, warehouse, run, scope=Scope(is_refetch=is_refetch)))


def onboard(simulated: "Simulated", warehouse: Warehouse, start: Start) -> None:
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())


def spent(simulated: "Simulated", before: dict[str, int]) -> dict[str, int]:
    """Return requests by operation since `before`."""
    return {
        name: count - before.get(name, 0) for name, count in simulated.asked().items() if count > before.get(name, 0)
    }


def read_repositories(warehouse: Warehouse) -> dict[str, tuple[str, str | None]]:
    rows = warehouse.read("SELECT name, sync_status, last_sync_error FROM repositories ORDER BY name").rows()
    return {name: (status, error) for name, status, error in rows}


def count_stored(warehouse: Warehouse) -> dict[str, int]:
    """Pull requests by repository."""
    return dict(
        warehouse.read(
            "SELECT name, count(*) FROM pull_requests p JOIN repositories r ON r.id = p.repository_id GROUP BY 1"
        ).iter_rows()
    )


@pytest.mark.slow
def test_300_quiet_repositories_are_refreshed_with_three_queries(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=1)
    organisation = simulated.organisation
    for number in range(2, 301):
        organisation.add_repository(
            records.repository(organisation.owner, number, f"r{number}", simulated.ago(days=300))
        )
        organisation.add(f"acme/r{number}", simulated.ago(days=2), "Change", "ann")
    onboard(simulated, warehouse, start)
    before = simulated.asked()
    summary = refresh(simulated, warehouse, start)
    assert spent(simulated, before) == {"Probe": 3}
    assert (summary.requests, summary.points, summary.is_partial) == (4, 3, False), "one asks what is left of the hour"
    row = warehouse.read_one("SELECT count(*) AS n FROM repositories WHERE watermark_at = ?", [simulated.clock.at])
    assert row == {"n": 300}


def test_only_the_repository_that_moved_is_scanned_and_only_what_moved_is_fetched(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=3)
    onboard(simulated, warehouse, start)
    simulated.organisation.comment("acme/two", 3, "bob", records.iso(simulated.clock.seconds() + 3600), "Ping")
    before = simulated.asked()
    refresh(simulated, warehouse, start)
    assert spent(simulated, before) == {"Probe": 1, "Scan": 1, "PullRequests": 1}
    assert warehouse.read("SELECT body FROM comments").rows() == [("Ping",)]


def test_what_github_shows_late_is_found_within_the_overlap(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    onboard(simulated, warehouse, start)
    simulated.organisation.comment("acme/one", 3, "bob", simulated.ago(minutes=8), "Late")
    refresh(simulated, warehouse, start)
    assert warehouse.read("SELECT body FROM comments").rows() == [("Late",)]


def test_a_repository_that_is_gone_is_named_and_the_others_are_refreshed(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=3)
    onboard(simulated, warehouse, start)
    simulated.organisation.remove_repository("acme/two")
    simulated.organisation.rename_repository("acme/three", "drei")
    summary = refresh(simulated, warehouse, start)
    assert list(summary.problems) == ["acme/two"]
    assert read_repositories(warehouse)["one"] == ("done", None)
    assert "acme/two no longer exists" in str(read_repositories(warehouse)["two"][1])
    assert warehouse.read("SELECT count(*) FROM pull_requests").item() == 9
    assert "acme/drei" in warehouse.read("SELECT full_name FROM repositories")["full_name"].to_list()


def test_one_that_was_made_again_under_its_name_is_told_from_the_one_that_is_gone(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=1, pull_requests=2)
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())
    acme = simulated.organisation
    gone = (acme.repository("acme/one") or {})["id"]
    acme.remove_repository("acme/one")
    acme.add_repository(records.repository(acme.owner, 77, "one", simulated.ago(hours=1)))
    acme.add("acme/one", simulated.ago(minutes=5), "Begin again", "ann")
    simulated.discover(warehouse)
    summary = refresh(simulated, warehouse, start)
    assert "another repository has its name now" in summary.problems["acme/one"]
    numbers = warehouse.read("SELECT number FROM pull_requests WHERE repository_id <> ?", [gone])["number"]
    assert numbers.to_list() == [1]
    owner = simulated.ask(lambda github: fetch_owner(github, "acme"))
    asyncio.run(unfollow(warehouse, owner, ["acme/one"]))
    followed = warehouse.read("SELECT id = ? AS is_gone FROM repositories WHERE is_followed", [gone])
    assert followed["is_gone"].to_list() == [False]


def test_a_probe_that_is_too_heavy_is_halved(simulate: Simulate, warehouse: Warehouse, start: Start) -> None:
    simulated = simulate(repositories=4)
    onboard(simulated, warehouse, start)
    simulated.fail(Fault(Kind.TIMEOUT, operation="Probe", above=1, times=None))
    assert not refresh(simulated, warehouse, start).is_partial


@pytest.mark.parametrize("kind", [Kind.TIMEOUT, Kind.MALFORMED_JSON])
def test_a_repository_that_no_probe_gets_past_is_named_and_the_others_are_refreshed(
    simulate: Simulate, warehouse: Warehouse, start: Start, kind: Kind
) -> None:
    simulated = simulate(repositories=4)
    onboard(simulated, warehouse, start)
    organisation = simulated.organisation
    organisation.comment("acme/two", 3, "bob", records.iso(simulated.clock.seconds() + 3600), "Ping")
    add, name = simulated.running.faults.add, organisation.repositories[0]["id"].encode()
    simulated.running.listeners.append(lambda asked, body: add(Fault(kind)) if asked == "Probe" and name in body else 0)
    summary = refresh(simulated, warehouse, start)
    assert list(summary.problems) == ["acme/one"]
    assert warehouse.read("SELECT body FROM comments").rows() == [("Ping",)]
    simulated.running.listeners.clear()
    assert not refresh(simulated, warehouse, start).is_partial


def test_a_github_that_answers_no_probe_ends_the_run_before_each_repository_was_tried(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=4)
    onboard(simulated, warehouse, start)
    simulated.fail(Fault(Kind.BAD_GATEWAY_JSON, operation="Probe", times=None))
    with pytest.raises(TimedOut):
        refresh(simulated, warehouse, start)
    assert simulated.asked()["Probe"] < 25


def test_a_pull_request_that_failed_is_fetched_by_the_next_run_though_nothing_moved(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=2)
    simulated.discover(warehouse)
    simulated.poison(simulated.organisation.pull_request("acme/two", 3)["id"])
    simulated.ingest(warehouse, start())
    assert read_repositories(warehouse)["two"][0] == "partial"
    simulated.running.listeners.clear()
    refresh(simulated, warehouse, start)
    assert read_repositories(warehouse) == {"one": ("done", None), "two": ("done", None)}
    assert warehouse.read("SELECT state FROM sync_items WHERE state <> 'done'").is_empty()
    before = simulated.asked()
    refresh(simulated, warehouse, start)
    assert spent(simulated, before) == {"Probe": 1}


def test_a_thread_resolved_without_a_new_update_is_seen_by_the_weekly_run(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    organisation = simulated.organisation
    comment = records.review_comment(
        records.node_id("PRRC", 1, 1, 1), organisation.account("ann"), simulated.ago(), "?", "a"
    )
    thread = records.thread(records.node_id("PRRT", 1, 1, 1), [comment], 1)
    organisation.edit("acme/one", 1, reviewThreads=[thread | {"isResolved": False}])
    organisation.edit("acme/one", 2, state="CLOSED", closedAt=simulated.ago(days=11))
    organisation.edit("acme/one", 3, state="CLOSED", closedAt=simulated.ago(days=20))
    onboard(simulated, warehouse, start)
    organisation.edit("acme/one", 1, reviewThreads=[thread | {"isResolved": True}])
    refresh(simulated, warehouse, start)
    assert warehouse.read("SELECT is_resolved FROM review_threads").rows() == [(False,)]
    refresh(simulated, warehouse, start, is_refetch=True)
    assert warehouse.read("SELECT is_resolved FROM review_threads").rows() == [(True,)]
    fetched = warehouse.read("SELECT number FROM pull_requests WHERE fetched_at = ? ORDER BY 1", [simulated.clock.at])
    assert fetched.rows() == [(1,), (2,)], "what was closed over 14 days ago stays"


def test_an_open_one_that_no_window_reached_is_found_within_a_week(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.organisation.add("acme/one", simulated.ago(days=400), "Forgotten", "ann")
    onboard(simulated, warehouse, start)
    simulated.ingest(warehouse, start(days=90, phase=Phase.HISTORY, run_id="run-2"))
    assert count_stored(warehouse) == {"one": 4}
    [lost] = warehouse.read("SELECT id FROM pull_requests ORDER BY created_at LIMIT 1")["id"]
    with warehouse.cursor() as cursor:
        cursor.execute("DELETE FROM pull_requests WHERE id = ?", [lost])
        cursor.execute("DELETE FROM sync_items WHERE pull_request_id = ?", [lost])
    refresh(simulated, warehouse, start)
    assert count_stored(warehouse) == {"one": 3}
    before = simulated.asked()
    refresh(simulated, warehouse, start, is_refetch=True)
    assert count_stored(warehouse) == {"one": 4}
    assert "ScanOpen" not in spent(simulated, before), "the probe brings the open ones along"


def test_what_was_fetched_with_fewer_fields_is_fetched_again_some_each_night_the_newest_first(
    simulated: "Simulated", warehouse: Warehouse, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    onboard(simulated, warehouse, start)
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE pull_requests SET fields_version = NULL, is_in_merge_queue = NULL")
    monkeypatch.setattr(stored_state, "MAX_OUTDATED", 2)
    sql = "SELECT count(*) FROM pull_requests WHERE is_in_merge_queue IS NULL"
    (total,) = warehouse.read(sql).row(0)
    for left in (total - 2, max(0, total - 4)):
        refresh(simulated, warehouse, start)
        assert warehouse.read(sql).row(0) == (left,)
    newest = warehouse.read("SELECT arg_max(fields_version, updated_at) FROM pull_requests")
    assert newest.row(0) == (FIELDS_VERSION,)


def test_a_repository_that_is_new_gets_the_history_of_the_others(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    onboard(simulated, warehouse, start)
    organisation = simulated.organisation
    organisation.add_repository(records.repository(organisation.owner, 2, "two", simulated.ago(days=300)))
    for number, days in enumerate((1, 29), 1):
        organisation.add("acme/two", simulated.ago(days=days), f"Change {number}", "ann")
    add_closed(simulated, "acme/two", days=40)
    simulated.discover(warehouse)
    refresh(simulated, warehouse, start)
    numbers = warehouse.read(
        "SELECT number FROM pull_requests p JOIN repositories r ON r.id = repository_id WHERE name = 'two'"
    )
    assert sorted(numbers["number"]) == [1, 2]


def test_what_is_open_belongs_to_the_history_whatever_its_age(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=2)
    organisation = simulated.organisation
    for name in ("acme/one", "acme/two"):
        organisation.add(name, simulated.ago(days=400), "Forgotten", "ann")
        add_closed(simulated, name, days=500)
    onboard(simulated, warehouse, start)
    assert count_stored(warehouse) == {"one": 3, "two": 3}, "the recent ones come first"
    simulated.ingest(warehouse, start(days=90, phase=Phase.HISTORY, run_id="run-2"))
    assert count_stored(warehouse) == {"one": 4, "two": 4}
    before = simulated.asked()
    refresh(simulated, warehouse, start)
    assert spent(simulated, before) == {"Probe": 1}, "once they are there they are looked for no more"
    organisation.edit("acme/one", 4, state="CLOSED", updatedAt=records.iso(simulated.clock.seconds() + 60))
    refresh(simulated, warehouse, start)
    states = "SELECT state FROM pull_requests WHERE number = 4 ORDER BY 1"
    assert warehouse.read(states).rows() == [("CLOSED",), ("OPEN",)]


def test_a_new_repository_brings_what_is_open_too(simulated: "Simulated", warehouse: Warehouse, start: Start) -> None:
    onboard(simulated, warehouse, start)
    organisation = simulated.organisation
    organisation.add_repository(records.repository(organisation.owner, 2, "two", simulated.ago(days=300)))
    organisation.add("acme/two", simulated.ago(days=200), "Forgotten", "ann")
    simulated.discover(warehouse)
    refresh(simulated, warehouse, start)
    assert count_stored(warehouse) == {"one": 3, "two": 1}


def add_closed(simulated: "Simulated", name: str, days: int) -> None:
    """Add a pull request that was opened and closed N days ago."""
    number = simulated.organisation.add(name, simulated.ago(days=days), "Old", "ann")["number"]
    simulated.organisation.edit(name, number, state="CLOSED", closedAt=simulated.ago(days=days))


def test_a_longer_history_fetches_only_what_is_older(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    for days in (100, 200, 400):
        add_closed(simulated, "acme/one", days)
    onboard(simulated, warehouse, start)
    summary = simulated.ingest(warehouse, start(days=365, phase=Phase.HISTORY, run_id="run-2"))
    assert (summary.prs_done, warehouse.read("SELECT count(*) FROM pull_requests").item()) == (2, 5)
    summary = simulated.ingest(warehouse, start(days=730, phase=Phase.HISTORY, run_id="run-3"))
    assert (summary.prs_done, warehouse.read("SELECT count(*) FROM pull_requests").item()) == (3, 6)
    assert simulated.asked()["PullRequests"] == 3
    row = warehouse.read_one("SELECT history_from FROM repositories")
    assert row == {"history_from": simulated.now - timedelta(days=730)}


def test_a_repository_that_github_does_not_answer_for_leaves_the_others_complete(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=3, pull_requests=14)
    simulated.discover(warehouse)
    simulated.fail(
        *(
            Fault(Kind.TIMEOUT, operation=name, repository="acme/two", times=None)
            for name in ("PullRequests", "LightPullRequests")
        )
    )
    summary = simulated.ingest(warehouse, start(), page_size=6)
    assert list(summary.problems) == ["acme/two"]
    assert count_stored(warehouse) == {"one": 14, "three": 14}
    assert read_repositories(warehouse)["two"][0] == "failed"
    simulated.running.faults.clear()
    refresh(simulated, warehouse, start)
    assert warehouse.read("SELECT count(*) FROM pull_requests").item() == 42
    assert read_repositories(warehouse)["two"] == ("done", None)
    assert simulated.violations() == 0


def test_what_a_failed_second_phase_left_out_is_fetched_by_the_next_refresh(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=3, pull_requests=2)
    for name in ("one", "two", "three"):
        simulated.organisation.add(f"acme/{name}", simulated.ago(days=50), "Old", "ann")
    onboard(simulated, warehouse, start)
    simulated.fail(Fault(Kind.TIMEOUT, operation="Scan", repository="acme/two", times=None))
    summary = simulated.ingest(warehouse, start(days=90, phase=Phase.HISTORY, run_id="run-2"))
    assert list(summary.problems) == ["acme/two"]
    assert count_stored(warehouse) == {"one": 3, "two": 2, "three": 3}
    simulated.running.faults.clear()
    before = simulated.asked()
    refresh(simulated, warehouse, start)
    assert count_stored(warehouse) == {"one": 3, "two": 3, "three": 3}
    assert spent(simulated, before) == {"Probe": 1, "ProbeOpen": 1, "Scan": 1, "ScanOpen": 1, "PullRequests": 1}
    assert read_repositories(warehouse)["two"] == ("done", None)
    assert warehouse.read("SELECT DISTINCT history_from FROM repositories").height == 1
    before = simulated.asked()
    refresh(simulated, warehouse, start)
    assert spent(simulated, before) == {"Probe": 1}


def test_a_github_that_answers_for_no_repository_ends_the_run_before_it_has_tried_all(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=4)
    simulated.discover(warehouse)
    simulated.fail(Fault(Kind.BAD_GATEWAY_JSON, operation="Scan", times=None))
    with pytest.raises(TimedOut):
        simulated.ingest(warehouse, start(), workers=1, max_workers=1)
    assert "four" not in {name for name, (status, _) in read_repositories(warehouse).items() if status == "failed"}


def test_a_probe_of_a_hundred_repositories_costs_one_point() -> None:
    assert PROBE.cost({"ids": ["x"] * 100}) == 1
