"""Releases and deployments: all of them, once, and never at the cost of the pull requests."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.store import records
from simulators.github.story.organisation import make_organisation
from tasks.github.deliveries.sync import DeliverySummary, sync_deliveries
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.reads.data_health import read_coverage
from warehouse.windows import Phase

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]
Start = Callable[..., Run]
NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)


def ship(simulated: "Simulated", warehouse: Warehouse, run: Run, now: datetime = NOW, **more: Any) -> DeliverySummary:
    work = lambda github: sync_deliveries(github, warehouse, run, now, **more)  # noqa: E731
    return cast(DeliverySummary, simulated.ask(work))


def read(warehouse: Warehouse, table: str, columns: str) -> list[tuple[Any, ...]]:
    return warehouse.read(f"SELECT {columns} FROM {table} ORDER BY created_at, id").rows()


@pytest.fixture
def shop(simulated: "Simulated", warehouse: Warehouse) -> "Simulated":
    """`acme/one`, known to the warehouse, with a release and two deployments, of which one failed."""
    simulated.discover(warehouse)
    ago, organisation = simulated.ago, simulated.organisation
    organisation.release("acme/one", ago(days=3), "v1.0", "ann", description="All new")
    done = (("QUEUED", ago(hours=5)), ("SUCCESS", ago(hours=4)), ("INACTIVE", ago(hours=1)))
    organisation.deploy("acme/one", ago(hours=5), "production", "bob", *done)
    organisation.deploy("acme/one", ago(hours=2), "staging", "bob", ("QUEUED", ago(hours=2)), ("ERROR", ago(hours=1)))
    return simulated


def test_releases_and_deployments_are_stored_with_how_they_went(
    shop: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    summary = ship(shop, warehouse, start())
    assert (summary.repositories_count, summary.releases_count, summary.deployments_count) == (1, 1, 2)
    release = read(warehouse, "releases", "team_id, tag_name, body, author_login, published_at, is_draft")
    assert release == [("acme", "v1.0", "All new", "ann", NOW - timedelta(days=3), False)]
    assert read(warehouse, "deployments", "environment, creator_login, state, succeeded_at, failed_at, ref") == [
        ("production", "bob", "INACTIVE", NOW - timedelta(hours=4), None, "main"),
        ("staging", "bob", "ERROR", None, NOW - timedelta(hours=1), "main"),
    ]
    row = warehouse.read_one("SELECT deliveries_read_at, deliveries_from, deliveries_error FROM repositories") or {}
    covered = read_coverage(warehouse, "acme").row(0, named=True)
    assert (covered["releases"], covered["deployments"], covered["on_github"]) == (1, 2, 3)
    assert row == {
        "deliveries_read_at": NOW,
        "deliveries_from": NOW - timedelta(days=90),
        "deliveries_error": None,
    }


def test_what_is_deleted_on_github_goes_and_what_has_moved_on_is_read_again(
    shop: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    ship(shop, warehouse, start())
    repository = shop.organisation.repositories[0]
    deliveries = shop.organisation.deliveries_of(repository)
    deliveries.releases.clear()
    deliveries.deployments[0]["state"] = "DESTROYED"
    ship(shop, warehouse, start(), NOW + timedelta(days=8))
    assert read(warehouse, "releases", "id") == []
    assert read(warehouse, "deployments", "state") == [("DESTROYED",), ("ERROR",)]


def test_a_release_that_is_dated_by_an_old_commit_is_found_when_it_is_published(
    shop: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    ship(shop, warehouse, start())
    published_at = records.iso((NOW + timedelta(days=8)).timestamp())
    shop.organisation.release("acme/one", shop.ago(days=60), "v0.9.1", "ann", publishedAt=published_at)
    ship(shop, warehouse, start(), NOW + timedelta(days=9))
    assert read(warehouse, "releases", "tag_name, published_at") == [
        ("v0.9.1", NOW + timedelta(days=8)),
        ("v1.0", NOW - timedelta(days=3)),
    ]


def test_a_success_counts_however_many_statuses_follow_it(
    shop: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    later = [("INACTIVE", shop.ago(hours=3, minutes=minute)) for minute in range(30, 0, -1)]
    shop.organisation.deploy("acme/one", shop.ago(hours=6), "qa", "bob", ("SUCCESS", shop.ago(hours=5)), *later)
    ship(shop, warehouse, start())
    assert read(warehouse, "deployments", "environment, succeeded_at")[0] == ("qa", NOW - timedelta(hours=5))


def test_what_is_settled_is_not_read_again(shop: "Simulated", warehouse: Warehouse, start: Start) -> None:
    old = shop.organisation.deploy("acme/one", shop.ago(days=40), "staging", "bob", ("SUCCESS", shop.ago(days=40)))
    ship(shop, warehouse, start())
    old["state"] = "DESTROYED"
    ship(shop, warehouse, start())
    assert ("DESTROYED",) not in read(warehouse, "deployments", "state")


def test_a_deployment_that_was_under_way_is_read_until_it_is_over(
    shop: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    old = shop.organisation.deploy("acme/one", shop.ago(days=40), "staging", "bob")
    old["state"] = "IN_PROGRESS"
    ship(shop, warehouse, start())
    old["state"] = "FAILURE"
    ship(shop, warehouse, start())
    assert read(warehouse, "deployments", "state")[0] == ("FAILURE",)


def test_a_window_further_back_brings_what_is_older(shop: "Simulated", warehouse: Warehouse, start: Start) -> None:
    shop.organisation.release("acme/one", shop.ago(days=200), "v0.1", "ann")
    ship(shop, warehouse, start())
    assert read(warehouse, "releases", "tag_name") == [("v1.0",)]
    ship(shop, warehouse, start(days=300, phase=Phase.HISTORY, run_id="run-2"))
    assert read(warehouse, "releases", "tag_name") == [("v0.1",), ("v1.0",)]


def test_whole_organisations_are_read_to_the_last_page(simulate: Simulate, warehouse: Warehouse, start: Start) -> None:
    organisation = make_organisation(5, NOW, repositories=6, pull_requests=300, days=80, login="acme")
    simulated = simulate(organisation)
    simulated.discover(warehouse)
    summary = ship(simulated, warehouse, start())
    for table in ("releases", "deployments"):
        served = {
            each["id"] for one in organisation.repositories for each in getattr(organisation.deliveries_of(one), table)
        }
        assert {key for (key,) in read(warehouse, table, "id")} == served
    assert summary.deployments_count > 300
    asked = simulated.asked()
    assert asked["MoreDeployments"] > 3
    assert simulated.violations() == 0


def test_a_quiet_organisation_costs_one_request(simulate: Simulate, warehouse: Warehouse, start: Start) -> None:
    organisation = make_organisation(5, NOW - timedelta(days=2), repositories=24, pull_requests=24, login="acme")
    simulated = simulate(organisation)
    simulated.discover(warehouse)
    ship(simulated, warehouse, start())
    before = sum(simulated.asked().values())
    summary = ship(simulated, warehouse, start(run_id="run-2"), NOW + timedelta(days=1))
    assert summary.repositories_count == 0
    assert sum(simulated.asked().values()) - before == 1


def test_a_repository_that_was_pushed_to_is_read_again(simulate: Simulate, warehouse: Warehouse, start: Start) -> None:
    organisation = make_organisation(5, NOW - timedelta(days=2), repositories=24, pull_requests=24, login="acme")
    simulated = simulate(organisation)
    simulated.discover(warehouse)
    ship(simulated, warehouse, start())
    organisation.repositories[7]["pushedAt"] = simulated.ago(hours=-1)
    organisation.release(
        organisation.full_name(organisation.repositories[7]), simulated.ago(hours=-1), "v9", "omar-haddad"
    )
    summary = ship(simulated, warehouse, start(run_id="run-2"), NOW + timedelta(hours=2))
    assert (summary.repositories_count, read(warehouse, "releases", "tag_name")[-1]) == (1, ("v9",))


@pytest.mark.parametrize("kind", [Kind.TOKEN_REVOKED, Kind.SAML])
def test_what_github_does_wrong_is_flagged_and_made_up_for_by_the_next_run(
    shop: "Simulated", warehouse: Warehouse, start: Start, kind: Kind
) -> None:
    shop.fail(Fault(kind, operation="Deployments", times=9))
    summary = ship(shop, warehouse, start())
    error = summary.error or summary.problems["acme/one"]
    row = warehouse.read_one("SELECT deliveries_read_at, deliveries_error FROM repositories") or {}
    assert row == {"deliveries_read_at": None, "deliveries_error": error}
    assert summary.releases_count == 1
    if kind is not Kind.TOKEN_REVOKED:
        shop.running.faults.clear()
        assert ship(shop, warehouse, start()).deployments_count == 2
        assert warehouse.read_one("SELECT deliveries_error FROM repositories") == {"deliveries_error": None}


def test_too_many_at_once_are_asked_in_halves(simulate: Simulate, warehouse: Warehouse, start: Start) -> None:
    simulated = simulate(repositories=4)
    simulated.discover(warehouse)
    simulated.fail(Fault(Kind.RESOURCE_LIMITS, operation="Releases", times=1))
    assert ship(simulated, warehouse, start()).error is None
    assert simulated.asked()["Releases"] == 3


def test_one_repository_that_is_gone_leaves_the_others(simulate: Simulate, warehouse: Warehouse, start: Start) -> None:
    simulated = simulate(repositories=3)
    simulated.discover(warehouse)
    simulated.organisation.release("acme/one", simulated.ago(days=1), "v1", "ann")
    simulated.organisation.remove_repository("acme/two")
    summary = ship(simulated, warehouse, start())
    assert list(summary.problems) == ["acme/two"]
    assert summary.releases_count == 1
