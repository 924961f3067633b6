"""Runs and retries of the pages against a real Prefect server, which responds as the fake one does."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from prefect import get_client

from dashboard.reading import runs
from tests.flows.conftest import post_to_prefect
from warehouse.windows import Phase

pytestmark = pytest.mark.slow
# No other test asks for runs of this team.
TEAM = "team-of-retries"


@pytest.fixture
def api_url(prefect_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the address of the server, as the pages know it; the team's runs are deleted afterwards."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    yield prefect_server
    with get_client(sync_client=True) as client:
        for run in runs.recent_runs(TEAM):
            client.delete_flow_run(UUID(run.run_id))


def test_a_run_is_started_found_cancelled_and_started_again(api_url: str) -> None:
    first = runs.retry(TEAM, Phase.RECENT)
    assert (first.name, first.state) == (f"onboarding/{TEAM}", "SCHEDULED")
    assert [run.run_id for run in runs.recent_runs(TEAM)] == [first.run_id]
    assert runs.recent_runs("other") == ()
    assert runs.retry(TEAM, Phase.RECENT).run_id == first.run_id

    _set_state(api_url, first.run_id, "PENDING")
    _set_state(api_url, first.run_id, "RUNNING")
    state = runs.read_run_state(first.run_id)
    assert state is not None
    assert (state.state, state.is_over) == ("RUNNING", False)

    second = runs.retry(TEAM, Phase.RECENT, first.run_id)
    assert second.run_id != first.run_id
    cancelled = runs.read_run_state(first.run_id)
    assert cancelled is not None
    assert cancelled.state == "CANCELLING"
    assert runs.prefect().read_parameters(second.run_id) == {"team": TEAM}
    assert {run.run_id for run in runs.recent_runs(TEAM)} == {first.run_id, second.run_id}


def test_a_run_that_the_server_does_not_know_has_no_state(api_url: str) -> None:
    assert runs.read_run_state("00000000-0000-0000-0000-000000000000") is None
    with pytest.raises(runs.DeploymentMissing, match="nowhere/nowhere"):
        runs.prefect().start("nowhere", TEAM, {}, "key")


def _set_state(api_url: str, run_id: str, kind: str) -> None:
    body = {"state": {"type": kind, "name": kind.capitalize()}, "force": True}
    post_to_prefect(api_url, f"/flow_runs/{run_id}/set_state", body)
