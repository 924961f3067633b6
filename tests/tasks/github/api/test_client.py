"""The client against a GitHub that limits, fails and lies, over HTTP."""

import asyncio
import logging
import socket
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.limits import Limits, RetryAfter
from tasks.github.api.backoff import ATTEMPTS, ATTEMPTS_TO_REACH
from tasks.github.api.client import GitHub
from tasks.github.api.concurrency import SUCCESSES_TO_INCREASE
from tasks.github.api.errors import (
    Garbled,
    GitHubError,
    Limited,
    QueryRefused,
    SamlRequired,
    ScopeMissing,
    TimedOut,
    TokenRefused,
    TooHeavy,
    Unreachable,
)
from tasks.github.api.queries.organisation import OWNER
from tasks.github.organisation.owner import fetch_owner
from warehouse.errors import NotConfigured

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

SECRET = "ghp_notforanyoneseyes"


async def ask_owner(github: GitHub) -> str:
    return (await fetch_owner(github, "acme")).login


def test_what_was_spent_is_what_the_server_says(simulated: "Simulated") -> None:
    async def ask(github: GitHub) -> tuple[int, int, int | None]:
        for _ in range(3):
            await ask_owner(github)
        return github.requests, github.points_spent, github.remaining

    assert simulated.ask(ask) == (1 + 3, 3, 4997), "one request, free of points, asks what is left"
    assert simulated.running.stats()["points"] == 3


@pytest.mark.parametrize(
    "kind",
    [
        Kind.BAD_GATEWAY_HTML,
        Kind.UNICORN,
        Kind.BAD_GATEWAY_JSON,
        Kind.SERVER_ERROR,
        Kind.EMPTY,
        Kind.RESET,
        Kind.MALFORMED_JSON,
        Kind.TIMED_OUT,
        Kind.UNKNOWN_ERROR,
    ],
)
def test_a_fault_that_passes_is_retried_with_growing_pauses(simulated: "Simulated", kind: Kind) -> None:
    simulated.fail(Fault(kind, times=3))
    assert simulated.ask(ask_owner) == "acme"
    assert simulated.clock.slept == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("kind", "error", "attempts"),
    [
        (Kind.BAD_GATEWAY_HTML, TimedOut, ATTEMPTS),
        (Kind.RESET, Unreachable, ATTEMPTS_TO_REACH),
        (Kind.MALFORMED_JSON, Garbled, ATTEMPTS),
    ],
)
def test_a_fault_that_stays_is_raised_after_the_last_attempt(
    simulated: "Simulated", kind: Kind, error: type[GitHubError], attempts: int
) -> None:
    simulated.fail(Fault(kind, times=None))
    with pytest.raises(error, match=r"^acme: "):
        simulated.ask(ask_owner)
    assert simulated.asked() == {"Owner": attempts}


def test_a_server_that_hangs_is_left_after_the_timeout(simulated: "Simulated") -> None:
    simulated.fail(Fault(Kind.HANG))
    assert simulated.ask(ask_owner, timeout_seconds=2.0) == "acme"
    assert simulated.asked() == {"Owner": 2}


def test_a_heavy_query_is_asked_once_where_the_caller_can_ask_for_less(simulated: "Simulated") -> None:
    simulated.fail(Fault(Kind.TIMEOUT, times=None))

    async def ask(github: GitHub) -> None:
        await github.execute(OWNER, {"login": "acme"}, attempts=1)

    with pytest.raises(TooHeavy):
        simulated.ask(ask)
    assert simulated.asked() == {"Owner": 1}


@pytest.mark.parametrize("form", ["RATE_LIMIT", "RATE_LIMITED", "403"])
def test_a_primary_limit_is_waited_out_and_told(simulated: "Simulated", form: str) -> None:
    simulated.fail(Fault(Kind.PRIMARY_LIMIT, form=form))
    assert simulated.ask(ask_owner) == "acme"
    assert simulated.clock.waits == [simulated.now + timedelta(hours=1, seconds=1), None]
    assert simulated.violations() == 0


@pytest.mark.parametrize("retry_after", list(RetryAfter))
@pytest.mark.parametrize("status", [403, 429, 200])
def test_a_secondary_limit_is_waited_out_however_it_is_announced(
    simulated: "Simulated", status: int, retry_after: RetryAfter
) -> None:
    simulated.fail(Fault(Kind.SECONDARY_LIMIT, status=status, retry_after=retry_after, seconds=30))
    assert simulated.ask(ask_owner) == "acme"
    assert sum(simulated.clock.slept) >= (60 if retry_after is RetryAfter.ABSENT else 30)
    assert simulated.clock.waits[-1] is None
    assert simulated.violations() == 0


def test_no_request_of_many_at_once_is_sent_while_a_limit_says_no(simulate: "Callable[..., Simulated]") -> None:
    simulated = simulate(limits=Limits(hourly_points=10, minute_points=2000))
    simulated.fail(Fault(Kind.SECONDARY_LIMIT, after=4, times=2, seconds=20))

    async def ask(github: GitHub) -> int:
        await asyncio.gather(*(ask_owner(github) for _ in range(35)))
        return github.points_spent

    assert simulated.ask(ask, workers=8) == 35
    assert simulated.violations() == 0
    assert simulated.running.stats()["by_status"]["200"] == 35


def test_the_points_that_a_refused_request_has_cost_are_not_spent_twice(simulate: "Callable[..., Simulated]") -> None:
    simulated = simulate(limits=Limits(hourly_points=3))
    simulated.fail(Fault(Kind.SECONDARY_LIMIT, seconds=20))

    async def ask(github: GitHub) -> int:
        await asyncio.gather(*(ask_owner(github) for _ in range(3)))
        return github.points_spent

    assert simulated.ask(ask, workers=8) == 3
    assert simulated.violations() == 0
    assert simulated.running.stats()["by_status"]["200"] == 3, "the third was not sent before the next hour"


def test_the_reserve_of_points_is_left_to_other_users_of_the_token(simulate: "Callable[..., Simulated]") -> None:
    simulated = simulate(limits=Limits(hourly_points=20))

    async def ask(github: GitHub) -> int | None:
        for _ in range(12):
            await ask_owner(github)
        return github.remaining

    assert simulated.ask(ask, reserve_points=9) == 19
    assert len([wait for wait in simulated.clock.waits if wait]) == 1


@pytest.mark.parametrize("seconds", [-400, 0, 400])
def test_an_hour_that_an_earlier_run_has_spent_is_waited_out_before_the_first_query(
    simulate: "Callable[..., Simulated]", seconds: int
) -> None:
    simulated = simulate(limits=Limits(hourly_points=2), skew=seconds)

    async def ask_twice(github: GitHub) -> str:
        await ask_owner(github)
        return await ask_owner(github)

    assert simulated.ask(ask_twice) == simulated.ask(ask_owner) == "acme"
    assert simulated.violations() == 0
    assert sum(simulated.clock.slept) >= 3600


def test_the_token_is_not_sent_to_a_rest_address_of_another_host(simulated: "Simulated") -> None:
    async def ask(github: GitHub) -> int:
        await ask_owner(github)
        return github.requests

    assert simulated.ask(ask, api_url="http://127.0.0.1:9/elsewhere") == 1


def test_a_limit_that_never_ends_is_given_up_at_last(simulated: "Simulated") -> None:
    simulated.fail(Fault(Kind.SECONDARY_LIMIT, times=None, seconds=1))
    with pytest.raises(Limited) as caught:
        simulated.ask(ask_owner)
    assert caught.value.ends_run
    assert simulated.violations() == 0


def test_the_queries_in_flight_grow_to_the_setting_while_github_answers_well(simulated: "Simulated") -> None:
    async def ask(github: GitHub) -> list[int]:
        limits = [github.concurrency]
        for _ in range(4):
            await asyncio.gather(*(ask_owner(github) for _ in range(SUCCESSES_TO_INCREASE)))
            limits.append(github.concurrency)
        return limits

    assert simulated.ask(ask, workers=2, max_workers=4) == [2, 3, 4, 4, 4]
    assert simulated.running.stats()["max_concurrent"] <= 4


@pytest.mark.parametrize("kind", [Kind.SECONDARY_LIMIT, Kind.BAD_GATEWAY_HTML, Kind.TIMEOUT])
def test_a_secondary_limit_and_a_timeout_halve_the_queries_in_flight(simulated: "Simulated", kind: Kind) -> None:
    simulated.fail(Fault(kind, after=1, seconds=5 if kind is Kind.SECONDARY_LIMIT else 0))

    async def ask(github: GitHub) -> int:
        await ask_owner(github)
        await asyncio.gather(*(ask_owner(github) for _ in range(6)))
        return github.concurrency

    assert simulated.ask(ask, workers=4) == 2
    assert simulated.running.stats()["max_concurrent"] <= 4
    assert simulated.violations() == 0


@pytest.mark.parametrize(
    ("kind", "error"), [(Kind.TOKEN_REVOKED, TokenRefused), (Kind.SCOPES, ScopeMissing), (Kind.SAML, SamlRequired)]
)
def test_a_refusal_is_not_retried(simulated: "Simulated", kind: Kind, error: type[GitHubError]) -> None:
    simulated.fail(Fault(kind, times=None))
    with pytest.raises(error) as caught:
        simulated.ask(ask_owner)
    assert caught.value.hint
    assert simulated.asked() == {"Owner": 1}


def answer_raw(simulated: "Simulated", response: bytes, **more: object) -> list[bytes]:
    """Send a query to a server that gives this response to everything; return what it received."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(65536))
        writer.write(response)
        await writer.drain()
        writer.close()

    async def ask() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, simulated.client(graphql_url=f"http://127.0.0.1:{port}/graphql", **more) as github:
            await ask_owner(github)

    try:
        asyncio.run(ask())
    finally:
        received.append(b"")
    return received


def test_a_redirect_is_not_followed(simulated: "Simulated") -> None:
    location = f"Location: {simulated.running.graphql_url}".encode()
    with pytest.raises(QueryRefused, match="HTTP 302"):
        answer_raw(simulated, b"HTTP/1.1 302 Found\r\n" + location + b"\r\nContent-Length: 0\r\n\r\n")
    assert simulated.running.stats()["requests"] == 0


def test_a_server_that_gives_the_token_back_does_not_get_it_into_a_message(simulated: "Simulated") -> None:
    body = f'{{"message": "you sent Bearer {SECRET}"}}'.encode()
    head = f"HTTP/1.1 404 Not Found\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with pytest.raises(QueryRefused, match=r"you sent Bearer \[token\]"):
        answer_raw(simulated, head + body, token=SECRET)


@pytest.mark.parametrize("seconds", [-400, 400])
def test_the_first_answer_tells_how_far_githubs_clock_differs(
    simulate: "Callable[..., Simulated]", seconds: int
) -> None:
    simulated = simulate(skew=seconds)

    async def ask(github: GitHub) -> timedelta:
        await ask_owner(github)
        return github.at(simulated.now) - simulated.now

    assert simulated.ask(ask) == timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [-400, 400])
@pytest.mark.parametrize(
    "fault", [Fault(Kind.PRIMARY_LIMIT), Fault(Kind.SECONDARY_LIMIT, retry_after=RetryAfter.DATE, seconds=30)]
)
def test_a_limit_is_waited_out_by_githubs_clock_where_it_differs_from_ours(
    simulate: "Callable[..., Simulated]", seconds: int, fault: Fault
) -> None:
    simulated = simulate(skew=seconds)
    simulated.fail(fault)
    assert simulated.ask(ask_owner) == "acme"
    assert simulated.violations() == 0
    assert sum(simulated.clock.slept) <= 3601 + 1


def test_without_a_token_nothing_is_asked(simulated: "Simulated") -> None:
    with pytest.raises(NotConfigured, match="GITHUB_TOKEN"):
        simulated.ask(ask_owner, token="  ")
    assert simulated.running.stats()["requests"] == 0


def test_a_server_that_is_not_there_is_named_as_such(simulated: "Simulated") -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        # Bound, and not listened on, while it is asked: nobody else can come by the port.
        address = f"http://127.0.0.1:{free.getsockname()[1]}/graphql"
        with pytest.raises(Unreachable, match="no connection"):
            simulated.ask(ask_owner, graphql_url=address)


@pytest.mark.parametrize("kind", [Kind.TOKEN_REVOKED, Kind.BAD_GATEWAY_HTML, Kind.RESET, Kind.HANG, Kind.SCOPES])
def test_the_token_is_in_no_log_and_no_exception(
    simulated: "Simulated", kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    simulated.fail(Fault(kind, times=None))
    with caplog.at_level(logging.DEBUG), pytest.raises(GitHubError) as caught:
        simulated.ask(ask_owner, token=SECRET, timeout_seconds=0.3)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in "".join(traceback.format_exception(error)) + repr(vars(error))
        assert not hasattr(error, "request")
        error = error.__cause__ or error.__context__
    assert SECRET not in caplog.text
