"""The key is required before anything is sent, and never shown."""

import traceback
from typing import Any

import pytest
from pydantic import SecretStr

from simulators.llm.faults import Fault, FaultKind
from tasks.llm.errors import KeyRefused
from tasks.llm.provider.providers import require_key, resolve_base_url, resolve_provider
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.provider.transport import ALLOWED_HEADERS

SECRET = "gsk_very_secret_value_1234567890"


def settings_from_environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> LlmSettings:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return LlmSettings(_env_file=None)


@pytest.mark.parametrize("value", [None, "", "   ", "\n"])
def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    variables = {} if value is None else {"GROQ_API_KEY": value}
    with pytest.raises(ValueError, match="GROQ_API_KEY"):
        require_key(settings_from_environment(monkeypatch, **variables))


def test_with_only_an_openai_key_no_byte_is_sent(
    monkeypatch: pytest.MonkeyPatch, team: Any, model: Any, make_settings: Any
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-someone-else-entirely")
    team.store_many(2)
    with pytest.raises(ValueError, match="GROQ_API_KEY"):
        team.analyse(make_settings(api_key=SecretStr(" ")))
    assert model.stats()["requests"] == 0
    assert team.rows() == {}


def test_nothing_of_the_openai_environment_leaves(monkeypatch: pytest.MonkeyPatch, model: Any, ask: Any) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, f"leak-{name}")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Leak: leak-header")
    ask()
    sent = model.simulator.headers[0]
    assert "leak" not in str(sent)
    assert sent["authorization"] == "Bearer test-key"
    assert set(sent) <= {*ALLOWED_HEADERS, "authorization"}
    assert {"host", "content-type", "content-length", "accept", "accept-encoding", "connection"} == ALLOWED_HEADERS


def test_the_key_is_stripped(make_settings: Any) -> None:
    assert require_key(make_settings(api_key=SecretStr(" gsk_abc \n"))) == "gsk_abc"


def test_a_key_that_cannot_be_one_is_refused_without_being_shown(make_settings: Any) -> None:
    with pytest.raises(ValueError, match="GROQ_API_KEY holds") as caught:
        require_key(make_settings(api_key=SecretStr("geheim\nschlüssel")))
    assert "geheim" not in str(caught.value)


def test_a_server_of_ones_own_needs_no_key(make_settings: Any) -> None:
    assert require_key(make_settings(api_key=SecretStr(""), provider="ollama"))


def test_a_refused_key_is_in_no_part_of_the_error(model: Any, ask: Any) -> None:
    model.faults.append(Fault(FaultKind.KEY_REVOKED))
    with pytest.raises(KeyRefused) as caught:
        ask(api_key=SecretStr(SECRET))
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert SECRET not in shown


def test_an_unknown_provider_is_named_with_the_known_ones(make_settings: Any) -> None:
    with pytest.raises(ValueError, match="groq, openai"):
        resolve_provider(make_settings(provider="qroq"))


@pytest.mark.parametrize("url", ["ftp://host/v1", "api.groq.com", "https://me:secret@host/v1", ""])
def test_an_address_that_is_none_is_refused(make_settings: Any, url: str) -> None:
    with pytest.raises(ValueError, match="PRFLOW_LLM_BASE_URL") as caught:
        resolve_base_url(make_settings(base_url=url))
    assert "secret" not in str(caught.value)
