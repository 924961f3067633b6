"""What each team is to have next."""

from datetime import UTC, datetime

import pytest

from flows.lifecycle.next_runs import read_next_runs
from warehouse.connection import Warehouse
from warehouse.progress import Run, Status, fail_run, finish_run, start_run
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)


def test_complete_teams_are_refreshed_and_a_second_phase_that_failed_is_tried_again(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    for team, phase in (("complete", Phase.HISTORY), ("half", Phase.HISTORY), ("broken", Phase.RECENT)):
        run = Run(run_id=team, team_id=team, flow="onboarding", phase=phase, as_of=T, window=Window(T))
        start_run(warehouse, run, T)
        if team == "complete":
            finish_run(warehouse, run, Status.COMPLETE, "completed", T)
        else:
            fail_run(warehouse, run, "no", "", T)
    assert read_next_runs() == {"complete": "refresh", "half": "background"}


def test_before_the_first_team_there_is_nothing_to_do(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path))
    assert read_next_runs() == {}
