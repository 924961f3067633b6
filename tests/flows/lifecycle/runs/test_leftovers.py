from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from prefect import get_client
from prefect.states import Cancelling, Running, Scheduled

from flows.lifecycle.runs.leftovers import mark_leftovers, resume_leftovers
from flows.nightly import nightly
from warehouse.progress import Run, start_run
from warehouse.windows import Phase, Window

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow

T = datetime(2026, 8, 22, 12, tzinfo=UTC)


def test_a_run_that_a_power_cut_left_running_is_over_at_the_next_start_and_the_team_says_so(world: "World") -> None:
    with get_client(sync_client=True) as client:
        left = client.create_flow_run(nightly, state=Running())
        queued = client.create_flow_run(nightly, state=Scheduled())
        start_run(
            world.warehouse,
            Run(run_id=str(left.id), team_id="acme", flow="onboarding", phase=Phase.RECENT, as_of=T, window=Window(T)),
            T,
        )

        assert mark_leftovers() >= 1

        assert client.read_flow_run(left.id).state_name == "Crashed"
        assert client.read_flow_run(queued.id).state_name == "Scheduled"
    assert world.read_team()["status"] == "failed"
    assert "ended abruptly" in str(world.read_team()["error"])


def test_runs_that_lost_their_processes_with_the_worker_go_on_under_their_own_ids(world: "World") -> None:
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("onboarding/onboarding").id
        at_work, cancelling = (
            client.create_flow_run_from_deployment(deployment, parameters={"team": "acme"}) for _ in range(2)
        )
        for run_id in (at_work.id, cancelling.id):
            client.set_flow_run_state(run_id, Running(), force=True)
        client.set_flow_run_state(cancelling.id, Cancelling(), force=True)
        elsewhere = client.create_flow_run(nightly, state=Running())  # `prflow sync` in another shell
        run = Run(
            run_id=str(at_work.id), team_id="acme", flow="onboarding", phase=Phase.RECENT, as_of=T, window=Window(T)
        )
        start_run(world.warehouse, run, T)

        assert resume_leftovers() >= 2

        resumed = client.read_flow_run(at_work.id)
        assert (resumed.state_type, resumed.state_name) == ("SCHEDULED", "AwaitingRetry")
        assert client.read_flow_run(cancelling.id).state_name == "Cancelled"
        assert client.read_flow_run(elsewhere.id).state_name == "Running"
        assert world.read_team()["status"] == "syncing", "for people the run has never stopped"
        client.set_flow_run_state(elsewhere.id, Cancelling(), force=True)
        client.delete_flow_run(at_work.id)
        client.delete_flow_run(elsewhere.id)
