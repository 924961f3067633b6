"""Issues of Jira are read by a step of a run, which never stops the pull requests."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from flows.lifecycle.clock import now
from flows.sync import sync
from simulators.github.store import records
from simulators.jira.server import JiraFault, JiraSimulator, serve

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow
CANARY = "jira-canary-9f31"


def test_a_run_completes_when_jira_refuses_and_the_next_one_reads_the_issues(
    world: "World", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    jira = JiraSimulator(token=CANARY)
    jira.world.add_project("SHOP", "The shop")
    repository = world.github.organisation.repositories[0]["name"]
    at = records.iso(now().timestamp())
    world.github.organisation.touch(f"acme/{repository}", newest(world, repository), at)
    with serve(jira) as running:
        monkeypatch.setenv("ENABLE_JIRA_INTEGRATION", "true")
        monkeypatch.setenv("PRFLOW_JIRA_URL", running.url)
        monkeypatch.setenv("PRFLOW_JIRA_EMAIL", jira.email)
        monkeypatch.setenv("PRFLOW_JIRA_TOKEN", CANARY)
        jira.faults.append(JiraFault(401, body=f'{{"errorMessages": ["no {CANARY}"]}}'))
        asyncio.run(sync(team="acme", repository=f"acme/{repository}"))
        assert world.read_team()["status"] == "complete"
        [(error, read_at)] = world.warehouse.read("SELECT error, read_at FROM jira_sites").rows()
        assert error.startswith("Jira does not accept the token")
        assert read_at is None
        asyncio.run(sync(team="acme", repository=f"acme/{repository}"))
    [(error, read_at)] = world.warehouse.read("SELECT error, read_at FROM jira_sites").rows()
    assert (error, read_at is not None) == (None, True)
    assert CANARY not in caplog.text


def newest(world: "World", repository: str) -> int:
    return max(one["number"] for one in world.github.organisation.pull_requests(f"acme/{repository}"))
