"""The device flow: what is shown, how it polls, and how it can end."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from simulators.github.serving.faults import Fault, Kind
from tasks.github.access.device import DeviceCode, GrantedToken, await_login, start_login
from tasks.github.access.logins import Login, Logins, LoginUnreadable
from tasks.github.api.errors import LoginFailed, Unreachable
from tasks.github.api.rest import Rest

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

CLIENT = "Iv1.simulated"
LOGIN = Login(SecretStr("gho_notforanyoneseyes"), "ann", "repo", "2026-08-22T12:00:00+00:00")


def log_in(
    simulated: "Simulated", after: float, decide: Callable[[str], None], client_id: str = CLIENT
) -> tuple[DeviceCode, GrantedToken]:
    """Run the flow with a person who decides after some seconds."""
    settings = simulated.settings(client_id=client_id, web_url=simulated.running.url)
    begun = simulated.clock.at

    async def sleep(seconds: float) -> None:
        await simulated.clock.sleep(seconds)
        if code and simulated.clock.at - begun >= timedelta(seconds=after):
            decide(code.pop().user_code)

    async def run() -> tuple[DeviceCode, GrantedToken]:
        rest = Rest(5.0, clock=simulated.clock, sleep=sleep, jitter=lambda: 1.0)
        shown = await start_login(rest, settings)
        code.append(shown)
        return shown, await await_login(rest, settings, shown)

    code: list[DeviceCode] = []
    return asyncio.run(run())


def approve(simulated: "Simulated", login: str | None = "ann") -> Callable[[str], None]:
    return lambda user_code: simulated.running.devices.decide(user_code, login)


def never(user_code: str) -> None:
    """Let the person go for coffee."""


def polled_too_soon(simulated: "Simulated") -> int:
    return int(simulated.running.stats()["polled_too_soon"])


def test_a_code_is_shown_and_the_token_comes_when_it_was_entered(simulated: "Simulated") -> None:
    code, granted = log_in(simulated, 12, approve(simulated))
    assert len(code.user_code) == len("ABCD-1234")
    assert code.verification_url == f"{simulated.running.url}/login/device"
    assert simulated.clock.slept == [5.0, 5.0, 5.0]
    assert granted.scopes == "repo,read:org"
    assert simulated.running.tokens.issued("gho_") == [granted.token.get_secret_value()]
    assert polled_too_soon(simulated) == 0


def test_who_is_told_to_slow_down_does(simulated: "Simulated") -> None:
    devices = simulated.running.devices
    start = devices.start

    def start_slowly(*arguments: object) -> dict[str, object]:
        """Return five seconds although the server means ten."""
        told = start(*arguments)  # type: ignore[arg-type]
        for waiting in devices._codes.values():
            waiting.interval = 10
        return told

    devices.start = start_slowly  # type: ignore[method-assign, assignment]
    log_in(simulated, 40, approve(simulated))
    assert simulated.clock.slept == [5.0, 15.0, 15.0, 15.0]
    assert polled_too_soon(simulated) == 1


def answer(simulated: "Simulated", **fields: str) -> None:
    """Let GitHub answer the request for a code with these fields."""
    start = simulated.running.devices.start

    def start_with(*arguments: object) -> dict[str, object]:
        return {**start(*arguments), **fields}  # type: ignore[arg-type]

    simulated.running.devices.start = start_with  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example/login/device",
        "javascript:alert(1)",
        "https://github.com@evil.example/",
        "https://github.com\\@evil.example/",
        "https://git\x1b[31mhub.com/login",
        "https://g\u0456thub.com/login/device",
        "https://github.com/a b",
        "https://github.com/\nEnter your password",
        "https://",
        "https://[",
        "",
    ],
)
def test_no_address_but_one_of_https_is_shown(simulated: "Simulated", address: str) -> None:
    answer(simulated, verification_uri=address)
    with pytest.raises(LoginFailed, match="an address that is not https"):
        log_in(simulated, 1, never)


def test_an_address_of_https_and_one_of_this_machine_are_shown(simulated: "Simulated") -> None:
    for address in ("https://github.com/login/device", "https://acme.ghe.com:8443/login/device?x=1"):
        answer(simulated, verification_uri=address)
        assert log_in(simulated, 1, approve(simulated))[0].verification_url == address


@pytest.mark.parametrize("code", ["AB\x1b[31mCD", "AB CD", "ABCD\u202e1234", "[red]AB[/]", "", "A" * 41, "A\nB"])
def test_a_code_that_nobody_could_type_is_not_shown(simulated: "Simulated", code: str) -> None:
    answer(simulated, user_code=code)
    with pytest.raises(LoginFailed, match="a code that cannot be typed"):
        log_in(simulated, 1, never)


def test_a_denied_login_says_so(simulated: "Simulated") -> None:
    with pytest.raises(LoginFailed, match="denied") as caught:
        log_in(simulated, 0, approve(simulated, None))
    assert "approve" in caught.value.hint


def test_a_code_that_nobody_enters_ends_in_time(simulated: "Simulated") -> None:
    simulated.running.devices.seconds = 60
    with pytest.raises(LoginFailed, match="not entered in time"):
        log_in(simulated, 0, never)
    assert sum(simulated.clock.slept) == 55


def test_a_code_that_ends_earlier_than_it_said_is_given_up(simulated: "Simulated") -> None:
    def expire(user_code: str) -> None:
        simulated.clock.at += timedelta(hours=1)

    with pytest.raises(LoginFailed, match="not entered in time"):
        log_in(simulated, 0, expire)


def test_an_app_that_github_does_not_know_is_named_by_its_variable(simulated: "Simulated") -> None:
    with pytest.raises(LoginFailed, match="PRFLOW_GITHUB_CLIENT_ID"):
        log_in(simulated, 0, never, client_id="Iv1.unknown")


def test_a_fault_while_polling_does_not_end_the_login(simulated: "Simulated") -> None:
    simulated.fail(Fault(Kind.BAD_GATEWAY_HTML, times=2, operation="DeviceToken"))
    assert log_in(simulated, 0, approve(simulated))[1].scopes


def test_a_github_that_is_not_there_is_said_to_be_so(simulated: "Simulated") -> None:
    rest = Rest(1.0, clock=simulated.clock, sleep=simulated.clock.sleep)
    with pytest.raises(Unreachable, match="login: the code: no connection"):
        asyncio.run(start_login(rest, simulated.settings(client_id=CLIENT, web_url="http://127.0.0.1:9")))


def test_a_login_is_kept_in_a_file_that_only_its_owner_may_read(tmp_path: Path) -> None:
    logins = Logins(tmp_path / "home")
    logins.save("github-token", LOGIN)
    logins.save("github-token-acme", LOGIN)
    assert logins.path.stat().st_mode & 0o777 == 0o600
    assert logins.read("github-token") == LOGIN
    assert logins.read("github-token-nobody") is None
    assert "notforanyone" not in repr(logins.read("github-token"))


def test_the_last_login_that_is_forgotten_takes_the_file_with_it(tmp_path: Path) -> None:
    logins = Logins(tmp_path)
    logins.save("github-token", LOGIN)
    logins.save("github-token-acme", LOGIN)
    assert logins.delete("github-token")
    assert logins.names() == ["github-token-acme"]
    assert not logins.delete("github-token")
    assert logins.delete("github-token-acme")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_damaged_is_one_clear_error_without_what_stands_in_it(tmp_path: Path) -> None:
    logins = Logins(tmp_path)
    logins.save("github-token", LOGIN)
    logins.path.write_text(logins.path.read_text()[:-3])
    with pytest.raises(LoginUnreadable, match=r"github-logins\.json cannot be read") as caught:
        logins.read("github-token")
    assert caught.value.__context__ is None
    assert LOGIN.token.get_secret_value() not in repr(caught.getrepr(showlocals=True, chain=True))
