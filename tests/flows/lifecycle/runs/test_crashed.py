"""Runs that crashed go on, unless they always do or something came after them."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from prefect import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed, Running

from flows.lifecycle.runs.crashed import MAX_STARTS, is_resumed, resume_crashed
from warehouse.progress import Run, RunState, reconcile, start_run
from warehouse.windows import Phase, Window

from tests.warehouse.events.rows import put_team  # isort: skip

if TYPE_CHECKING:
    from conftest import World

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
SILENT = "No heartbeat for 90 s: the process of the run is gone."


def crashed(message: str, run_count: int = 1) -> FlowRun:
    state = Crashed(message=message, timestamp=T)
    return FlowRun(flow_id=uuid4(), state=state, state_type=state.type, run_count=run_count)


def test_a_run_goes_on_once_it_is_surely_over_and_not_for_ever() -> None:
    assert is_resumed(crashed("exited with code -9"), T)
    assert not is_resumed(crashed(SILENT), T + timedelta(seconds=20)), "it may be alive and say so"
    assert is_resumed(crashed(SILENT), T + timedelta(seconds=45))
    assert not is_resumed(crashed("exited with code -9", MAX_STARTS), T)


@pytest.mark.slow
def test_the_run_of_a_killed_worker_goes_on_under_its_own_id_and_one_before_a_newer_does_not(world: "World") -> None:
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("onboarding/onboarding").id
        older, newer = (
            client.create_flow_run_from_deployment(deployment, parameters={"team": "Acme"}) for _ in range(2)
        )
        for place, one in enumerate((older, newer)):
            client.set_flow_run_state(one.id, Running(), force=True)
            client.set_flow_run_state(one.id, Crashed(message="exited with code -9"), force=True)
            run = Run(
                run_id=str(one.id), team_id="acme", flow="onboarding", phase=Phase.RECENT, as_of=T, window=Window(T)
            )
            start_run(world.warehouse, run, datetime.now(UTC) + timedelta(seconds=place))
        reconcile(world.warehouse, "acme", lambda run_id: RunState(run_id, "", "CRASHED"), T)
        assert world.read_team()["status"] == "failed"

        put_team(world.warehouse, status="failed", is_paused=True)
        assert newer.name not in resume_crashed()
        put_team(world.warehouse, status="failed", is_paused=False)
        client.update_flow_run(newer.id, tags=[])
        assert newer.name not in resume_crashed(), "a stranger's flow may have both names"
        client.update_flow_run(newer.id, tags=["prflow"])
        assert newer.name in resume_crashed()

        states = [client.read_flow_run(one.id).state_name for one in (older, newer)]
        assert states == ["Crashed", "AwaitingRetry"]
        assert world.read_team()["status"] == "syncing"
        for one in (older, newer):
            client.delete_flow_run(one.id)
