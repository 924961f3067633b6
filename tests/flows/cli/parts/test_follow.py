from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest

from flows.cli.parts.follow import RunFailed, Watch, describe
from flows.cli.parts.terminal import Terminal
from warehouse.progress import Progress, RunState, Status
from warehouse.windows import Phase

START = Progress("acme", "Acme", Status.SYNCING, 10.0, "Fetch pull requests", "", run_id="one", prs_total=4)


def follow(steps: list[Progress | None], run_state: str = "RUNNING") -> tuple[str, Watch]:
    """Follow a run whose progress goes through `steps`, one per poll; return what is printed."""
    looks: Iterator[Progress | None] = iter(steps)
    output = StringIO()
    console = Terminal(file=output, force_terminal=False, width=120)
    state = RunState("one", "onboarding/acme", run_state, "http://prefect/runs/one", "said Prefect")
    watch = Watch("one", lambda: next(looks), lambda _: state, lambda: None, console, sleep=lambda _: None)
    watch.follow()
    return output.getvalue(), watch


def stages(printed: str) -> list[str]:
    return [line.split("✓ ")[1].split("  ")[0] for line in printed.splitlines()]


def at(status: Status, **changes: object) -> Progress:
    return replace(START, status=status, **changes)  # type: ignore[arg-type]


def test_every_stage_is_told_once_and_in_order_even_those_too_short_to_be_seen() -> None:
    printed, _ = follow(
        [None, START, START, at(Status.LLM_PROCESSING), at(Status.PHASE1_COMPLETE), at(Status.COMPLETE)]
    )
    assert stages(printed) == [
        "Fetch pull requests",
        "Read them with the model",
        "Compute metrics",
        "Find insights",
        "First days ready",
        "Fetch older pull requests",
        "Read older pull requests with the model",
        "Complete",
    ]


def test_a_first_phase_behind_open_pages_is_told_as_what_it_is() -> None:
    reading = at(Status.BACKGROUND_LLM, phase=Phase.RECENT, llm_done=1, llm_total=4)
    steps = [START, reading, at(Status.PHASE1_COMPLETE), at(Status.COMPLETE)]
    assert describe(reading).endswith("1 of 4")
    assert stages(follow(steps)[0])[:2] == ["Fetch pull requests", "Read them with the model"]
    output = StringIO()
    watch = Watch("one", lambda: reading, lambda _: None, lambda: None, Terminal(file=output), sleep=lambda _: None)
    watch._print_stages(reading)
    assert stages(output.getvalue()) == ["Fetch pull requests"]


def test_a_stage_is_told_with_its_last_numbers_even_where_they_came_after_the_last_look() -> None:
    reading = at(Status.LLM_PROCESSING, prs_synced=4, llm_done=1, llm_total=4)
    printed, _ = follow([at(Status.SYNCING, prs_synced=3), reading, at(Status.PHASE1_COMPLETE), at(Status.COMPLETE)])
    assert "4 of 4" in printed.splitlines()[0]


def test_what_an_earlier_run_left_is_not_taken_for_this_one() -> None:
    stale = at(Status.FAILED, run_id="an earlier one", error="the old cause")
    printed, _ = follow([stale, stale, START, at(Status.COMPLETE)])
    assert stages(printed)[-1] == "Complete"


def test_the_background_run_that_it_starts_belongs_to_it() -> None:
    background = at(Status.BACKGROUND_SYNCING, run_id="two")
    _, watch = follow([START, at(Status.PHASE1_COMPLETE), background, at(Status.COMPLETE, run_id="two")])
    assert watch.reached_at[Status.PHASE1_COMPLETE] <= watch.reached_at[Status.COMPLETE]


def test_a_failed_first_phase_ends_it_with_cause_and_way_out() -> None:
    with pytest.raises(RunFailed, match="GROQ_API_KEY is not set") as caught:
        follow([START, at(Status.FAILED, error="GROQ_API_KEY is not set", error_hint="Set it.")])
    assert caught.value.hint == "Set it."


def test_a_failed_second_phase_ends_it_too() -> None:
    with pytest.raises(RunFailed, match="token was revoked"):
        follow([START, at(Status.PHASE1_COMPLETE), at(Status.PHASE1_COMPLETE, error="The token was revoked")])


def test_a_run_that_is_over_before_it_wrote_anything_is_not_waited_for() -> None:
    with pytest.raises(RunFailed, match="crashed before it began: said Prefect"):
        follow([None, None], run_state="CRASHED")


def test_a_limit_that_is_waited_out_is_said_with_its_end() -> None:
    waiting = at(Status.SYNCING, waiting_until=datetime(2026, 8, 22, 12, 30, tzinfo=UTC), waiting_for="github")
    assert describe(waiting) == "Waiting for GitHub's rate limit until 12:30:00 UTC"
