"""What follows from the registry of sources, shown with an imaginary one: Trello."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from docs.generate import render_environment
from flows.cli import doctor
from flows.cli.parts.home import find_home
from flows.lifecycle.explain import describe
from flows.services.environment import demo_environment
from flows.services.state import Addresses
from tasks import sources
from tasks.checks import Check, CheckContext
from tasks.source_checks import SOURCE_CHECKS
from tasks.sources import Source, find_variables
from warehouse.errors import NotConfigured
from warehouse.sources import LABELS, describe_wait

ADDRESSES = Addresses("http://127.0.0.1:4200/api", 4200, 8501, github_port=7001, llm_port=7002)


class TrelloSettings(BaseSettings):
    """How an imaginary Trello is reached."""

    model_config = SettingsConfigDict(env_prefix="TRELLO_", hide_input_in_errors=True)

    url: str = Field("https://trello.example", description="Address of the server")
    token: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("TRELLO_TOKEN", "BOARDS_TOKEN", "token"),
        description="Token of a read-only account",
    )
    password: SecretStr | None = Field(None, description="Password of an older server")


def check_trello(context: CheckContext) -> Iterator[Check]:
    yield Check("trello", "ok", f"Asked for {context.owner or 'nobody yet'}.")
    raise NotConfigured("TRELLO_TOKEN is not set.", "Set it.")


@pytest.fixture(autouse=True)
def trello(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add Trello to the registry."""
    monkeypatch.setattr(sources, "SOURCES", (*sources.SOURCES, Source("trello", TrelloSettings, ("TRELLOLIB_",))))
    monkeypatch.setitem(SOURCE_CHECKS, "trello", check_trello)
    monkeypatch.setitem(LABELS, "trello", "Trello")


@pytest.mark.parametrize("name", ["TRELLO_TOKEN", "BOARDS_TOKEN", "TRELLO_PASSWORD"])
def test_its_secrets_are_masked_in_errors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "trello-canary-7")
    message, _ = describe(RuntimeError("the server said trello-canary-7 was wrong"))
    assert message == f"RuntimeError: the server said <{name}> was wrong"


def test_the_demo_inherits_nothing_of_it() -> None:
    real = {
        "PATH": "/usr/bin",
        "TRELLO_TOKEN": "real",
        "TRELLO_URL": "real",
        "BOARDS_TOKEN": "real",
        "TRELLOLIB_CONFIG": "real",
    }
    assert "real" not in demo_environment(Path("/srv/prflow"), ADDRESSES, real).values()


def test_its_settings_are_documented_without_a_value_for_secrets() -> None:
    lines = render_environment().splitlines()
    start = lines.index("# --- Trello")
    assert lines[start + 1 : start + 7] == [
        "# Address of the server",
        "# TRELLO_URL=https://trello.example",
        "# Token of a read-only account",
        "TRELLO_TOKEN=",
        "# Password of an older server",
        "# TRELLO_PASSWORD=",
    ]


def test_doctor_runs_its_checks_and_shows_what_stopped_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GITHUB_TOKEN", "")
    monkeypatch.chdir(tmp_path)
    found = [check for check in doctor.run_checks(find_home()) if check.name == "trello"]
    assert found == [
        Check("trello", "ok", "Asked for nobody yet."),
        Check("trello", "fault", "TRELLO_TOKEN is not set.", "Set it."),
    ]


def test_a_run_that_waits_for_it_says_so() -> None:
    assert describe_wait("trello") == "Trello's rate limit"
    assert describe_wait("github") == "GitHub's rate limit"
    assert describe_wait(None) == "a rate limit"


def test_every_source_has_a_label_and_a_check_and_hides_its_input_in_errors() -> None:
    assert SOURCE_CHECKS.keys() == {source.name for source in sources.SOURCES}
    for source in sources.SOURCES:
        assert source.title.lower() == LABELS[source.name].lower()
        assert source.settings.model_config.get("hide_input_in_errors")


def test_a_wait_for_a_model_that_is_away_is_not_called_a_limit() -> None:
    assert describe_wait("llm") == "the language model's rate limit"
    assert describe_wait("llm_away") == "the language model, which does not respond,"


def test_an_alias_in_lower_case_is_no_variable() -> None:
    assert find_variables(TrelloSettings)["token"] == ("TRELLO_TOKEN", "BOARDS_TOKEN")


def test_the_secrets_of_the_real_sources_are_known() -> None:
    real = {"GITHUB_TOKEN", "PRFLOW_GITHUB_TOKENS", "PRFLOW_GITHUB_APP_PRIVATE_KEY", "GROQ_API_KEY"}
    real |= {"PRFLOW_SMTP_PASSWORD", "PRFLOW_SLACK_WEBHOOK_URL", "PRFLOW_SLACK_BOT_TOKEN", "PRFLOW_APPRISE_URLS"}
    assert real < set(sources.secret_variables())
    assert {"GITHUB_", "GROQ_", "OPENAI_", "PRFLOW_"} < set(sources.variable_prefixes())
