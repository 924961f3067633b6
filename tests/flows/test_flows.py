"""The flows themselves, run in this process against a real Prefect server, a simulated GitHub and a simulated model."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from flows.analysis import analysis
from flows.background import background
from flows.lifecycle.first_run import NotOnboarded
from flows.onboarding import onboarding
from flows.refresh import refresh
from simulators.llm.faults import Fault, FaultKind
from tasks.github.api.errors import NotFound, TokenRefused
from tasks.llm.errors import KeyRefused
from tests.flows.conftest import post_to_prefect
from warehouse import schema
from warehouse.store import Delete, commit

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow

T = datetime(2026, 8, 22, 12, tzinfo=UTC)


def onboard(**parameters: Any) -> None:
    asyncio.run(onboarding(team="acme", as_of=T, **parameters))


def read_runs(world: "World", flow: str) -> list[dict[str, Any]]:
    """Prefect's runs of a flow of this team, oldest first."""
    body = {
        "flows": {"name": {"any_": [flow]}},
        "flow_runs": {"tags": {"all_": ["team:acme"]}},
        "sort": "START_TIME_ASC",
    }
    runs: list[dict[str, Any]] = post_to_prefect(world.prefect_api_url, "/flow_runs/filter", body).json()
    return runs


def test_without_a_key_the_run_fails_before_a_single_query(world: "World", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_LLM_PROVIDER", "groq")
    monkeypatch.delenv("GROQ_API_KEY")
    with pytest.raises(ValueError, match="GROQ_API_KEY"):
        onboard()
    assert world.github.stats()["requests"] == 0
    team = world.read_team()
    assert team["status"] == "failed"
    assert "GROQ_API_KEY" in str(team["error"])
    assert "GROQ_API_KEY" in str(team["error_hint"])


def test_without_a_token_the_run_fails_before_a_single_query(world: "World", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    with pytest.raises(ValueError, match="GITHUB_TOKEN"):
        onboard()
    assert world.github.stats()["requests"] == 0
    assert world.read_team()["status"] == "failed"


def test_an_owner_that_github_does_not_know_becomes_no_team(world: "World") -> None:
    with pytest.raises(NotFound, match="no such organisation or user"):
        asyncio.run(onboarding(team="acmee"))
    assert world.warehouse.read("SELECT team_id FROM teams").is_empty()


def test_a_refused_token_leaves_the_team_failed_with_the_way_out(
    world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "bad-token")
    with pytest.raises(TokenRefused):
        onboard()
    team = world.read_team()
    assert team["status"] == "failed"
    assert team["error_hint"] == TokenRefused.hint
    assert "bad-token" not in str(team)


def test_a_background_run_without_a_first_phase_says_what_to_do(world: "World") -> None:
    with pytest.raises(NotOnboarded, match="nobody has not been onboarded") as caught:
        asyncio.run(background(team="nobody"))
    assert "prflow onboard nobody" in caught.value.hint


def test_a_team_that_was_never_onboarded_has_nothing_to_analyse(world: "World") -> None:
    with pytest.raises(NotOnboarded) as caught:
        asyncio.run(analysis(team="nobody"))
    assert "prflow onboard nobody" in caught.value.hint


def test_early_numbers_are_there_before_the_reading_ends_and_stay_if_it_fails(world: "World") -> None:
    world.model.faults.append(Fault(FaultKind.KEY_REVOKED, times=None))
    with pytest.raises(KeyRefused):
        onboard(early_numbers=True)
    team = world.read_team()
    assert (team["status"], bool(team["error"]), team["opens_early"]) == ("phase1_complete", True, True)
    [opened] = world.warehouse.read("SELECT opened_at, started_at, ended_at FROM pipeline_runs").rows()
    assert opened[1] < opened[0] < opened[2]
    medians = "SELECT value FROM weekly_metrics WHERE metric = 'cycle_time_p50_hours' AND scope = 'team' AND n > 0"
    assert world.warehouse.read(medians).height > 0


def test_a_team_goes_its_whole_way_through_a_failure_on_the_way(
    world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {run["id"] for run in read_runs(world, "background")}
    onboard()
    assert world.read_team()["status"] == "phase1_complete"
    newest = read_runs(world, "onboarding")[-1]
    assert newest["name"] == "onboarding/acme"
    assert "team:acme" in newest["tags"], "however it was started, it carries its team's tag"
    [queued] = [run for run in read_runs(world, "background") if run["id"] not in before]
    assert (queued["name"], queued["parameters"]) == ("background/acme", {"team": "acme"})
    assert "team:acme" in queued["tags"]
    assert queued["parent_task_run_id"] is None, "a run of its own, whose failure is its own"

    weeks = (schema.weekly_values, schema.weekly_calendar)
    commit(world.warehouse, *(Delete(table, {"team_id": "acme"}) for table in weeks))
    with monkeypatch.context() as broken:
        broken.setenv("GITHUB_TOKEN", "bad-token")
        with pytest.raises(TokenRefused):
            asyncio.run(background(team="acme"))
    assert world.read_team()["status"] == "phase1_complete"
    assert world.read_team()["error_hint"] == TokenRefused.hint
    assert world.warehouse.read("SELECT metric FROM weekly_metrics").height, "what is stored is measured whatever came"

    asyncio.run(background(team="acme"))
    assert (world.read_team()["status"], world.read_team()["error"]) == ("complete", None)
    stored = world.warehouse.read("SELECT phase, count(*) AS n FROM sync_items WHERE state = 'done' GROUP BY ALL")
    complete = world.github.totals("2026-05-24T12:00:00Z", "2026-08-22T12:00:00Z", with_open=True)
    assert sorted(stored["phase"]) == [1, 2]
    assert stored["n"].sum() == sum(repository["pull_requests"] for repository in complete.values())

    asyncio.run(refresh(team="acme"))
    assert world.read_team()["status"] == "complete"
    states = world.warehouse.read("SELECT phase, state FROM pipeline_runs ORDER BY started_at").rows()
    assert states == [(1, "completed"), (2, "failed"), (2, "completed"), (3, "completed")]

    asked = world.github.stats()["requests"]
    monkeypatch.setenv("PRFLOW_LLM_MODEL", "another-model")
    asyncio.run(analysis(team="ACME", limit=3))
    run = world.warehouse.read_one("SELECT * FROM pipeline_runs ORDER BY started_at DESC LIMIT 1")
    assert (run["flow"], run["state"], run["llm_by_model"]) == ("analysis", "partial", 3)
    assert run["llm_left"] == run["llm_total"] - 3 > 0
    assert "reached its limit of 3 pull requests" in run["llm_stopped"]
    assert (world.read_team()["status"], world.github.stats()["requests"]) == ("complete", asked)
