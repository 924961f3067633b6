"""A phase in parts: it queues helpers, ends without them if none comes, and those that come late do nothing."""

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from prefect import get_client

from flows.onboarding import onboarding
from flows.part import part
from tasks.github.ingestion.parts import plan
from tests.flows.conftest import T
from warehouse.progress import Status

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.long


def test_a_phase_in_parts_is_done_by_itself_and_late_helpers_find_nothing_to_do(
    world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_SYNC_PARTS", "2")
    monkeypatch.setattr(plan, "MIN_SIZE", 10)
    asyncio.run(onboarding(team="acme", as_of=T, without_model=True))
    team = world.read_team()
    assert team["status"] == Status.PHASE1_COMPLETE
    run = world.warehouse.read_one("SELECT * FROM pipeline_runs WHERE flow = 'onboarding'") or {}
    with get_client(sync_client=True) as client:
        helper = next(one for one in client.read_flow_runs() if one.parameters.get("run_id") == run["run_id"])
    assert helper.parameters == {"team": "acme", "run_id": run["run_id"]}
    assert helper.state is not None
    assert (helper.state_name, helper.state.message) == ("Cancelled", "All parts are done.")
    assert "team:acme" not in helper.tags, "pages take a run with that tag for the team's own"

    before = _counts(world)
    asyncio.run(part(team="acme", run_id=str(UUID(run["run_id"]))))
    assert _counts(world) == before
    assert world.read_team() == team


def _counts(world: "World") -> dict[str, object]:
    sql = "SELECT count(*) AS items, max(done_at) AS at FROM sync_items WHERE state = 'done'"
    return world.warehouse.read_one(sql) or {}
