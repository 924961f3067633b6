"""`prflow onboard --without-model`: what is checked before anything is started."""

import pytest

from flows.cli.parts.credentials import require_credentials
from tests.flows.cli.test_app import run
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.errors import NotConfigured
from warehouse.store import Merge, commit


@pytest.fixture(autouse=True)
def _token_only(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    monkeypatch.chdir(warehouse.settings.home)


def test_a_key_is_needed_unless_a_person_chooses_otherwise() -> None:
    with pytest.raises(NotConfigured, match="GROQ_API_KEY is not set"):
        require_credentials("acme")
    require_credentials("acme", without_model=True)


def test_the_choice_is_remembered_for_the_commands_that_follow(warehouse: Warehouse) -> None:
    row = {"team_id": "acme", "is_without_model": True}
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, [row], row)))
    require_credentials("ACME")
    with pytest.raises(NotConfigured, match="GROQ_API_KEY is not set"):
        require_credentials("another")


def test_the_refusal_names_the_choice(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "onboard", "acme") == 1
    assert "--without-model" in capsys.readouterr().err
