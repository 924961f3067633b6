"""`prflow login` and `logout` against a GitHub over HTTP, and what other commands then find."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from flows.cli import app as cli
from flows.cli.parts.blocks import find_block_reader
from flows.cli.parts.credentials import require_access
from simulators.github.serving.server import Running, serve
from simulators.github.story.organisation import make_organisation
from tasks.github.access.connect import check_owner
from tasks.github.access.logins import Logins
from tests.flows.conftest import PASSWORD
from warehouse.errors import NotConfigured

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
GIVEN = ("GITHUB_TOKEN", "PRFLOW_GITHUB_TOKENS", "PRFLOW_GITHUB_APP_ID", "GITHUB_GRAPHQL_URL", "PREFECT_API_URL")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set up an empty home and no token."""
    for name in GIVEN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    return tmp_path / "home"


@pytest.fixture
def github(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Serve a GitHub whose user `ann` approves each code at once."""
    with serve(make_organisation(7, T, 1, 5, 30, "acme")) as running:
        monkeypatch.setenv("GITHUB_API_URL", running.url)
        monkeypatch.setenv("GITHUB_WEB_URL", running.url)
        monkeypatch.setenv("PRFLOW_GITHUB_CLIENT_ID", running.devices.client_id)
        running.devices.interval = 1
        let_decide(running, "ann")
        yield running


def let_decide(github: Running, login: str | None) -> None:
    """As soon as a code is given out, somebody approves it as `login`, or denies it."""
    start = type(github.devices).start

    def start_and_decide(*arguments: Any) -> dict[str, Any]:
        shown = start(github.devices, *arguments)
        github.devices.decide(shown["user_code"], login)
        return shown

    github.devices.start = start_and_decide  # type: ignore[method-assign]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run `prflow ...` and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["prflow", *arguments])
    try:
        cli.main()
    except SystemExit as ending:
        return int(ending.code or 0)
    return 0


def test_who_logs_in_needs_no_other_token_until_they_log_out(
    github: Running, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "login") == 0
    said = capsys.readouterr().out
    (token,) = github.tokens.issued("gho_")
    assert f"{github.url}/login/device" in said
    assert github.devices.last_user_code() in said
    assert "Logged in as ann" in said
    assert str(Logins(home).path) in said
    assert token not in said
    require_access("acme")
    assert run(monkeypatch, "doctor") == 1  # for want of the model's key alone
    assert "the token of `prflow login` as ann" in capsys.readouterr().out

    assert run(monkeypatch, "logout") == 0
    assert "until you revoke it" in capsys.readouterr().out
    with pytest.raises(NotConfigured, match="prflow login"):
        require_access("acme")
    assert not any(token.encode() in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_login_for_one_team_is_no_other_teams(
    github: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "")
    assert run(monkeypatch, "login", "--team", "Acme") == 0
    assert "for Acme" in capsys.readouterr().out
    require_access("acme")
    with pytest.raises(NotConfigured):
        require_access("northwind")


def test_a_login_that_will_end_says_so_at_once(
    github: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github.devices.token_seconds = 8 * 3600
    assert run(monkeypatch, "login") == 0
    said = capsys.readouterr().out
    assert "it expires in 8 hours" in said
    assert "the login expires on" in said


@pytest.mark.long
def test_with_a_prefect_server_of_ones_own_the_login_lies_in_its_encrypted_block(
    github: Running,
    home: Path,
    prefect_server: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    assert run(monkeypatch, "login", "--team", "Acme") == 0
    assert "the encrypted Prefect block secret/github-token-acme" in capsys.readouterr().out
    assert not home.exists()
    require_access("acme")
    checked = asyncio.run(check_owner("acme", home=home, clock=lambda: T, read_block=find_block_reader()))
    assert [found.facts.login for found in checked] == ["ann"]
    (token,) = github.tokens.issued("gho_")
    blocks = httpx.post(
        f"{prefect_server}/block_documents/filter", json={"include_secrets": False}, auth=tuple(PASSWORD.split(":"))
    ).text
    assert "github-token-acme" in blocks
    assert token not in blocks
    assert run(monkeypatch, "logout", "--team", "acme") == 0
    assert run(monkeypatch, "logout", "--team", "acme") == 1


def test_a_denied_login_keeps_nothing(
    github: Running, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    let_decide(github, None)
    assert run(monkeypatch, "login") == 1
    assert "denied" in capsys.readouterr().err
    assert not home.exists()


def test_without_a_client_id_the_way_to_one_is_said(
    github: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PRFLOW_GITHUB_CLIENT_ID")
    assert run(monkeypatch, "login") == 1
    assert f"{github.url}/settings/developers" in capsys.readouterr().err


def test_who_is_not_logged_in_cannot_log_out(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "logout") == 1
    assert "Nobody is logged in" in capsys.readouterr().err


def test_an_app_is_enough_and_without_its_key_the_variable_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_GITHUB_APP_ID", "77")
    with pytest.raises(NotConfigured, match="PRFLOW_GITHUB_APP_PRIVATE_KEY is not set"):
        require_access("acme")
    pem = RSAKey.generate_key(2048, private=True).as_pem(private=True).decode()
    monkeypatch.setenv("PRFLOW_GITHUB_APP_PRIVATE_KEY", pem.replace("\n", "\\n"))
    require_access("acme")
