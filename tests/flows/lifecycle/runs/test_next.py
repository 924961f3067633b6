"""What each team is to have next."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest
from prefect import flow, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun
from prefect.logging import disable_run_logger
from prefect.states import Cancelled, Completed

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.next import (
    EARLY,
    NotQueued,
    name_night,
    night_key,
    pause_after,
    queue_lost_backgrounds,
    queue_runs,
    read_lost_backgrounds,
    read_next_runs,
    read_pausing,
)
from flows.maintenance import maintenance
from warehouse.connection import Warehouse, WarehouseMissing
from warehouse.progress import Run, Status, fail_run, finish_run, start_run
from warehouse.windows import Phase, Window

if TYPE_CHECKING:
    from conftest import World

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
ENDS = {"complete": Status.COMPLETE, "lost": Status.PHASE1_COMPLETE}


def test_complete_teams_are_refreshed_and_a_phase_that_failed_is_tried_again(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    write_teams(warehouse)
    assert read_next_runs() == {
        "broken": "onboarding",
        "complete": "refresh",
        "half": "background",
        "lost": "background",
    }


def write_teams(warehouse: Warehouse) -> None:
    """Write a team that is complete, one whose second phase failed, one whose was lost, one whose first failed."""
    for team, phase in (
        ("complete", Phase.HISTORY),
        ("half", Phase.HISTORY),
        ("lost", Phase.RECENT),
        ("broken", Phase.RECENT),
    ):
        run = Run(run_id=team, team_id=team, flow="onboarding", phase=phase, as_of=T, window=Window(T))
        start_run(warehouse, run, T)
        if team in ENDS:
            finish_run(warehouse, run, ENDS[team], "completed", T)
        else:
            fail_run(warehouse, run, "no", "", T)


@pytest.mark.parametrize(
    ("ends", "tried"),
    [
        ([("failed", 0)], True),
        ([("crashed", 0), ("failed", 1)], True),
        ([("failed", 0), ("failed", 1), ("failed", 2)], False),
        ([("failed", -2), ("failed", -1), ("failed", 0)], False),
        ([("failed", -3), ("failed", -2), ("failed", -1)], True),
        ([("failed", day) for day in range(-9, 1)], False),
        ([("failed", -1), ("failed", 0), ("cancelled", 1), ("failed", 2)], True),
    ],
)
def test_an_import_that_fails_again_and_again_is_tried_less_often(
    warehouse: Warehouse, ends: list[tuple[str, int]], tried: bool
) -> None:
    """Days are counted from T; the night that looks is one day after the last end."""
    for number, (state, day) in enumerate(ends):
        at = T + timedelta(days=day)
        run = Run(run_id=f"r{number}", team_id="acme", flow="onboarding", phase=Phase.RECENT, as_of=T, window=Window(T))
        start_run(warehouse, run, at - timedelta(minutes=5))
        fail_run(warehouse, run, "no", "", at, state)
    night = T + timedelta(days=max(1, ends[-1][1] + 1))
    assert ("acme" not in read_pausing(warehouse, night)) is tried


def test_the_pause_grows_and_has_an_end() -> None:
    nights = [(pause_after(failures) + EARLY).days for failures in range(1, 12)]
    assert nights == [1, 1, 2, 4, 8, 8, 8, 8, 8, 8, 8]


def test_only_a_second_phase_that_was_lost_is_queued_as_prflow_starts(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    write_teams(warehouse)
    assert read_lost_backgrounds() == ["lost"]


def test_a_team_whose_run_is_refused_keeps_no_other_from_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(_deployment: object, team: str, _parameters: object) -> bool:
        if team == "b":
            raise httpx.ReadTimeout("slow")
        return False

    async def queue(_deployment: object, team: str, *_: object) -> str:
        queued.append(team)
        return team

    queued: list[str] = []
    for name, fake in (("is_ahead", look), ("_queue", queue), ("read_paused", list)):
        monkeypatch.setattr(f"flows.lifecycle.runs.next.{name}", fake)
    monkeypatch.setattr("flows.lifecycle.runs.next.read_next_runs", lambda: dict.fromkeys("abc", Deployment.REFRESH))
    with disable_run_logger(), pytest.raises(NotQueued, match=r"the runs of b\. 2 others are queued"):
        asyncio.run(queue_runs({}))
    assert queued == ["a", "c"]


def test_old_runs_that_may_not_be_deleted_keep_no_warehouse_from_being_tidied(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> int:
        raise httpx.HTTPStatusError("403", request=httpx.Request("DELETE", "http://x"), response=httpx.Response(403))

    def tidy() -> None:
        tidied.append(True)
        raise WarehouseMissing

    tidied: list[bool] = []
    monkeypatch.setattr("flows.maintenance.trim_history", refuse)
    monkeypatch.setattr("flows.maintenance.tidy_warehouse", tidy)
    with disable_run_logger():
        maintenance.fn()
    assert tidied


@pytest.mark.slow
def test_a_night_that_is_tried_again_queues_nothing_twice(world: "World") -> None:
    """Also if the first of them has been done meanwhile: another night is another key."""
    team = f"team-{uuid4().hex[:8]}"
    run = Run(run_id=team, team_id=team, flow="onboarding", phase=Phase.HISTORY, as_of=T, window=Window(T))
    start_run(world.warehouse, run, T)
    finish_run(world.warehouse, run, Status.COMPLETE, "completed", T)

    @flow(name="nightly")
    async def night() -> list[str]:
        await queue_runs({})
        with get_client(sync_client=True) as client:
            tags = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"team:{team}"]))
            first = client.read_flow_runs(flow_run_filter=tags)
            for one in first:
                client.set_flow_run_state(one.id, Completed(), force=True)
            await queue_runs({})
            return [str(one.id) for one in client.read_flow_runs(flow_run_filter=tags)]

    assert len(asyncio.run(night())) == 1
    assert night_key() == ""


def test_each_schedule_of_a_day_is_a_night_of_its_own_and_one_that_is_late_keeps_its_key() -> None:
    def key(hour: int, *, is_late: bool = False) -> str:
        at = datetime(2026, 8, 20, hour, tzinfo=UTC)
        states = {"start_time": at + timedelta(hours=9), "run_count": 2} if is_late else {}
        run = FlowRun(flow_id=uuid4(), auto_scheduled=True, expected_start_time=at, **states)
        return name_night("nightly", run)

    assert len({key(hour) for hour in (5, 11, 17, 23)}) == 4, "a person added a schedule of every six hours"
    assert key(5) == key(5, is_late=True)


@pytest.mark.slow
def test_a_lost_second_phase_is_queued_once_by_whoever_looks_first(world: "World") -> None:
    team = f"team-{uuid4().hex[:8]}"
    run = Run(run_id=team, team_id=team, flow="onboarding", phase=Phase.RECENT, as_of=T, window=Window(T))
    start_run(world.warehouse, run, T)
    finish_run(world.warehouse, run, Status.PHASE1_COMPLETE, "completed", T)  # and then the process was killed
    assert asyncio.run(queue_lost_backgrounds()) == [f"background/{team}"]
    assert asyncio.run(queue_lost_backgrounds()) == [], "it waits already"
    assert asyncio.run(queue_runs({})) == [], "the next night queues no second one"
    with get_client(sync_client=True) as client:
        tags = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"team:{team}"]))
        [queued] = client.read_flow_runs(flow_run_filter=tags)
        assert (queued.name, queued.parameters) == (f"background/{team}", {"team": team})
        client.set_flow_run_state(queued.id, Cancelled(), force=True)  # a person cancels it before it begins
    assert asyncio.run(queue_runs({})) == [f"background/{team}"], "the next night queues it again"


def test_before_the_first_team_there_is_nothing_to_do(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path))
    assert read_next_runs() == {}
