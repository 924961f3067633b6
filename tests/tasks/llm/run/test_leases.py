"""Two runs never analyse the same pull request; leases of a dead run are free again."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from tasks.llm.run.leases import LEASE, Leases
from warehouse.connection import Warehouse
from warehouse.progress import fail_run

IDS = ["PR_1", "PR_2", "PR_3"]


@pytest.fixture
def now(team: Any) -> Any:
    return team.start("run-1").as_of


def opened(warehouse: Warehouse, run_id: str, now: Any) -> Leases:
    leases = Leases(warehouse, "acme", run_id)
    leases.open(now)
    return leases


def test_what_one_run_holds_another_does_not_get(team: Any, now: Any) -> None:
    team.start("run-2")
    one, other = opened(team.warehouse, "run-1", now), opened(team.warehouse, "run-2", now)
    assert one.claim(IDS[:2], now) == IDS[:2]
    assert other.claim(IDS, now) == IDS[2:]


def test_a_claim_ends_by_itself(team: Any, now: Any) -> None:
    team.start("run-2")
    one, other = opened(team.warehouse, "run-1", now), opened(team.warehouse, "run-2", now)
    one.claim(IDS, now)
    assert other.claim(IDS, now + LEASE - timedelta(seconds=1)) == []
    assert other.claim(IDS, now + LEASE) == IDS


def test_a_renewed_claim_lasts_longer(team: Any, now: Any) -> None:
    team.start("run-2")
    one, other = opened(team.warehouse, "run-1", now), opened(team.warehouse, "run-2", now)
    one.claim(IDS, now)
    one.renew(now + timedelta(seconds=60))
    assert other.claim(IDS, now + LEASE) == []


def test_the_claims_of_a_run_that_is_over_are_void_at_once(team: Any, now: Any) -> None:
    run = team.start("run-1")
    one = opened(team.warehouse, "run-1", now)
    one.claim(IDS, now)
    fail_run(team.warehouse, run, "killed", "Retry.", now, state="crashed")
    team.start("run-2")
    assert opened(team.warehouse, "run-2", now).claim(IDS, now) == IDS


def test_a_run_that_is_tried_again_gets_its_own_claims_back(team: Any, now: Any) -> None:
    opened(team.warehouse, "run-1", now).claim(IDS, now)
    assert opened(team.warehouse, "run-1", now).claim(IDS, now) == IDS


@pytest.mark.slow
def test_claims_at_the_same_moment_do_not_overlap(team: Any, now: Any) -> None:
    """Each run with a connection of its own, as processes have."""
    ids = [f"PR_{number}" for number in range(60)]
    claimed: dict[str, list[str]] = {}

    def claim_all(run_id: str) -> None:
        with Warehouse(team.warehouse.settings) as own:
            leases = opened(own, run_id, now)
            claimed[run_id] = [one for start in range(0, 60, 20) for one in leases.claim(ids[start : start + 20], now)]

    threads = [threading.Thread(target=claim_all, args=(f"run-{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [one for got in claimed.values() for one in got]
    assert sorted(everything) == sorted(ids)
