"""Two runs of one team: the second one ends with a word that says why, and leaves the first alone."""

from datetime import UTC, datetime, timedelta

import pytest

from warehouse.connection import Warehouse
from warehouse.progress import (
    Run,
    RunState,
    Status,
    TeamBusy,
    claim_team,
    enter_stage,
    finish_run,
    reconcile,
    resume_run,
    start_run,
)
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)


def run(name: str, phase: Phase = Phase.RECENT, team: str = "acme") -> Run:
    flow = {Phase.RECENT: "onboarding", Phase.HISTORY: "background", Phase.INCREMENTAL: "refresh"}[phase]
    return Run(run_id=name, team_id=team, flow=flow, phase=phase, as_of=T, window=Window(T - timedelta(days=30)))


def prefect(**states: str) -> "type[dict[str, str]] | object":
    return lambda run_id: RunState(run_id, run_id, states[run_id]) if run_id in states else None


def read_runs(warehouse: Warehouse) -> list[tuple[str, str, str | None]]:
    return warehouse.read("SELECT run_id, state, error FROM pipeline_runs ORDER BY run_id").rows()


@pytest.mark.parametrize("state", ["RUNNING", "PENDING", "CANCELLING"])
def test_a_team_that_a_run_works_on_is_not_given_to_a_second_one(warehouse: Warehouse, state: str) -> None:
    start_run(warehouse, run("first", Phase.HISTORY), T)
    message = "Another run is working on acme: its background, since 2026-08-22 12:00 UTC"
    with pytest.raises(TeamBusy, match=message) as busy:
        claim_team(warehouse, run("second"), prefect(first=state), T + timedelta(hours=5))  # type: ignore[arg-type]
    assert busy.value.hint
    assert read_runs(warehouse) == [("first", "running", None)]
    row = warehouse.read_one("SELECT status, error FROM teams")
    assert row == {"status": Status.BACKGROUND_SYNCING, "error": None}


@pytest.mark.parametrize("state", ["CRASHED", "FAILED", "CANCELLED", "COMPLETED"])
def test_a_run_that_is_over_stands_in_nobodys_way(warehouse: Warehouse, state: str) -> None:
    start_run(warehouse, run("first", Phase.HISTORY), T)
    claim_team(warehouse, run("second"), prefect(first=state), T)  # type: ignore[arg-type]
    assert ("second", "running", None) in read_runs(warehouse)


def test_a_run_that_finished_and_one_of_another_team_stand_in_nobodys_way(warehouse: Warehouse) -> None:
    start_run(warehouse, run("first"), T)
    finish_run(warehouse, run("first"), Status.PHASE1_COMPLETE, "completed", T)
    start_run(warehouse, run("other", team="umbrella"), T)
    claim_team(warehouse, run("second"), prefect(first="RUNNING", other="RUNNING"), T)  # type: ignore[arg-type]
    assert ("second", "running", None) in read_runs(warehouse)


def test_a_run_that_goes_on_is_not_its_own_rival(warehouse: Warehouse) -> None:
    start_run(warehouse, run("first"), T)
    claim_team(warehouse, run("first"), prefect(first="RUNNING"), T)  # type: ignore[arg-type]


def test_a_run_that_prefect_does_not_know_is_alive_while_it_commits_or_waits(warehouse: Warehouse) -> None:
    start_run(warehouse, run("first", Phase.INCREMENTAL), T)
    with pytest.raises(TeamBusy):
        claim_team(warehouse, run("second"), prefect(), T + timedelta(seconds=90))  # type: ignore[arg-type]
    claim_team(warehouse, run("second"), prefect(), T + timedelta(seconds=150))  # type: ignore[arg-type]


def test_of_two_that_begin_in_the_same_moment_the_later_one_gives_way(warehouse: Warehouse) -> None:
    first, second = run("first", Phase.HISTORY), run("second", Phase.RECENT)

    def look(run_id: str) -> RunState:
        """Prefect is asked after the first look of the second run, and the first one has begun by then."""
        return RunState(run_id, run_id, "RUNNING")

    start_run(warehouse, run("zero", Phase.INCREMENTAL), T - timedelta(hours=1))

    def first_begins_meanwhile(run_id: str) -> RunState:
        if run_id == "zero":
            start_run(warehouse, first, T)
            enter_stage(warehouse, first, Status.BACKGROUND_SYNCING, T)
            return RunState(run_id, run_id, "CRASHED")
        return look(run_id)

    with pytest.raises(TeamBusy, match="its background"):
        claim_team(warehouse, second, first_begins_meanwhile, T + timedelta(milliseconds=5))
    states = {name: state for name, state, _ in read_runs(warehouse)}
    assert (states["first"], states["second"]) == ("running", "cancelled")
    assert warehouse.read_one("SELECT status FROM teams") == {"status": Status.BACKGROUND_SYNCING}


def test_a_run_that_went_silent_is_over_only_after_it_had_time_to_contradict(warehouse: Warehouse) -> None:
    start_run(warehouse, run("first", Phase.HISTORY), T)
    marked = RunState("first", "first", "CRASHED", message="No heartbeat for 90 s: it is gone.", since=T)
    with pytest.raises(TeamBusy):
        claim_team(warehouse, run("second"), lambda _: marked, T + timedelta(seconds=29))
    assert reconcile(warehouse, "acme", lambda _: marked, T + timedelta(seconds=29)) is None
    assert marked.is_about_to_end(T + timedelta(seconds=29))
    claim_team(warehouse, run("second"), lambda _: marked, T + timedelta(seconds=31))
    assert ("second", "running", None) in read_runs(warehouse)


@pytest.mark.parametrize("phase", [Phase.RECENT, Phase.HISTORY, Phase.INCREMENTAL])
def test_a_run_that_is_alive_takes_back_that_it_crashed(warehouse: Warehouse, phase: Phase) -> None:
    start_run(warehouse, run("earlier"), T - timedelta(days=1))
    finish_run(warehouse, run("earlier"), Status.COMPLETE, "completed", T - timedelta(days=1))
    start_run(warehouse, run("first", phase), T)
    before = read_rows(warehouse)
    assert reconcile(warehouse, "acme", lambda _: RunState("first", "first", "CRASHED"), T)
    assert read_rows(warehouse) != before
    resume_run(warehouse, "first", T)
    assert read_rows(warehouse) == before


def test_a_run_takes_nothing_back_once_another_has_begun_or_it_ended_otherwise(warehouse: Warehouse) -> None:
    start_run(warehouse, run("first", Phase.HISTORY), T)
    reconcile(warehouse, "acme", lambda _: RunState("first", "first", "CANCELLED"), T)
    before = read_rows(warehouse)
    resume_run(warehouse, "first", T)
    assert read_rows(warehouse) == before
    start_run(warehouse, run("second", Phase.HISTORY), T + timedelta(minutes=1))
    reconcile(warehouse, "acme", lambda _: RunState("second", "second", "CRASHED"), T + timedelta(minutes=2))
    start_run(warehouse, run("third", Phase.HISTORY), T + timedelta(minutes=3))
    before = read_rows(warehouse)
    resume_run(warehouse, "second", T + timedelta(minutes=4))
    assert read_rows(warehouse) == before


def read_rows(warehouse: Warehouse) -> list[object]:
    teams = warehouse.read("SELECT status, error, error_hint FROM teams").rows()
    runs = warehouse.read("SELECT run_id, state, stage, ended_at, error FROM pipeline_runs ORDER BY run_id").rows()
    return [*teams, *runs]
