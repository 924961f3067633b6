"""The names of runs that wait for a schedule, on a real Prefect server."""

import asyncio
import re

import pytest
from prefect import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.states import Scheduled

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.names import SCHEDULED, name_waiting_runs

pytestmark = pytest.mark.slow


def test_runs_that_wait_for_their_schedule_are_named_by_date_and_a_persons_own_is_not(prefect_server: str) -> None:
    with get_client(sync_client=True) as client:
        known = client.read_deployment_by_name(Deployment.NIGHTLY.path)
        own = client.create_flow_run_from_deployment(known.id, name="my own", state=Scheduled())
        client.request("POST", f"/deployments/{known.id}/schedule", json={"min_runs": 2})

        named = asyncio.run(name_waiting_runs())

        assert [name for name in named if name.startswith("nightly/")]
        assert all(re.fullmatch(rf"({'|'.join(SCHEDULED)})/\d{{4}}-\d\d-\d\d", name) for name in named)
        assert client.read_flow_run(own.id).name == "my own"
        waiting: list[FlowRun] = client.read_flow_runs()
        assert {one.name for one in waiting if one.auto_scheduled} >= set(named)
        # Prefect's own scheduler may have added later dates meanwhile.
        assert set(named).isdisjoint(asyncio.run(name_waiting_runs())), "each is named once"
