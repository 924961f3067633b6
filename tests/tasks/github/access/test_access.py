"""A pause that GitHub demanded of one run is observed by the next, also if the first was killed."""

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.limits import RetryAfter
from tasks.access import check_before_sync, read_pauses, save_access
from tasks.github.api.client import GitHub
from tasks.github.api.rest import Rest
from tasks.github.organisation.owner import fetch_owner
from warehouse.connection import Warehouse

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

LOGGER = logging.getLogger("access")


class Killed(Exception):
    """Stands for SIGKILL: nothing is written after it."""


def pause_and_die(simulated: "Simulated", warehouse: Warehouse) -> None:
    """Start a run that meets a secondary limit of 90 s, stores that it waits, as `sync_window` does, and is killed."""

    async def run() -> None:
        async def on_wait(_: object) -> None:
            save_access(github, warehouse, "acme")
            raise Killed

        settings = simulated.settings()
        async with GitHub(settings, clock=simulated.clock, sleep=simulated.clock.sleep, on_wait=on_wait) as github:
            await fetch_owner(github, "acme")

    simulated.fail(Fault(Kind.SECONDARY_LIMIT, retry_after=RetryAfter.SECONDS, seconds=90.0))
    with pytest.raises(Killed):
        asyncio.run(run())


def check(simulated: "Simulated", warehouse: Warehouse, team: str = "acme", **settings: str) -> None:
    async def work(github: GitHub) -> None:
        rest = Rest(5.0, clock=simulated.clock, sleep=simulated.clock.sleep)
        await check_before_sync(github, rest, warehouse, team, LOGGER)

    simulated.ask(work, **settings)


def test_a_run_that_follows_a_killed_one_sends_nothing_before_the_pause_is_over(
    simulated: "Simulated", warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    pause_and_die(simulated, warehouse)
    simulated.clock.at += timedelta(seconds=20)
    with caplog.at_level(logging.INFO):
        check(simulated, warehouse)
    assert simulated.clock.at - simulated.now >= timedelta(seconds=90)
    assert [until is None for until in simulated.clock.waits] == [False, True], "the page says so, and that it is over"
    assert "may not be used until 12:01:31 UTC" in caplog.text
    assert simulated.violations() == 0
    assert read_pauses(warehouse, simulated.clock()) == {}


def test_a_pause_that_is_over_is_not_waited_for(simulated: "Simulated", warehouse: Warehouse) -> None:
    pause_and_die(simulated, warehouse)
    simulated.clock.at += timedelta(seconds=100)
    check(simulated, warehouse)
    assert simulated.clock.waits == []
    assert simulated.clock.at - simulated.now == timedelta(seconds=100)
    assert simulated.violations() == 0


def test_a_team_that_asks_with_the_same_token_waits_for_the_pause_too(
    simulated: "Simulated", warehouse: Warehouse
) -> None:
    pause_and_die(simulated, warehouse)
    check(simulated, warehouse, team="umbrella")
    assert simulated.clock.at - simulated.now >= timedelta(seconds=90)
    assert simulated.violations() == 0


def test_a_pause_of_another_token_is_not_waited_for(simulated: "Simulated", warehouse: Warehouse) -> None:
    pause_and_die(simulated, warehouse)
    check(simulated, warehouse, team="umbrella", more_tokens="another-token")
    assert simulated.clock.waits == []
