"""With the catalog in PostgreSQL, parts, budgets and the lock of commits are shared by all hosts."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.github.api.sharing.shares import LEASE_SECONDS, KnownBudget, open_shares
from tasks.github.ingestion.parts.leases import Activity, open_leases
from tasks.github.ingestion.parts.taking import open_commit_lock
from tests.warehouse.postgres_cluster import PASSWORD, Cluster, cluster, libpq_quoted
from warehouse.connection import WarehouseUnreadable

pytestmark = pytest.mark.slow
NOW = 1_780_000_000.0
HOUR = 3600.0


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture(autouse=True)
def _catalog(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the catalog of this process into PostgreSQL."""
    address = f"{server.lake} password={libpq_quoted(PASSWORD)}"
    monkeypatch.setenv("PRFLOW_WAREHOUSE_CATALOG", f"postgres:{address}")


def test_two_hosts_with_different_clocks_agree_on_who_holds_a_part(tmp_path: Path) -> None:
    here, there = open_leases(tmp_path / "a", "here", NOW), open_leases(tmp_path / "b", "there", NOW + HOUR)
    here.plan("run", "acme", [["x"], ["y", "z"]], True, NOW)
    mine, theirs = here.claim("run", NOW), there.claim("run", NOW + HOUR)
    assert mine is not None
    assert theirs is not None
    assert (mine.repository_ids, theirs.repository_ids, theirs.is_refetch) == (("x",), ("y", "z"), True)
    assert here.claim("run", NOW + LEASE_SECONDS / 2) is None
    assert there.renew(theirs, Activity(2, 3, NOW + HOUR + 900), NOW + HOUR)
    assert here.finish(mine, NOW)
    standing = here.read("run", NOW)
    assert (standing.done, standing.total, standing.requests, standing.points) == (1, 2, 2, 3)
    assert standing.waiting_until == pytest.approx(NOW + 900, abs=5)
    taken = here.claim("run", NOW + LEASE_SECONDS + 5)
    assert taken == theirs
    assert not there.finish(theirs, NOW + HOUR + 10)
    here.remove("run")
    assert not here.holds(mine, NOW)
    for leases in (here, there):
        leases.close()


def test_budgets_are_shared_and_the_lock_keeps_other_hosts_out_and_other_teams_in(tmp_path: Path) -> None:
    one, other = open_shares(tmp_path / "a", "one", NOW), open_shares(tmp_path / "b", "other", NOW + HOUR)
    one.renew("ann", KnownBudget(5000, 900, NOW + 600, NOW + 50), NOW)
    holders, known = other.renew("ann", KnownBudget(), NOW + HOUR)
    assert (holders, known.remaining) == (2, 900)
    assert known.paused_until == pytest.approx(NOW + HOUR + 50, abs=5)
    one.release(["ann"])
    assert other.renew("ann", KnownBudget(), NOW + HOUR)[0] == 1

    order: list[str] = []
    first, second = (open_commit_lock(tmp_path / name, "acme") for name in "ab")
    theirs = open_commit_lock(tmp_path / "a", "other")

    def commit() -> None:
        with second.exclusive():
            order.append("second")

    with first.exclusive():
        waiting = threading.Thread(target=commit)
        waiting.start()
        with theirs.exclusive():
            order.append("another team")
        order.append("first")
    waiting.join()
    assert order == ["another team", "first", "second"]
    for each in (one, other, first, second, theirs):
        each.close()


def test_a_server_that_is_away_is_named_without_its_password_and_found_again(server: Cluster, tmp_path: Path) -> None:
    leases = open_leases(tmp_path, "here", NOW)
    leases.plan("run", "acme", [["x"]], False, NOW)
    with server.lake_taken_away(), pytest.raises(WarehouseUnreadable) as away:
        leases.claim("run", NOW)
    assert str(away.value).startswith("What parts of a sync are held by whom cannot be reached")
    assert PASSWORD not in str(away.value)
    assert leases.claim("run", NOW) is not None
    leases.close()
