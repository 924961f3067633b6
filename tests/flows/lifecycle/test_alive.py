"""A run that was marked as crashed while its process was alive, on a real Prefect server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelled, Completed, Crashed, Running

from flows.lifecycle import alive
from flows.lifecycle.alive import Watch, say_alive, stop_saying
from flows.nightly import nightly
from flows.services.prefect_yaml import Silence, read_facts
from flows.services.setup import set_automation
from flows.services.setup_record import SetupRecord
from tests.flows.conftest import emit_heartbeat, wait_until
from warehouse.connection import Warehouse
from warehouse.progress import Run, RunState, reconcile, start_run
from warehouse.windows import Phase, Window

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
SILENT = Crashed(message="No heartbeat for 90 s: the process of the run is gone.")


@pytest.fixture
def client(prefect_server: str) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as opened:
        yield opened


def test_a_run_whose_server_was_away_is_running_again_soon_after_the_automation_marked_it(
    client: SyncPrefectClient, world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last heartbeat is older than is allowed, as it is when a server returns, or when a machine wakes."""
    monkeypatch.setattr(alive, "LOOK_SECONDS", 0.2)
    [silence] = [
        one
        for one in read_facts().automations
        if isinstance(one, Silence) and one.after == "prefect.flow-run.heartbeat"
    ]
    name = f"alive-{uuid4()}"
    deployment_id = client.create_deployment(client.create_flow_from_name("nightly"), name)
    quick = silence.model_copy(update={"name": name, "seconds": 10})
    set_automation(client, quick, {"ours": deployment_id}, SetupRecord())
    flow_run = client.create_flow_run_from_deployment(deployment_id)
    mark(client, flow_run, Running())
    emit_heartbeat(client, flow_run.id, deployment_id, datetime.now(UTC) - timedelta(seconds=10))
    say_alive(nightly, flow_run, Running())
    try:
        wait_until(lambda: len(state_names(client, flow_run.id)) == 4)
        assert state_names(client, flow_run.id) == ["Scheduled", "Running", "Crashed", "Running"]
    finally:
        stop_saying(nightly, flow_run, Completed())


def state_names(client: SyncPrefectClient, run_id: UUID) -> list[str | None]:
    return [state.name for state in sorted(client.read_flow_run_states(run_id), key=lambda state: state.timestamp)]


def begin(client: SyncPrefectClient, warehouse: Warehouse) -> FlowRun:
    flow_run = client.create_flow_run(nightly, state=Running())
    run = Run(
        run_id=str(flow_run.id), team_id="acme", flow="background", phase=Phase.HISTORY, as_of=T, window=Window(T)
    )
    start_run(warehouse, run, T)
    return flow_run


def mark(client: SyncPrefectClient, flow_run: FlowRun, state: Any) -> None:
    client.set_flow_run_state(flow_run.id, state, force=True)


def state_name(client: SyncPrefectClient, run_id: UUID) -> str | None:
    return client.read_flow_run(run_id).state_name


def test_a_run_that_lost_its_heartbeats_takes_the_mark_back_in_prefect_and_in_the_warehouse(
    client: SyncPrefectClient, world: "World"
) -> None:
    flow_run = begin(client, world.warehouse)
    mark(client, flow_run, SILENT)
    reconcile(world.warehouse, "acme", lambda run_id: RunState(run_id, "", "CRASHED"), T)
    assert world.read_team()["status"] == "phase1_complete"

    Watch(flow_run.id).look()
    assert state_name(client, flow_run.id) == "Running"
    assert world.read_team()["status"] == "background_syncing"
    assert world.read_team()["error"] is None


@pytest.mark.parametrize("state", [Crashed(message="aborted"), Cancelled(), Completed()], ids=lambda state: state.name)
def test_what_really_ended_a_run_stands(client: SyncPrefectClient, world: "World", state: Any) -> None:
    flow_run = begin(client, world.warehouse)
    mark(client, flow_run, state)
    Watch(flow_run.id).look()
    assert state_name(client, flow_run.id) == state.name


def test_a_look_beside_the_end_of_the_run_does_not_bring_it_back(client: SyncPrefectClient, world: "World") -> None:
    flow_run = begin(client, world.warehouse)
    mark(client, flow_run, SILENT)
    watch = Watch(flow_run.id)
    watch.look()  # as if between the run's last state and its hook
    watch.stop(Completed())
    assert state_name(client, flow_run.id) == "Completed"
    mark(client, flow_run, SILENT)
    watch.look()
    assert state_name(client, flow_run.id) == "Crashed", "it is over"


def test_the_thread_of_a_run_looks_until_its_hook_stops_it(
    client: SyncPrefectClient, world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alive, "LOOK_SECONDS", 0.05)
    flow_run = begin(client, world.warehouse)
    say_alive(nightly, flow_run, Running())
    mark(client, flow_run, SILENT)
    for _ in range(600):
        if state_name(client, flow_run.id) == "Running":
            break
    stop_saying(nightly, flow_run, Completed())
    assert state_name(client, flow_run.id) == "Completed", "its own end stands"
    stop_saying(nightly, flow_run, Completed())  # in the worker's process there is nothing to stop
