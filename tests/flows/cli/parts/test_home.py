"""Which GitHub and which warehouse a command works with."""

import os
from pathlib import Path

import pytest

from flows.cli.parts.credentials import aim
from flows.cli.parts.home import aim_at_model, demo_home, find_home
from flows.services.state import Addresses, write_state
from flows.services.supervisor import Supervisor
from tasks.github.api.settings import GitHubSettings
from tasks.llm.provider.settings import LlmSettings
from warehouse.errors import NotConfigured


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test an environment of its own, as commands change it."""
    monkeypatch.chdir(tmp_path)
    known = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    monkeypatch.setattr(os, "environ", known)
    os.environ |= {"PRFLOW_HOME": str(tmp_path / "home"), "GITHUB_TOKEN": "a-real-token"}


def start_demo() -> Path:
    """As if this very process were a demo."""
    home = demo_home()
    (home / "warehouse").mkdir(parents=True)
    addresses = Addresses("http://127.0.0.1:1/api", 1, 8501, github_port=4711)
    write_state(home, True, addresses, Supervisor(home / "logs"))
    return home


def test_while_a_demo_runs_its_github_is_asked_and_no_real_token_leaves(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GITHUB_WEB_URL=https://github.corp.test\nPRFLOW_WAREHOUSE_DATA=s3://real\n")
    home = start_demo()
    found = aim("acme")
    settings = GitHubSettings()
    assert (found.folder, found.is_demo) == (home, True)
    assert settings.graphql_url == "http://127.0.0.1:4711/graphql"
    assert settings.token.get_secret_value() == "demo-token"
    assert (settings.is_simulated, settings.web_url) == (True, "https://github.com")
    assert found.settings.data_path == f"{home}/warehouse/data"


def test_a_demo_that_is_over_is_not_asked(tmp_path: Path) -> None:
    home = start_demo()
    (home / "services.json").unlink()
    found = aim("acme")
    assert (found.folder, found.is_demo) == (tmp_path / "home", False)
    assert GitHubSettings().token.get_secret_value() == "a-real-token"


def test_what_the_demo_has_read_is_judged_by_its_own_model(tmp_path: Path) -> None:
    """By a real one every pull request of the demo would be pending, at that one's price."""
    os.environ |= {"PRFLOW_LLM_MODEL": "a-real-model", "GROQ_API_KEY": "a-real-key"}
    (tmp_path / ".env").write_text("PRFLOW_LLM_PRESET=openai\n")
    start_demo()
    aim_at_model(find_home())
    settings = LlmSettings()
    assert (settings.model, settings.provider, settings.preset) == ("simulated", "simulated", "")
    assert settings.api_key.get_secret_value() == "simulated"


def test_without_a_token_the_way_out_is_said() -> None:
    os.environ["GITHUB_TOKEN"] = " "
    with pytest.raises(NotConfigured, match="GITHUB_TOKEN is not set"):
        aim("acme")
