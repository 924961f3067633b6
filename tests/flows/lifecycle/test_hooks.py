"""What a run that ends badly leaves behind, on a real warehouse and without a Prefect server."""

import asyncio
import inspect
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from prefect import State
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelled, Crashed, Failed

from flows.lifecycle.hooks import record_cancellation, record_crash, record_failure
from flows.nightly import nightly
from tasks.github.api.errors import TokenRefused
from warehouse.connection import Warehouse
from warehouse.progress import Run, Status, enter_stage, finish_run, start_run
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))


def begin(warehouse: Warehouse, phase: Phase, stage: Status) -> FlowRun:
    flow_run = FlowRun(flow_id=uuid4())
    run = Run(run_id=str(flow_run.id), team_id="acme", flow="onboarding", phase=phase, as_of=T, window=Window(T))
    start_run(warehouse, run, T)
    enter_stage(warehouse, run, stage, T)
    return flow_run


def end(hook: Any, flow_run: FlowRun, state: State[Any]) -> None:
    ended = hook(nightly, flow_run, state)  # which flow it is does not matter to the hooks
    if inspect.iscoroutine(ended):
        asyncio.run(ended)


def read_team(warehouse: Warehouse) -> tuple[str, str | None, str | None]:
    row = warehouse.read_one("SELECT status, error, error_hint FROM teams WHERE team_id = 'acme'")
    assert row
    return row["status"], row["error"], row["error_hint"]


def test_a_failed_first_phase_leaves_the_team_failed_with_cause_and_way_out(warehouse: Warehouse) -> None:
    flow_run = begin(warehouse, Phase.RECENT, Status.SYNCING)
    end(record_failure, flow_run, Failed(data=TokenRefused("GitHub refused the token")))
    assert read_team(warehouse) == ("failed", "GitHub refused the token", TokenRefused.hint)


def test_a_failed_background_phase_goes_back_to_phase1_complete_with_the_cause(warehouse: Warehouse) -> None:
    flow_run = begin(warehouse, Phase.HISTORY, Status.BACKGROUND_SYNCING)
    end(record_failure, flow_run, Failed(data=TokenRefused("GitHub refused the token")))
    assert read_team(warehouse)[:2] == ("phase1_complete", "GitHub refused the token")


def test_a_crash_is_told_with_the_stage_that_it_hit(warehouse: Warehouse) -> None:
    flow_run = begin(warehouse, Phase.RECENT, Status.LLM_PROCESSING)
    end(record_crash, flow_run, Crashed())
    status, error, hint = read_team(warehouse)
    assert status == "failed"
    assert error == "The process of the run ended abruptly during “read them with the model”."
    assert hint
    assert "Retry" in hint


def test_a_cancelled_run_says_so(warehouse: Warehouse) -> None:
    flow_run = begin(warehouse, Phase.RECENT, Status.SYNCING)
    end(record_cancellation, flow_run, Cancelled())
    assert read_team(warehouse)[1] == "The run was cancelled during “fetch pull requests”."


def test_a_refresh_that_crashes_is_told_by_its_name(warehouse: Warehouse) -> None:
    flow_run = FlowRun(flow_id=uuid4())
    start_run(
        warehouse,
        Run(
            run_id=str(flow_run.id), team_id="acme", flow="refresh", phase=Phase.INCREMENTAL, as_of=T, window=Window(T)
        ),
        T,
    )
    end(record_crash, flow_run, Crashed())
    assert read_team(warehouse)[1] == "The process of the run ended abruptly during its refresh."


def test_a_run_that_was_finished_stays_finished_whatever_happens_to_its_process(warehouse: Warehouse) -> None:
    flow_run = begin(warehouse, Phase.RECENT, Status.COMPUTING_INSIGHTS)
    run = Run(run_id=str(flow_run.id), team_id="acme", flow="onboarding", phase=Phase.RECENT, as_of=T, window=Window(T))
    finish_run(warehouse, run, Status.PHASE1_COMPLETE, "completed", T)
    end(record_crash, flow_run, Crashed())
    assert read_team(warehouse) == ("phase1_complete", None, None)


def test_a_run_that_never_began_changes_nothing(warehouse: Warehouse) -> None:
    end(record_failure, FlowRun(flow_id=uuid4()), Failed(data=ValueError("x")))
    assert warehouse.read("SELECT * FROM teams").is_empty()
