"""Several tokens: budgets of their own, the richest first, and what becomes of one that is revoked."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.limits import Limits
from tasks.github.api.accounts import MAX_RENEWALS
from tasks.github.api.client import GitHub
from tasks.github.api.errors import TokenRefused
from tasks.github.api.tokens import fixed_tokens, split_tokens
from tasks.github.organisation.owner import fetch_owner

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

THREE = "ghp_of_ann,ghp_of_bob,ghp_of_eve"


@pytest.fixture
def three(simulate: "Callable[..., Simulated]") -> "Simulated":
    """Three tokens of three people, ten points an hour each."""
    simulated = simulate(limits=Limits(hourly_points=10))
    for token in THREE.split(","):
        simulated.running.tokens.grant(token, token.removeprefix("ghp_of_"))
    return simulated


def ask_owner(count: int, at_once: bool = False) -> "Callable[[GitHub], object]":
    async def ask(github: GitHub) -> GitHub:
        if at_once:
            await asyncio.gather(*(fetch_owner(github, "acme") for _ in range(count)))
        else:
            for _ in range(count):
                await fetch_owner(github, "acme")
        return github

    return ask


def spent(simulated: "Simulated") -> list[int]:
    return list(simulated.running.stats()["points_by_login"].values())


@pytest.mark.parametrize(
    "text", ["a,b,c", " a , b,c,", "a b\nc", "a,b,a,c"], ids=["commas", "blanks", "lines", "twice the same"]
)
def test_tokens_stand_with_commas_or_blanks_between_them(text: str) -> None:
    assert split_tokens(text) == ["a", "b", "c"]


def test_a_token_is_named_by_its_place(simulated: "Simulated") -> None:
    settings = simulated.settings(token="one,two", more_tokens="three")
    assert [token.name for token in fixed_tokens(*settings.tokens)] == ["token 1 of 3", "token 2 of 3", "token 3 of 3"]


def test_the_budgets_of_all_tokens_are_spent_before_anything_is_waited_for(three: "Simulated") -> None:
    github = three.ask(ask_owner(30), token=THREE)
    assert spent(three) == [10, 10, 10]
    assert (github.points_spent, github.remaining, github.requests) == (30, 0, 33), "three ask what is left"
    assert three.clock.waits == []


def test_when_all_are_spent_the_first_hour_that_turns_is_waited_for(three: "Simulated") -> None:
    three.ask(ask_owner(34, at_once=True), token=THREE, workers=4)
    assert [wait for wait in three.clock.waits if wait] == [three.now + timedelta(hours=1, seconds=1)]
    assert three.violations() == 0


def test_a_request_goes_to_the_token_with_most_left(three: "Simulated") -> None:
    three.running.tokens.grant("ghp_of_ann", "ann").account.used = 7
    three.running.tokens.grant("ghp_of_bob", "bob").account.used = 4
    for token in ("ghp_of_ann", "ghp_of_bob"):
        three.running.tokens.known[token].account.reset_at = three.clock.seconds() + 3600
    three.ask(ask_owner(12), token=THREE)
    assert sorted(spent(three)) == [7, 8, 8]


def test_a_secondary_limit_of_one_token_holds_the_others_back_for_no_moment(three: "Simulated") -> None:
    three.fail(Fault(Kind.SECONDARY_LIMIT, after=3, seconds=30))
    three.ask(ask_owner(12), token=THREE)
    assert three.clock.slept == []
    assert three.violations() == 0


def test_a_revoked_token_is_dropped_by_its_place_and_no_request_is_lost(three: "Simulated") -> None:
    three.fail(Fault(Kind.TOKEN_REVOKED, after=4))
    github = three.ask(ask_owner(12, at_once=True), token=THREE, workers=3)
    (dropped,) = [account for account in github.accounts.all if account.refusal]
    assert dropped.name.startswith("token ")
    assert "ghp_" not in f"{dropped.name} {dropped.refusal}"
    assert len(github.accounts.live) == 2


def test_when_all_are_revoked_the_run_ends_and_each_is_named(three: "Simulated") -> None:
    three.fail(Fault(Kind.TOKEN_REVOKED, after=4, times=3))
    with pytest.raises(TokenRefused, match="none of the 3 tokens") as caught:
        three.ask(ask_owner(12), token=THREE)
    assert caught.value.ends_run
    assert all(f"token {place} of 3" in str(caught.value) for place in (1, 2, 3))
    assert "ghp_" not in str(caught.value)


def test_the_workers_are_those_of_each_token(three: "Simulated") -> None:
    async def count(github: GitHub) -> int:
        return github.workers

    assert three.ask(count, token=THREE, workers=1, max_workers=2) == 6


def test_a_token_is_doubted_once_for_all_requests_in_flight_and_again_only_after_it_was_accepted(
    simulated: "Simulated",
) -> None:
    account = simulated.ask(ask_owner(1)).accounts.all[0]
    sent = account.doubts
    assert [account.doubt(sent, renewals=0) for _ in range(3)] == [True, True, True]
    assert not account.doubt(account.doubts, renewals=1)
    account.is_accepted = True
    assert account.doubt(account.doubts, renewals=1)
    account.is_accepted = True
    assert not account.doubt(account.doubts, renewals=MAX_RENEWALS)
