"""Tokens that end, are revoked or run dry while a window is ingested: nothing is lost, and no limit is overstepped."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from joserfc.jwk import RSAKey

from simulators.github.serving.apps import App as RegisteredApp
from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.limits import Limits
from tasks.github.access.app import App, InstallationToken
from tasks.github.api.client import GitHub
from tasks.github.api.errors import TokenRefused
from tasks.github.api.rest import Rest
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.summary import SyncSummary
from warehouse.connection import Warehouse
from warehouse.progress import Run

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]
Start = Callable[..., Run]
TOKENS = ("ghp_of_ann", "ghp_of_bob", "ghp_of_eve")
KEY = RSAKey.generate_key(2048, private=True)


def stored_count(warehouse: Warehouse) -> int:
    return int(warehouse.read("SELECT count(*) FROM pull_requests").item())


@pytest.fixture
def three(simulate: Simulate, warehouse: Warehouse) -> "Simulated":
    """Forty pull requests, and three people's tokens of twelve points an hour."""
    simulated = simulate(pull_requests=40, limits=Limits(hourly_points=12))
    for token in TOKENS:
        simulated.running.tokens.grant(token, token.removeprefix("ghp_of_"))
    simulated.discover(warehouse)
    return simulated


def test_several_tokens_share_the_work_while_one_is_revoked_and_another_limited(
    three: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    three.fail(Fault(Kind.SECONDARY_LIMIT, after=6, seconds=20), Fault(Kind.TOKEN_REVOKED, after=10))
    summary = three.ingest(warehouse, start(), token=",".join(TOKENS), page_size=2)
    assert (summary.prs_done, stored_count(warehouse), summary.problems) == (40, 40, {})
    assert all(points > 1 for points in three.running.stats()["points_by_login"].values())
    assert three.violations() == 0


def test_a_401_right_after_accepted_calls_is_asked_once_more(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=12)
    simulated.discover(warehouse)
    simulated.fail(*(Fault(Kind.BAD_CREDENTIALS, after=after) for after in (2, 5, 7)))
    summary = simulated.ingest(warehouse, start(), page_size=2, workers=4)
    assert (summary.prs_done, summary.problems) == (12, {})


def test_when_the_last_token_is_revoked_what_is_done_is_kept_and_a_new_token_goes_on(
    three: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    three.fail(Fault(Kind.TOKEN_REVOKED, after=14, times=3))
    with pytest.raises(TokenRefused, match="none of the 3 tokens"):
        three.ingest(warehouse, start(), token=",".join(TOKENS), page_size=2)
    kept = stored_count(warehouse)
    assert 0 < kept < 40
    summary = three.ingest(warehouse, start(), token="ghp_new", page_size=2)
    assert (summary.prs_done, stored_count(warehouse)) == (40, 40)


def test_an_apps_token_is_made_anew_in_the_middle_of_a_window(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=40)
    simulated.discover(warehouse)
    public = KEY.as_pem(private=False).decode()
    simulated.running.apps.register(RegisteredApp("77", public, installations={1: "acme"}))
    fetched: list[None] = []

    def revoke_now_and_then() -> None:
        """At the third batch the token is revoked; at the sixth its hour is over."""
        fetched.append(None)
        if len(fetched) == 3:
            simulated.running.tokens.revoke(simulated.running.tokens.issued("ghs_")[-1])
        if len(fetched) == 6:
            simulated.clock.at += timedelta(hours=1)

    async def run() -> SyncSummary:
        settings = simulated.settings(app_id="77", app_private_key=KEY.as_pem(private=True).decode(), page_size=4)
        rest = Rest(5.0, clock=simulated.clock, sleep=simulated.clock.sleep)
        rest.skew = timedelta(0)
        credential = InstallationToken(App(settings, rest), rest, "acme")
        clock = simulated.clock
        async with GitHub(settings, clock=clock, sleep=clock.sleep, credentials=[credential]) as github:
            github.skew = timedelta(0)
            return await ingest(github, warehouse, start())

    with simulated.before_each("PullRequests", revoke_now_and_then):
        summary = asyncio.run(run())
    assert (summary.prs_done, stored_count(warehouse), summary.problems) == (40, 40, {})
    assert simulated.running.stats()["tokens_made"] == 3
