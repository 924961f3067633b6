"""No token and no key crosses a network unencrypted, unless a setting says so."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from tasks.checks import CheckContext
from tasks.github.access.device import start_login
from tasks.github.access.doctor import check_github
from tasks.github.access.logins import Login, Logins
from tasks.github.api.client import GitHub
from tasks.github.api.rest import Rest
from tasks.github.api.settings import GitHubSettings
from tasks.github.api.tokens import FixedToken
from tasks.llm.provider.providers import resolve_base_url
from tasks.llm.provider.settings import LlmSettings
from tasks.plain_http import VARIABLE
from warehouse.errors import NotConfigured
from warehouse.guard.loopback import is_exposed

THERE = "http://ghe.corp.test:8080/api/v3"
WORDS = r"plain http to another machine \(ghe\.corp\.test\).*use https://, or set PRFLOW_ALLOW_PLAIN_HTTP=true"
NAMES = ("GITHUB_TOKEN", "GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GROQ_API_KEY", "PRFLOW_LLM_BASE_URL", VARIABLE)


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*NAMES, "PRFLOW_GITHUB_TOKENS", "PRFLOW_GITHUB_APP_ID", "PRFLOW_LLM_PROVIDER", "PRFLOW_LLM_PRESET"):
        monkeypatch.delenv(name, raising=False)


def now() -> datetime:
    return datetime(2026, 8, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        *("https://api.github.com", "https://10.0.0.7:8443/v1", "http://localhost:8000", "http://LOCALHOST./v1", ""),
        *("http://127.0.0.1:4200/api", "http://127.9.9.9", "http://[::1]:11434/v1", " http://127.0.0.1 "),
    ],
)
def test_encrypted_or_on_this_machine(url: str) -> None:
    assert not is_exposed(url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            THERE,
            "HTTP://ghe.corp.test",
            " http://10.0.0.7",
            "http://0.0.0.0:8000",
            "http://[fe80::1]/",
            "http://ollama",
        ),
        *("http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://localhost@evil.example", "http://"),
    ],
)
def test_readable_on_the_way(url: str) -> None:
    assert is_exposed(url)


@pytest.mark.parametrize("address", ["GITHUB_API_URL", "GITHUB_GRAPHQL_URL"])
@pytest.mark.parametrize("secret", ["GITHUB_TOKEN", "PRFLOW_GITHUB_TOKENS", "PRFLOW_GITHUB_APP_ID"])
def test_settings_with_a_token_for_such_an_address_are_refused(
    address: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(address, THERE)
    GitHubSettings()  # without a token there is nothing to keep
    monkeypatch.setenv(secret, "ghp_canary")
    with pytest.raises(ValueError, match=WORDS) as caught:
        GitHubSettings()
    assert "canary" not in str(caught.value)
    monkeypatch.setenv(VARIABLE, "true")
    assert GitHubSettings().allow_plain_http


def test_a_key_for_such_a_model_is_refused_and_a_model_without_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_LLM_BASE_URL", THERE)
    monkeypatch.setenv("PRFLOW_LLM_PROVIDER", "ollama")
    assert resolve_base_url(LlmSettings()) == THERE
    monkeypatch.setenv("GROQ_API_KEY", "gsk_canary")
    with pytest.raises(ValueError, match=f"^(?s:.*)PRFLOW_LLM_BASE_URL is {WORDS}") as caught:
        LlmSettings()
    assert "canary" not in str(caught.value)
    monkeypatch.setenv(VARIABLE, "true")
    assert resolve_base_url(LlmSettings()) == THERE


def test_the_clients_refuse_what_the_settings_could_not_see() -> None:
    """A token by `prflow login` or of a Secret block, the token of an App, and the one that a login is to bring."""
    github = GitHubSettings(api_url=THERE, web_url="http://ghe.corp.test", client_id="of-an-app")
    model = LlmSettings(base_url=THERE).model_copy(update={"api_key": SecretStr("gsk_canary")})
    with pytest.raises(NotConfigured, match=WORDS):
        GitHub(github, clock=now, credentials=[FixedToken("ghp_canary", "the login")])
    with pytest.raises(NotConfigured, match=WORDS):
        asyncio.run(Rest(1.0, clock=now).request("GET", THERE, subject="x", token=SecretStr("ghp_canary")))
    with pytest.raises(NotConfigured, match=WORDS):
        asyncio.run(start_login(Rest(1.0, clock=now), github))
    with pytest.raises(NotConfigured, match=WORDS):
        resolve_base_url(model)


def test_doctor_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_API_URL", THERE)
    Logins(tmp_path).save("github-token", Login(SecretStr("gho_canary"), "ada", "repo", now().isoformat()))
    (check,) = check_github(CheckContext("acme", tmp_path, now, lambda: None))
    assert check.state == "fault"
    assert check.message.startswith("GitHub's address is plain http to another machine")
