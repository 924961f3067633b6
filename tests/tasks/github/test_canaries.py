"""Canaries: each kind of secret is looked for in all that a person, a log or the disk gets to see, in each fault.

Logs are at DEBUG, and tracebacks with the local variables of every frame: so fault finders print them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import RSAKey

from simulators.github.serving.apps import App as RegisteredApp
from simulators.github.serving.faults import Fault, Kind
from tasks.access import check_before_sync, store_access
from tasks.github.access.app import App, InstallationToken
from tasks.github.access.device import await_login, start_login
from tasks.github.api.client import GitHub
from tasks.github.api.errors import GitHubError
from tasks.github.api.rest import Rest
from tasks.github.api.tokens import Credential, fixed_tokens
from tasks.github.organisation.owner import fetch_owner
from warehouse.connection import Warehouse

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

KEY = RSAKey.generate_key(2048, private=True)
PEM = KEY.as_pem(private=True).decode()
TOKENS = ("ghp_" + "Canary1Qw" * 4, "github_pat_" + "Canary2Er" * 5, "ghp_" + "Canary3Ty" * 4)
FAULTS = [Kind.TOKEN_REVOKED, Kind.BAD_GATEWAY_HTML, Kind.RESET, Kind.HANG, Kind.SCOPES]


def key_lines() -> list[str]:
    """Return the lines of the key: any of them in a log counts as a leak."""
    return [line for line in PEM.splitlines() if line and not line.startswith("-")]


def secrets_of(simulated: "Simulated") -> list[str]:
    """Return the secrets in the settings, and every token that was issued meanwhile."""
    running = simulated.running
    return [*TOKENS, *key_lines(), *running.tokens.issued(), *running.devices._codes, *running.apps.assertions]


def leaks(simulated: "Simulated", *shown: str) -> list[str]:
    """Return the secrets found in the texts, or their middles: a part of a token counts, too."""
    everything = "\n".join(shown)
    return [secret[:12] for secret in secrets_of(simulated) if secret[8:] in everything]


def settings(simulated: "Simulated", seconds: float = 20.0) -> Any:
    return simulated.settings(
        token=",".join(TOKENS[:2]),
        more_tokens=TOKENS[2],
        app_id="77",
        app_private_key=PEM,
        client_id=simulated.running.devices.client_id,
        web_url=simulated.running.url,
        timeout_seconds=seconds,
    )


def rest_of(simulated: "Simulated", seconds: float = 20.0) -> Rest:
    rest = Rest(seconds, clock=simulated.clock, sleep=simulated.clock.sleep, jitter=lambda: 1.0)
    rest.skew = timedelta(0)
    return rest


def credentials_of(simulated: "Simulated", rest: Rest, kind: str) -> list[Credential]:
    if kind == "app":
        public = KEY.as_pem(private=False).decode()
        simulated.running.apps.register(RegisteredApp("77", public, installations={1: "acme"}))
        return [InstallationToken(App(settings(simulated), rest), rest, "acme")]
    for place, token in enumerate(TOKENS):
        simulated.running.tokens.grant(token, f"person-{place}")
    return list(fixed_tokens(*settings(simulated).tokens))


def ask(
    simulated: "Simulated",
    kind: str,
    work: Callable[[GitHub, Rest], Awaitable[None]],
    seen: list[object],
    seconds: float = 20.0,
) -> None:
    """`work` with a client; all that it is made of goes into `seen`."""

    async def run() -> None:
        rest = rest_of(simulated, seconds)
        clock, chosen = simulated.clock, settings(simulated, seconds)
        credentials = credentials_of(simulated, rest, kind)
        async with GitHub(chosen, clock=clock, sleep=clock.sleep, credentials=credentials) as github:
            github.skew = timedelta(0)
            seen.extend([github, rest, github.settings, *github.accounts.all, *credentials])
            await work(github, rest)

    asyncio.run(run())


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ["app", "several"])
def test_no_token_and_no_key_is_in_any_log_or_exception(
    simulated: "Simulated", fault: Kind, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(github: GitHub, rest: Rest) -> None:
        await fetch_owner(github, "acme")
        simulated.fail(Fault(fault, times=None))
        await fetch_owner(github, "acme")

    seen: list[object] = []
    with caplog.at_level(logging.DEBUG), pytest.raises(GitHubError) as caught:
        ask(simulated, kind, work, seen, seconds=0.3 if fault is Kind.HANG else 20.0)
    traceback = str(caught.getrepr(showlocals=True, chain=True))
    assert "Owner" in traceback
    assert simulated.running.stats()["by_operation"]["Owner"] >= 2
    assert leaks(simulated, caplog.text, traceback, *map(repr, seen), *(repr(vars(each)) for each in seen)) == []


@pytest.mark.parametrize("kind", ["app", "several"])
def test_no_token_and_no_key_is_in_the_warehouse(
    simulated: "Simulated", warehouse: Warehouse, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(github: GitHub, rest: Rest) -> None:
        logger = logging.getLogger("canaries")
        await check_before_sync(github, rest, warehouse, "acme", logger)
        if kind == "several":
            simulated.running.tokens.revoke(TOKENS[0])
        with store_access(github, warehouse, "acme", logger):
            for _ in range(3):
                await fetch_owner(github, "acme")

    with caplog.at_level(logging.DEBUG):
        ask(simulated, kind, work, [])
    rows = warehouse.read("SELECT * FROM github_tokens ORDER BY place").to_dicts()
    assert len(rows) == (1 if kind == "app" else 3)
    if kind == "several":
        assert caplog.text.count("token 1 of 3 is no longer used") == 1
        assert [row["problem"] is None for row in rows] == [False, True, True]
    files = [path.read_bytes() for path in warehouse.settings.home.rglob("*") if path.is_file()]
    on_disk = b"".join(files).decode("latin-1")
    assert "acme" in on_disk
    assert leaks(simulated, str(rows), on_disk, caplog.text) == []


@pytest.mark.parametrize("fault", [Kind.BAD_GATEWAY_HTML, Kind.SERVER_ERROR, None])
def test_no_code_and_no_token_of_a_login_is_in_any_log_or_exception(
    simulated: "Simulated", fault: Kind | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def log_in() -> object:
        rest, chosen = rest_of(simulated), settings(simulated)
        code = await start_login(rest, chosen)
        simulated.running.devices.decide(code.user_code, "ann")
        if fault:
            simulated.fail(Fault(fault, times=None, operation="DeviceToken"))
        granted = await await_login(rest, chosen, code)
        seen.extend([code, granted, repr(vars(granted))])
        # What a second use of the same code meets.
        return await await_login(rest, chosen, code)

    seen: list[object] = []
    with caplog.at_level(logging.DEBUG), pytest.raises(GitHubError) as caught:
        asyncio.run(log_in())
    traceback = str(caught.getrepr(showlocals=True, chain=True))
    assert bool(simulated.running.tokens.issued("gho_")) is (fault is None)
    assert leaks(simulated, caplog.text, traceback, *map(repr, seen)) == []
