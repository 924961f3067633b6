"""One reader of progress: counts from the warehouse, liveness from the run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.first_run.view import choose_view
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.progress import (
    Progress,
    Run,
    RunState,
    Status,
    enter_stage,
    fail_run,
    finish_run,
    note_moved,
    note_waiting,
    open_pages,
    opens_early,
    read_progress,
    read_running,
    reconcile,
    start_run,
)
from warehouse.store import Merge, commit
from warehouse.windows import Phase, Window

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
FIRST = Run(
    run_id="run-1",
    team_id="acme",
    flow="onboarding",
    phase=Phase.RECENT,
    as_of=NOW,
    window=Window(NOW - timedelta(days=30)),
)
SECOND = Run(
    run_id="run-2",
    team_id="acme",
    flow="background",
    phase=Phase.HISTORY,
    as_of=NOW,
    window=Window(NOW - timedelta(days=90), NOW - timedelta(days=30)),
)


def said(state: str) -> RunState:
    return RunState("run-1", "onboarding/acme", state, "http://127.0.0.1:4200/runs/flow-run/run-1")


def progress(warehouse: Warehouse, state: str = "RUNNING", now: datetime = NOW) -> Progress:
    return read_progress(warehouse, "acme", lambda _: said(state), now)


def follow(warehouse: Warehouse, **statuses: str) -> None:
    rows = [
        {"id": f"R_{name}", "team_id": "acme", "full_name": f"acme/{name}", "is_followed": True, "sync_status": status}
        for name, status in statuses.items()
    ]
    commit(warehouse, Merge(schema.repositories, schema.frame(schema.repositories, rows)))


def scan(warehouse: Warehouse, repository: str, total: int, done: int, phase: Phase = Phase.RECENT) -> None:
    rows = [
        {"pull_request_id": f"PR_{repository}_{phase}_{number}", "repository_id": f"R_{repository}", "team_id": "acme",
         "phase": phase, "state": "done" if number < done else "pending"}
        for number in range(total)
    ]  # fmt: skip
    commit(warehouse, Merge(schema.sync_items, schema.frame(schema.sync_items, rows)))


def test_a_team_nobody_knows_has_not_started(warehouse: Warehouse) -> None:
    found = read_progress(warehouse, "nobody", lambda _: None, NOW)
    assert (found.status, found.percent, found.repos) == (Status.NOT_STARTED, 0.0, ())


def test_the_bar_and_the_rows_come_from_the_same_counts(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    follow(warehouse, api="done", web="syncing")
    scan(warehouse, "api", 40, 40)
    scan(warehouse, "web", 60, 10)
    found = progress(warehouse)
    assert (found.prs_synced, found.prs_total, found.percent) == (50, 100, 30.0)
    assert [(repo.full_name, repo.sync_progress) for repo in found.repos] == [("acme/api", 100.0), ("acme/web", 16.7)]
    assert sum(repo.sync_prs_completed for repo in found.repos) == found.prs_synced


def test_a_repository_that_was_not_counted_yet_has_no_total(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    follow(warehouse, api="scanning")
    found = progress(warehouse)
    assert (found.repos[0].sync_prs_total, found.repos[0].sync_progress, found.prs_total) == (None, None, None)


def test_a_repository_without_pull_requests_is_complete(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    follow(warehouse, empty="done")
    found = progress(warehouse)
    assert (found.repos[0].sync_prs_total, found.repos[0].sync_progress) == (0, 100.0)


def test_every_stage_moves_the_bar_forward(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    follow(warehouse, api="done")
    scan(warehouse, "api", 10, 10)
    seen = [progress(warehouse).percent]
    for status in (Status.LLM_PROCESSING, Status.COMPUTING_METRICS, Status.COMPUTING_INSIGHTS):
        enter_stage(warehouse, FIRST, status, NOW)
        seen.append(progress(warehouse).percent)
    finish_run(warehouse, FIRST, Status.PHASE1_COMPLETE, "completed", NOW)
    seen.append(progress(warehouse, "COMPLETED").percent)
    assert seen == [60.0, 60.0, 90.0, 95.0, 100.0]


def test_the_model_moves_the_bar_with_each_pull_request_it_has_read(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    enter_stage(warehouse, FIRST, Status.LLM_PROCESSING, NOW)
    note_moved(warehouse, FIRST, NOW, llm_total=4)
    rows = [{"pull_request_id": "PR_1", "team_id": "acme", "run_id": "run-1"}]
    commit(warehouse, Merge(schema.pr_analysis, schema.frame(schema.pr_analysis, rows)))
    found = progress(warehouse)
    assert (found.llm_done, found.llm_total, found.percent) == (1, 4, 67.5)


@pytest.mark.parametrize(
    ("state", "word"),
    [("CRASHED", "abruptly"), ("FAILED", "failed"), ("CANCELLED", "cancelled"), ("COMPLETED", "without")],
)
def test_where_run_and_warehouse_differ_the_run_is_right_and_it_is_said(
    warehouse: Warehouse, state: str, word: str
) -> None:
    start_run(warehouse, FIRST, NOW)
    found = progress(warehouse, state)
    assert found.status is Status.FAILED
    assert found.error is not None
    assert word in found.error
    assert found.disagreement is not None


def test_what_a_dead_run_was_at_waits_and_is_not_said_to_be_at_work(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    enter_stage(warehouse, FIRST, Status.SYNCING, NOW)
    follow(warehouse, api="done", app="scanning", web="syncing")
    scan(warehouse, "api", 4, 4)
    scan(warehouse, "web", 6, 1)
    assert [repo.sync_status for repo in progress(warehouse).repos] == ["done", "scanning", "syncing"]
    dead = progress(warehouse, "CRASHED")
    fail_run(warehouse, FIRST, "The process ended.", "Retry.", NOW, "crashed")
    for found in (dead, progress(warehouse, "CRASHED")):
        assert [(repo.sync_status, repo.sync_prs_completed, repo.sync_prs_total) for repo in found.repos] == [
            ("done", 4, 4), ("pending", 0, None), ("pending", 1, 6),
        ]  # fmt: skip


def test_a_reconciled_run_is_failed_in_the_warehouse_too_and_only_once(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    assert reconcile(warehouse, "acme", lambda _: said("CRASHED"), NOW) is not None
    assert reconcile(warehouse, "acme", lambda _: said("CRASHED"), NOW) is None
    found = progress(warehouse, "CRASHED")
    assert (found.status, found.disagreement) == (Status.FAILED, None)


def test_a_run_that_prefect_does_not_know_any_more_is_over_once_it_neither_commits_nor_waits(
    warehouse: Warehouse,
) -> None:
    start_run(warehouse, FIRST, NOW)
    soon, late = NOW + timedelta(minutes=1), NOW + timedelta(minutes=3)
    assert reconcile(warehouse, "acme", lambda _: None, late) is None, "Prefect may be away"
    assert reconcile(warehouse, "acme", lambda _: None, soon, is_unknown_gone=True) is None
    note_waiting(warehouse, FIRST, NOW + timedelta(hours=1), "github", NOW)
    assert reconcile(warehouse, "acme", lambda _: None, late, is_unknown_gone=True) is None
    note_waiting(warehouse, FIRST, None, None, NOW)
    assert reconcile(warehouse, "acme", lambda _: None, late, is_unknown_gone=True) is not None
    assert warehouse.read_one("SELECT state FROM pipeline_runs") == {"state": "crashed"}


def test_a_run_that_is_alive_is_not_reconciled(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    assert reconcile(warehouse, "acme", lambda _: said("RUNNING"), NOW) is None
    assert reconcile(warehouse, "acme", lambda _: None, NOW) is None
    assert progress(warehouse).status is Status.SYNCING


def test_a_failed_background_run_leaves_the_dashboard_open_with_its_error(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    finish_run(warehouse, FIRST, Status.PHASE1_COMPLETE, "completed", NOW)
    start_run(warehouse, SECOND, NOW + timedelta(seconds=1))
    fail_run(warehouse, SECOND, "GitHub refused the token.", "Set a new one.", NOW + timedelta(seconds=2))
    found = progress(warehouse, "FAILED")
    assert (found.status, found.error) == (Status.PHASE1_COMPLETE, "GitHub refused the token.")


def test_a_retry_forgets_the_error(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    fail_run(warehouse, FIRST, "Something broke.", "Retry.", NOW)
    again = Run(
        run_id="run-3",
        team_id="acme",
        flow="onboarding",
        phase=Phase.RECENT,
        as_of=NOW,
        window=Window(NOW - timedelta(days=30)),
    )
    start_run(warehouse, again, NOW + timedelta(minutes=1))
    found = progress(warehouse)
    assert (found.status, found.error, found.run_id) == (Status.SYNCING, None, "run-3")


@pytest.mark.parametrize("run", [replace(FIRST, is_as_of_fixed=True), FIRST])
def test_a_run_is_read_back_as_it_began(warehouse: Warehouse, run: Run) -> None:
    start_run(warehouse, run, NOW)
    stored = read_running(warehouse, run.run_id)
    assert stored
    assert stored.run == run


def test_a_refresh_of_a_team_whose_anchor_was_chosen_is_as_of_now(warehouse: Warehouse) -> None:
    start_run(warehouse, replace(FIRST, is_as_of_fixed=True), NOW)
    refresh = replace(FIRST, run_id="run-3", phase=Phase.INCREMENTAL, as_of=NOW + timedelta(hours=1))
    start_run(warehouse, refresh, NOW)
    stored = read_running(warehouse, "run-3")
    assert stored
    assert stored.run == refresh


def test_a_queued_run_says_that_it_waits_for_a_worker(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    assert "queued" in progress(warehouse, "SCHEDULED").description


def test_starting_a_queued_run_leaves_its_stage_alone(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    enter_stage(warehouse, FIRST, Status.LLM_PROCESSING, NOW)
    start_run(warehouse, FIRST, NOW)
    assert progress(warehouse).status is Status.LLM_PROCESSING


def test_nothing_committed_for_a_while_shows_as_seconds(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    assert progress(warehouse, now=NOW + timedelta(seconds=66)).seconds_still == 66.0


def test_a_limit_that_is_waited_out_says_until_when_and_ends_by_itself(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    until = NOW + timedelta(minutes=10)
    note_waiting(warehouse, FIRST, until, "github", NOW)
    found = progress(warehouse)
    assert (found.waiting_until, found.waiting_for) == (until, "github")
    assert progress(warehouse, now=until).waiting_until is None


def test_json_holds_the_names_that_outsiders_rely_on(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    follow(warehouse, api="syncing")
    scan(warehouse, "api", 2, 1)
    said_as_json = progress(warehouse).to_json()
    assert {
        "status", "percent", "stage", "description", "run_id", "run_url", "prs_synced", "prs_total", "llm_done",
        "llm_total", "waiting_until", "error", "repos",
    } <= set(said_as_json)  # fmt: skip
    assert set(said_as_json["repos"][0]) == {
        "id", "full_name", "sync_status", "sync_progress", "sync_prs_completed", "sync_prs_total", "last_sync_at",
        "last_sync_error",
    }  # fmt: skip
    assert (said_as_json["status"], said_as_json["as_of"]) == ("syncing", "2026-08-22T12:00:00+00:00")


def end_well(warehouse: Warehouse, run: Run = FIRST, status: Status = Status.PHASE1_COMPLETE) -> None:
    start_run(warehouse, run, NOW)
    finish_run(warehouse, run, status, "completed", NOW + timedelta(minutes=3))


AGAIN = replace(FIRST, run_id="run-3")
LATER = NOW + timedelta(days=1)


def test_a_dashboard_that_was_once_open_stays_open_whatever_a_later_onboarding_does(warehouse: Warehouse) -> None:
    end_well(warehouse)
    end_well(warehouse, SECOND, Status.COMPLETE)
    start_run(warehouse, AGAIN, LATER)
    seen = [progress(warehouse, now=LATER)]
    for status in (Status.LLM_PROCESSING, Status.COMPUTING_METRICS, Status.COMPUTING_INSIGHTS):
        enter_stage(warehouse, AGAIN, status, LATER)
        seen.append(progress(warehouse, now=LATER))
    assert [each.status for each in seen] == ["background_syncing", *["background_llm"] * 3]
    assert all(each.is_open for each in seen)
    crashed = progress(warehouse, "CRASHED", LATER)
    assert (crashed.status, crashed.is_open) == (Status.PHASE1_COMPLETE, True)
    fail_run(warehouse, AGAIN, "no such token", "Set it.", LATER)
    failed = progress(warehouse, "FAILED", LATER)
    assert (failed.status, failed.error, failed.is_open) == (Status.PHASE1_COMPLETE, "no such token", True)
    assert failed.completed_at == NOW + timedelta(minutes=3)


def test_pages_that_a_run_opened_early_stay_open_while_it_reads_and_whatever_comes(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    assert not opens_early(warehouse, "acme")
    row = {"team_id": "acme", "opens_early": True}
    commit(warehouse, Merge(schema.teams, schema.frame(schema.teams, [row], row)))
    assert opens_early(warehouse, "acme")
    fetched = progress(warehouse)
    open_pages(warehouse, FIRST, NOW)
    assert not opens_early(warehouse, "acme"), "they are open"
    enter_stage(warehouse, FIRST, Status.LLM_PROCESSING, NOW)
    reading = progress(warehouse)
    assert (fetched.is_open, reading.is_open, reading.stage) == (False, True, "Read them with the model")
    assert choose_view(reading, NOW).title == "The numbers are in, the reading goes on"
    assert fetched.percent < reading.percent
    fail_run(warehouse, FIRST, "the key was refused", "Set another.", NOW)
    failed = progress(warehouse, "FAILED")
    assert (failed.status, failed.error, failed.is_open) == (Status.PHASE1_COMPLETE, "the key was refused", True)


def test_a_first_phase_that_fails_says_at_which_step_and_keeps_its_percentage(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    follow(warehouse, api="syncing")
    scan(warehouse, "api", 10, 5)
    before = progress(warehouse).percent
    fail_run(warehouse, FIRST, "GitHub is down.", "Wait.", NOW)
    found = progress(warehouse, "FAILED")
    assert (found.status, found.percent, found.failed_stage) == (Status.FAILED, before, "Fetch pull requests")
    assert (found.description, found.completed_at) == ("Failed at: fetch pull requests.", None)
    start_run(warehouse, AGAIN, LATER)
    assert progress(warehouse, now=LATER).previous_error == "GitHub is down."
    finish_run(warehouse, AGAIN, Status.PHASE1_COMPLETE, "completed", LATER)
    assert progress(warehouse, "COMPLETED", LATER).previous_error is None


def test_a_total_is_none_until_all_repositories_of_the_run_are_counted(warehouse: Warehouse) -> None:
    end_well(warehouse)
    names = ("api", "web")
    rows = [{"id": f"R_{name}", "last_sync_at": NOW} for name in names]
    follow(warehouse, api="done", web="done")
    commit(warehouse, Merge(schema.repositories, schema.frame(schema.repositories, rows, rows[0])))
    start_run(warehouse, SECOND, LATER)
    totals = [progress(warehouse, now=LATER).prs_total]
    for statuses in ({"api": "scanning"}, {"api": "syncing"}, {"web": "scanning"}, {"web": "syncing"}):
        follow(warehouse, **statuses)
        scan(warehouse, "api", 4, 0, Phase.HISTORY)
        totals.append(progress(warehouse, now=LATER).prs_total)
    assert totals == [None, None, None, None, 4]


def test_what_a_run_left_and_why_is_said_though_it_ended_well(warehouse: Warehouse) -> None:
    start_run(warehouse, FIRST, NOW)
    follow(warehouse, api="done", web="failed")
    note_moved(warehouse, FIRST, NOW, llm_total=339, llm_left=312, llm_stopped="The daily quota is used up.")
    finish_run(warehouse, FIRST, Status.COMPLETE, "partial", NOW)
    found = progress(warehouse, "COMPLETED")
    assert (found.llm_left, found.llm_stopped, found.repos_failed) == (312, "The daily quota is used up.", 1)
    assert choose_view(found, NOW).hint == (
        "1 of 2 repositories could not be fetched. 312 pull requests left for the model to read. "
        "The daily quota is used up."
    )
