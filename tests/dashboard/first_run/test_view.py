"""The table of the dashboard's states, as a test of the one function that decides them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.first_run.view import Screen, StepState, choose_view, unreadable_view
from warehouse.progress import Progress, RepositoryProgress, Status
from warehouse.windows import Phase

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
REPOSITORY = RepositoryProgress("R_1", "acme/api", "syncing", 50.0, 5, 10, None, None)


def progress(status: Status, **more: object) -> Progress:
    base = Progress(
        "acme",
        "Acme",
        status,
        40.0,
        "Fetch pull requests",
        "4 of 10 pull requests fetched.",
        phase=Phase.RECENT,
        run_id="r1",
        run_state="RUNNING",
        started_at=NOW - timedelta(minutes=4),
        moved_at=NOW,
        seconds_still=1.0,
        last_sync_at=NOW - timedelta(hours=1),
        repos=(REPOSITORY,),
    )
    return replace(base, **more)  # type: ignore[arg-type]


STILL = {"seconds_still": 45.0}
LIMIT = {"waiting_until": NOW + timedelta(minutes=20), "waiting_for": "github"}

RECENT, HISTORY, INCREMENTAL = Phase

TABLE = [
    # state, when, screen, is open, phase that Retry starts, seconds to the next look
    (progress(Status.NOT_STARTED, repos=(), run_id=None), "no repository followed", Screen.CONNECT, False, None, 2.0),
    (progress(Status.NOT_STARTED), "followed, the run is queued", Screen.BLOCKED, False, None, 2.0),
    (progress(Status.SYNCING), "syncing", Screen.BLOCKED, False, None, 2.0),
    (progress(Status.LLM_PROCESSING), "the model reads", Screen.BLOCKED, False, None, 2.0),
    (progress(Status.COMPUTING_METRICS), "metrics", Screen.BLOCKED, False, None, 2.0),
    (progress(Status.COMPUTING_INSIGHTS), "insights", Screen.BLOCKED, False, None, 2.0),
    (progress(Status.SYNCING, seconds_still=44.9), "still, but not for long", Screen.BLOCKED, False, None, 2.0),
    (progress(Status.SYNCING, **STILL), "nothing moved for 45 s", Screen.STALLED, False, RECENT, 2.0),
    (progress(Status.LLM_PROCESSING, **STILL), "the model does not answer", Screen.STALLED, False, RECENT, 2.0),
    (progress(Status.SYNCING, **STILL, **LIMIT), "a limit is waited out", Screen.WAITING, False, None, 2.0),
    (progress(Status.FAILED, error="No key."), "phase 1 failed", Screen.FAILED, False, RECENT, 2.0),
    (progress(Status.PHASE1_COMPLETE), "the first days are in", Screen.OPENING, True, None, 10.0),
    (progress(Status.BACKGROUND_SYNCING), "older history is fetched", Screen.PARTIAL, True, None, 10.0),
    (progress(Status.BACKGROUND_LLM), "older history is read", Screen.PARTIAL, True, None, 10.0),
    (
        progress(Status.BACKGROUND_SYNCING, phase=HISTORY, **STILL),
        "older history stands still", Screen.PARTIAL, True, HISTORY, 10.0,
    ),
    (progress(Status.BACKGROUND_LLM, **STILL), "the reading behind stands still", Screen.PARTIAL, True, RECENT, 10.0),
    (progress(Status.PHASE1_COMPLETE, error="Gone."), "phase 2 failed", Screen.PHASE2_FAILED, True, HISTORY, 10.0),
    (progress(Status.COMPLETE), "all is in", Screen.COMPLETE, True, None, None),
    (progress(Status.COMPLETE, error="Gone."), "a refresh failed", Screen.REFRESH_FAILED, True, INCREMENTAL, 10.0),
]  # fmt: skip


@pytest.mark.parametrize(("state", "when", "screen", "is_open", "retry", "poll"), TABLE, ids=[row[1] for row in TABLE])
def test_each_state_has_its_screen(
    state: Progress, when: str, screen: Screen, is_open: bool, retry: Phase | None, poll: float | None
) -> None:
    shown = choose_view(state, NOW)
    assert (shown.screen, shown.is_open, shown.retry_phase, shown.poll_seconds) == (screen, is_open, retry, poll), when


def test_every_status_of_a_team_has_a_screen() -> None:
    assert {state.status for state, *_ in TABLE} == set(Status)


def test_the_blocked_screen_names_the_four_steps_and_where_it_is() -> None:
    steps = choose_view(progress(Status.COMPUTING_METRICS), NOW).steps
    assert [step.state for step in steps] == [StepState.DONE, StepState.DONE, StepState.RUNNING, StepState.TO_DO]
    assert [step.name for step in steps] == [
        "Fetch pull requests",
        "Read them with the model",
        "Compute metrics",
        "Find insights",
    ]


def test_the_time_left_is_estimated_from_ten_per_cent_on() -> None:
    assert choose_view(progress(Status.SYNCING, percent=9.9), NOW).remaining is None
    assert choose_view(progress(Status.SYNCING, percent=40.0), NOW).remaining == timedelta(minutes=6)


def test_no_time_is_promised_while_nothing_moves() -> None:
    assert choose_view(progress(Status.SYNCING, **STILL), NOW).remaining is None
    assert choose_view(progress(Status.SYNCING, **LIMIT), NOW).remaining is None


def test_a_stalled_screen_says_for_how_long_and_clears_itself() -> None:
    assert "No progress for 12 minutes" in choose_view(progress(Status.SYNCING, seconds_still=716.0), NOW).text
    assert "No progress for 66 seconds" in choose_view(progress(Status.SYNCING, seconds_still=66.2), NOW).text
    assert choose_view(progress(Status.SYNCING, seconds_still=0.5), NOW).screen is Screen.BLOCKED


def test_the_seconds_until_stalled_are_a_setting() -> None:
    still = progress(Status.SYNCING, seconds_still=20.0)
    assert choose_view(still, NOW, stalled_after=timedelta(seconds=10)).screen is Screen.STALLED


@pytest.mark.parametrize(
    ("run_state", "status", "word"),
    [
        (None, Status.SYNCING, "Prefect is not responding"),
        ("SCHEDULED", Status.SYNCING, "queued"),
        ("CANCELLING", Status.SYNCING, "cancelled"),
        ("RUNNING", Status.SYNCING, "GitHub"),
        ("RUNNING", Status.LLM_PROCESSING, "model"),
        ("RUNNING", Status.COMPUTING_METRICS, "worker"),
    ],
)
def test_a_stalled_screen_gives_the_likely_reason(run_state: str | None, status: Status, word: str) -> None:
    assert word in choose_view(progress(status, run_state=run_state, **STILL), NOW).text


def test_a_waiting_screen_says_for_what_and_until_when() -> None:
    text = choose_view(progress(Status.SYNCING, **LIMIT), NOW).text
    assert "GitHub's rate limit" in text
    assert "18:20:00 UTC" in text
    assert "20 minutes" in text


def test_a_limit_that_is_over_is_not_waited_for() -> None:
    over = {"waiting_until": NOW, "waiting_for": "github"}
    assert choose_view(progress(Status.SYNCING, **over), NOW).screen is Screen.BLOCKED


def test_a_failure_says_its_cause_and_what_to_do() -> None:
    shown = choose_view(progress(Status.FAILED, error="GITHUB_TOKEN is missing.", error_hint="Set it."), NOW)
    assert (shown.text, shown.hint) == ("GITHUB_TOKEN is missing.", "Set it.")


def test_a_failure_can_be_skipped_only_where_something_is() -> None:
    assert not choose_view(progress(Status.FAILED, prs_synced=0), NOW).can_skip
    assert choose_view(progress(Status.FAILED, prs_synced=3), NOW).can_skip


@pytest.mark.parametrize("status", [Status.COMPLETE, Status.PHASE1_COMPLETE, Status.BACKGROUND_SYNCING])
def test_a_sync_older_than_26_hours_is_stale(status: Status) -> None:
    assert not choose_view(progress(status, last_sync_at=NOW - timedelta(hours=26)), NOW).is_stale
    assert choose_view(progress(status, last_sync_at=NOW - timedelta(hours=26, seconds=1)), NOW).is_stale


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.NOT_STARTED])
def test_a_disagreement_with_prefect_is_said_on_every_screen(status: Status) -> None:
    assert choose_view(progress(status, disagreement="The run crashed."), NOW).disagreement == "The run crashed."


def test_a_warehouse_that_cannot_be_read_is_said_in_words() -> None:
    shown = unreadable_view("The warehouse cannot be opened: no such file")
    assert (shown.screen, shown.is_open, shown.poll_seconds) == (Screen.UNREADABLE, False, 10.0)
    assert "no such file" in shown.text
