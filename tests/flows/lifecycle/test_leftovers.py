from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from prefect import get_client
from prefect.states import Running, Scheduled

from flows.lifecycle.leftovers import mark_leftovers
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
