"""`prflow sync` as a person uses it, against a simulated GitHub."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.lifecycle.clock import now
from flows.lifecycle.first_run import NotOnboarded, is_first_run
from simulators.github.serving.server import Running
from warehouse.connection import Warehouse
from warehouse.progress import Run, Status, enter_stage, fail_run, finish_run, start_run
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)


def begin(warehouse: Warehouse, flow: str = "onboarding", phase: Phase = Phase.RECENT, run_id: str = "run-1") -> Run:
    found = Run(run_id=run_id, team_id="acme", flow=flow, phase=phase, as_of=T, window=Window(T - timedelta(days=30)))
    start_run(warehouse, found, T)
    return found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("acme", "write it as OWNER/NAME"),
        ("acme/one/two", "write it as OWNER/NAME"),
        ("acme/nothing", "no such repository"),
    ],
)
def test_a_repository_that_is_none_is_refused_before_a_run_begins(
    github: Running, run: Any, warehouse: Warehouse, name: str, words: str
) -> None:
    code, said, error = run("sync", name)
    assert (code, said) == (1, "")
    assert words in error
    assert warehouse.read("SELECT * FROM pipeline_runs").is_empty()


def test_a_run_that_is_on_is_named_and_not_disturbed(github: Running, run: Any, warehouse: Warehouse) -> None:
    start_run(
        warehouse,
        Run(run_id="run-1", team_id="acme", flow="refresh", phase=Phase.INCREMENTAL, as_of=T, window=Window(T)),
        now(),
    )
    code, said, error = run("sync", "acme/one")
    assert (code, said) == (1, "")
    assert "Another run is working on acme: its refresh" in error
    assert "prflow status" in error


def test_a_team_whose_onboarding_has_failed_is_sent_back_to_it_and_a_failed_sync_is_not(warehouse: Warehouse) -> None:
    def team() -> dict[str, Any] | None:
        return warehouse.read_one("SELECT * FROM teams WHERE team_id = 'acme'")

    assert is_first_run(warehouse, None)
    onboarding = begin(warehouse)
    fail_run(warehouse, onboarding, "No", "Retry", T)
    with pytest.raises(NotOnboarded, match="The first run of acme is not finished") as caught:
        is_first_run(warehouse, team())
    assert "prflow onboard acme" in caught.value.hint
    enter_stage(warehouse, onboarding, Status.PHASE1_COMPLETE, T)
    assert not is_first_run(warehouse, team())
    finish_run(warehouse, onboarding, Status.COMPLETE, "completed", T)
    failed = Run(run_id="run-2", team_id="acme", flow="sync", phase=Phase.RECENT, as_of=T, window=Window(T))
    start_run(warehouse, failed, T + timedelta(hours=1))
    fail_run(warehouse, failed, "No", "Retry", T)
    assert not is_first_run(warehouse, team())  # its dashboard was open once
