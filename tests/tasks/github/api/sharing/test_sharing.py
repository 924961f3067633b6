"""Runs with one account share its points, its pauses and its room; those with other accounts are left alone."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulators.github.serving.faults import Fault, Kind
from tasks.github.api.budget import POINTS_A_MINUTE, Budget
from tasks.github.api.client import GitHub
from tasks.github.api.concurrency import MAX_OF_ALL_RUNS, ConcurrencyLimit
from tasks.github.api.sharing.shares import LEASE_SECONDS, KnownBudget, Shares, open_shares
from tasks.github.api.sharing.sharing import Sharing
from tasks.github.api.token_facts import TokenFacts
from tasks.github.organisation.owner import fetch_owner
from warehouse.connection import WarehouseUnreadable

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

NOW = 1_780_000_000.0
UNKNOWN = KnownBudget()
Join = Callable[[str], Shares]


@pytest.fixture
def join(tmp_path: Path) -> Iterator[Join]:
    """Open the shares of a holder, as a run of its own would."""
    with ExitStack() as stack:

        def opened(holder: str) -> Shares:
            shares = open_shares(tmp_path, holder, NOW)
            stack.callback(shares.close)
            return shares

        yield opened


# --- leases -------------------------------------------------------------------------------------------


def test_holders_of_one_account_are_counted_and_those_of_another_are_not(join: Join) -> None:
    first, second, third = join("first"), join("second"), join("third")
    assert first.renew("ann", UNKNOWN, NOW)[0] == 1
    assert second.renew("ann", UNKNOWN, NOW)[0] == 2
    assert third.renew("bob", UNKNOWN, NOW)[0] == 1
    assert first.renew("ann", UNKNOWN, NOW + 1)[0] == 2
    second.release(["ann"])
    assert first.renew("ann", UNKNOWN, NOW + 2)[0] == 1


def test_the_share_of_a_holder_that_was_killed_ends(join: Join) -> None:
    killed, other = join("killed"), join("other")
    killed.renew("ann", UNKNOWN, NOW)
    assert other.renew("ann", UNKNOWN, NOW + LEASE_SECONDS - 1)[0] == 2
    assert other.renew("ann", UNKNOWN, NOW + LEASE_SECONDS)[0] == 1


def test_what_one_learns_of_the_budget_all_know(join: Join) -> None:
    first, second = join("first"), join("second")
    hour = NOW + 1800
    first.renew("ann", KnownBudget(5000, 900, hour, NOW + 50), NOW)
    assert second.renew("ann", KnownBudget(5000, 1200, hour), NOW)[1] == KnownBudget(5000, 900, hour, NOW + 50)
    assert first.renew("ann", KnownBudget(5000, 5000, hour + 3600), NOW)[1].remaining == 5000, "the hour is a new one"
    assert second.renew("ann", KnownBudget(5000, 800, hour), NOW)[1].remaining == 5000, "the earlier hour is over"


# --- what follows from it -----------------------------------------------------------------------------


def test_two_runs_send_the_points_of_a_minute_together() -> None:
    at = datetime.fromtimestamp(NOW, UTC)
    budget = Budget(remaining=5000, limit=5000, sharers=2)
    budget.reserve(POINTS_A_MINUTE // 2 - 10, at)
    assert budget.blocked_until(10, at) is None
    assert budget.blocked_until(11, at) == at + timedelta(minutes=1)


def test_many_runs_leave_each_other_room_and_each_has_some() -> None:
    limit = ConcurrencyLimit(8, 8)
    for runs, expected in ((1, 8), (10, 4), (1000, 1)):
        limit.share(runs)
        assert min(limit.limit, limit._share) == expected
    assert limit.is_open
    assert MAX_OF_ALL_RUNS == 40


def sharing(github: GitHub, home: Path, holder: str) -> GitHub:
    github.sharing = Sharing(github.settings, lambda now: open_shares(home, holder, now.timestamp()))
    return github


def test_a_pause_of_one_run_is_kept_by_the_other_and_not_by_a_run_with_another_account(
    simulated: "Simulated", tmp_path: Path
) -> None:
    async def ask() -> None:
        clients = [sharing(simulated.client(), tmp_path, holder) for holder in ("first", "second", "third")]
        async with clients[0] as first, clients[1] as second, clients[2] as third:
            third.accounts.all[0].facts = TokenFacts("the token", login="somebody-else")
            for client in (first, second, third):
                await fetch_owner(client, "acme")
            simulated.fail(Fault(Kind.SECONDARY_LIMIT, seconds=90))
            before = simulated.clock()
            limited = asyncio.create_task(fetch_owner(first, "acme"))
            while not simulated.clock.slept:  # until it waits
                await asyncio.sleep(0)
            until = first.accounts.all[0].budget.paused_until
            simulated.clock.at = before + timedelta(seconds=5)
            for client in (second, third):
                await client.sharing.renew_if_due(client.accounts, simulated.clock())  # type: ignore[union-attr]
            budgets = [client.accounts.all[0].budget for client in (second, third)]
            assert [budget.paused_until for budget in budgets] == [until, None]
            assert [budget.sharers for budget in budgets] == [2, 1]
            await limited
            for client in (first, second, third):
                await client.sharing.close()  # type: ignore[union-attr]

    asyncio.run(ask())
    assert simulated.violations() == 0


def test_a_run_goes_on_while_the_shares_cannot_be_reached(simulated: "Simulated", tmp_path: Path) -> None:
    tries = []

    def away(now: datetime) -> Shares:
        tries.append(now)
        raise WarehouseUnreadable("away")

    async def ask() -> None:
        async with simulated.client() as github:
            github.sharing = Sharing(github.settings, away)
            for _ in range(3):
                assert (await fetch_owner(github, "acme")).login == "acme"
                simulated.clock.at += timedelta(seconds=5)
            simulated.clock.at += timedelta(seconds=60)
            github.sharing = Sharing(github.settings, lambda now: open_shares(tmp_path, "first", now.timestamp()))
            await fetch_owner(github, "acme")
            assert list(github.sharing.holders.values()) == [1]
            await github.sharing.close()

    asyncio.run(ask())
    assert len(tries) == 1, "a server that is away is asked again half a minute later"
