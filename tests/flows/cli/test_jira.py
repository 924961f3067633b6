"""`prflow jira check`, and what the command line shows of Jira while it is switched off."""

from typing import Any

import pytest

from simulators.jira.server import JiraSimulator, serve
from simulators.jira.world import World
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Merge, commit

CANARY = "jira-canary-41aa"


@pytest.fixture
def home(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)


@pytest.mark.usefixtures("home")
def test_switched_off_it_is_in_no_help_and_says_how_to_switch_it_on(run: Any) -> None:
    assert "jira" not in run("--help")[1]
    code, _, err = run("jira", "check")
    assert code == 1
    assert err.startswith("Jira is switched off.")
    assert "ENABLE_JIRA_INTEGRATION=true" in err


@pytest.mark.usefixtures("home")
def test_it_says_whose_token_it_is_and_which_projects_it_sees(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLE_JIRA_INTEGRATION", "true")
    assert "jira" in run("--help")[1]
    assert "PRFLOW_JIRA_URL" in run("jira", "check")[1]
    world = World()
    world.add_project("SHOP", "The shop")
    world.add_project("PAY", "Payments", is_hidden=True)
    with serve(JiraSimulator(world, token=CANARY)) as running:
        monkeypatch.setenv("PRFLOW_JIRA_URL", running.url)
        monkeypatch.setenv("PRFLOW_JIRA_EMAIL", running.simulator.email)
        monkeypatch.setenv("PRFLOW_JIRA_TOKEN", CANARY)
        monkeypatch.setenv("PRFLOW_JIRA_PROJECTS", "SHOP,PAY")
        code, out, _ = run("jira", "check")
        assert code == 0
        assert f"Jira Cloud at {running.url}, as prflow bot; 1 projects: SHOP; not seen: PAY." in out
        monkeypatch.setenv("PRFLOW_JIRA_TOKEN", "wrong")
        code, out, err = run("jira", "check")
        assert (code, "Jira does not accept the token" in out) == (1, True)
        assert CANARY not in out + err


def test_status_and_doctor_say_why_issues_could_not_be_read(
    run: Any, warehouse: Warehouse, home: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = {"team_id": "acme", "login": "acme", "status": "complete"}
    site = {"team_id": "acme", "url": "https://jira.example", "error": "Jira asks to wait for 90 minutes."}
    commit(
        warehouse,
        Merge(schema.teams, schema.frame(schema.teams, [team], team)),
        Merge(schema.jira_sites, schema.frame(schema.jira_sites, [site], site)),
    )
    assert "90 minutes" not in run("status", "acme")[1] + run("doctor")[1]
    monkeypatch.setenv("ENABLE_JIRA_INTEGRATION", "true")
    assert "Not all issues of Jira could be read. Jira asks to wait for 90 minutes." in run("status", "acme")[1]
    assert "acme: not all issues could be read. Jira asks to wait for 90 minutes." in run("doctor")[1]
