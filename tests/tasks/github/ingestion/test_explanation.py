"""Why a pull request is not on the pages: each cause, left in a warehouse by an ingestion that met it."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.store import records
from simulators.github.story.organisation import Organisation
from tasks.github.api.errors import GitHubError
from tasks.github.ingestion.flag_incomplete import flag_differences
from tasks.measure import write_metrics
from warehouse.connection import Warehouse
from warehouse.progress import Run, Status, fail_run, finish_run, note_moved
from warehouse.reads.explanation import Cause, Explanation, Step, StepName, StepState, explain_pull_request
from warehouse.reads.explanation.values import parse_reference
from warehouse.windows import Phase

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]
Start = Callable[..., Run]


@pytest.fixture
def grown(simulate: Simulate) -> "Simulated":
    """Serve `acme/one`, numbered as it grew: 1 of 200 days ago, 2 of 20 days, 3 of 3 hours; and an empty `acme/two`."""
    owner = records.actor("Organization", 1, "acme", "Acme")
    simulated = simulate(Organisation(owner, records.actor("User", 2, "viewer"), "2026-08-22T12:00:00Z"))
    organisation = simulated.organisation
    for account in (records.actor("User", 3, "ann"), records.actor("Bot", 4, "renovate")):
        organisation.add_account(account)
    for number, name in enumerate(("one", "two"), 1):
        organisation.add_repository(records.repository(owner, number, name, simulated.ago(days=300)))
    for age in (timedelta(days=200), timedelta(days=20), timedelta(hours=3)):
        at = simulated.ago(seconds=age.total_seconds())
        organisation.add("acme/one", at, f"Change of {age} ago", "ann", state="CLOSED", closedAt=at)
    return simulated


def ingest(simulated: "Simulated", warehouse: Warehouse, run: Run, **more: object) -> None:
    """Ingest the window of `run`, and end it as it deserves."""
    try:
        simulated.ingest(warehouse, run, **more)
    except GitHubError as error:
        fail_run(warehouse, run, str(error), error.hint, simulated.now, "failed")
    else:
        finish_run(warehouse, run, Status.COMPLETE, "completed", simulated.now)


def explain(warehouse: Warehouse, text: str) -> Explanation:
    return explain_pull_request(warehouse, parse_reference(text))


def last_step(explanation: Explanation) -> Step:
    """Return the step at which the walk stopped; the others before it were passed, those after it not reached."""
    states = [step.state for step in explanation.steps]
    place = states.index(StepState.STOPPED)
    assert set(states[:place]) <= {StepState.PASSED, StepState.NOTED}
    assert set(states[place + 1 :]) <= {StepState.NOT_REACHED}
    assert not explanation.is_shown
    return explanation.steps[place]


def test_a_pull_request_that_is_shown_passes_every_step(grown: "Simulated", warehouse: Warehouse, start: Start) -> None:
    grown.discover(warehouse)
    ingest(grown, warehouse, start())
    found = explain(warehouse, "https://github.com/ACME/one/pull/3/files")
    assert (found.is_shown, found.cause, found.team_id) == (True, None, "acme")
    assert [step.state for step in found.steps][:5] == [StepState.PASSED] * 5
    assert found.steps[-1].message.startswith("On the page Pull requests, with the default filters.")
    assert found.last_run == "The last run (onboarding) ended as completed at 2026-08-22 12:00 UTC."


def test_a_repository_that_is_unknown_or_not_followed_stops_the_walk_at_once(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    grown.discover(warehouse)
    ingest(grown, warehouse, start())
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE repositories SET is_followed = false, is_archived = true WHERE name = 'two'")
    for name, words in (("acme/three#1", "not among the repositories of acme"), ("acme/two#1", "(archived)")):
        step = last_step(explain(warehouse, name))
        assert (step.name, step.cause) == (StepName.FOLLOWED, Cause.NOT_FOLLOWED)
        assert words in step.message
        assert f"`prflow repos acme --follow {name[5:-2]}`" in step.hint


def test_what_was_fetched_before_its_repository_was_left_is_still_shown(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    grown.discover(warehouse)
    ingest(grown, warehouse, start())
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE repositories SET is_followed = false")
    found = explain(warehouse, "acme/one#3")
    assert (found.is_shown, found.cause, found.steps[0].state) == (True, Cause.NOT_FOLLOWED, StepState.NOTED)


def test_a_repository_whose_scan_failed_is_named_with_the_stored_reason(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    grown.discover(warehouse)
    grown.organisation.remove_repository("acme/two")
    ingest(grown, warehouse, start())
    step = last_step(explain(warehouse, "acme/two#1"))
    assert (step.name, step.cause) == (StepName.SCANNED, Cause.SCAN_FAILED)
    reason = warehouse.read("SELECT last_sync_error FROM repositories WHERE name = 'two'").item()
    assert step.message == f"The last sync of acme/two failed: {reason}"
    assert "the token may not see it" in reason
    assert "`prflow sync acme/two`" in step.hint


def test_a_repository_that_no_run_has_come_to_is_left_for_later(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    grown.discover(warehouse)
    start()
    step = last_step(explain(warehouse, "acme/one#3"))
    assert (step.name, step.cause) == (StepName.SCANNED, Cause.LEFT_FOR_LATER)
    assert "has been under way since 2026-08-22 12:00 UTC" in step.message
    assert "`prflow status acme`" in step.hint


def test_what_is_older_than_the_history_is_outside_of_it(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    grown.discover(warehouse)
    ingest(grown, warehouse, start(days=90, phase=Phase.HISTORY))
    step = last_step(explain(warehouse, "acme/one#1"))
    assert (step.name, step.cause) == (StepName.LISTED, Cause.OUTSIDE_HISTORY)
    assert "which begins 2026-05-24 12:00 UTC" in step.message
    assert step.hint == "Fetch more with `prflow history acme --months N`."


def test_a_number_above_all_others_was_opened_after_the_last_scan_or_is_not_there(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    grown.discover(warehouse)
    ingest(grown, warehouse, start())
    step = last_step(explain(warehouse, "acme/one#4"))
    assert (step.name, step.cause) == (StepName.LISTED, Cause.NEVER_LISTED)
    assert "opened after the last scan at 2026-08-22 12:00 UTC" in step.message
    assert "`prflow sync acme/one` does so now" in step.hint


def test_a_number_between_those_of_the_history_is_no_pull_request_that_github_shows(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    grown.organisation.add("acme/one", grown.ago(hours=1), "The newest", "ann")
    grown.organisation.delete("acme/one", 3)
    grown.discover(warehouse)
    ingest(grown, warehouse, start())
    step = last_step(explain(warehouse, "acme/one#3"))
    assert (step.name, step.cause) == (StepName.LISTED, Cause.NEVER_LISTED)
    assert "it is an issue, it was deleted, or the token cannot see it" in step.message


def test_what_github_no_longer_returns_was_in_the_warehouse_until_then(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    grown.discover(warehouse)
    ingest(grown, warehouse, start())
    grown.organisation.delete("acme/one", 3)
    ingest(grown, warehouse, start(run_id="run-2"))
    step = last_step(explain(warehouse, "acme/one#3"))
    assert (step.name, step.cause) == (StepName.LISTED, Cause.GONE)
    assert step.message.startswith("It was in the warehouse until 20")


def test_a_fetch_that_fails_is_told_with_its_reason_and_a_newer_version_that_fails_too(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    grown.discover(warehouse)
    grown.poison(grown.organisation.pull_request("acme/one", 2)["id"])
    ingest(grown, warehouse, start())
    step = last_step(explain(warehouse, "acme/one#2"))
    assert (step.name, step.cause) == (StepName.FETCHED, Cause.FETCH_FAILED)
    reason = warehouse.read("SELECT error FROM sync_items WHERE state = 'failed'").item()
    assert step.message == f"The fetch failed: {reason}"
    assert "`prflow sync acme/one` does so now" in step.hint

    grown.organisation.touch("acme/one", 3, grown.ago(minutes=5))
    grown.poison(grown.organisation.pull_request("acme/one", 3)["id"])
    ingest(grown, warehouse, start(run_id="run-2", phase=Phase.INCREMENTAL))
    assert "The fetch failed (2 times)" in last_step(explain(warehouse, "acme/one#2")).message
    found = explain(warehouse, "acme/one#3")
    assert (found.is_shown, found.cause) == (True, Cause.OUTDATED)
    assert "what is shown was fetched 2026-08-22 12:00 UTC. The fetch failed: " in found.steps[4].message


@pytest.mark.parametrize("kind", [Kind.FORBIDDEN, Kind.NOT_FOUND])
def test_what_the_token_may_not_see_is_told_as_refused(
    grown: "Simulated", warehouse: Warehouse, start: Start, kind: Kind
) -> None:
    grown.organisation.add("acme/two", grown.ago(hours=1), "Secret", "ann")
    grown.discover(warehouse)
    grown.fail(Fault(kind, operation="PullRequests", repository="acme/two", part="commits", times=None))
    ingest(grown, warehouse, start(), page_size=1)
    step = last_step(explain(warehouse, "acme/two#1"))
    assert (step.name, step.cause) == (StepName.FETCHED, Cause.REFUSED)
    assert step.message.startswith("GitHub refused it: ")
    assert "Give the token access" in step.hint


def test_what_a_run_left_behind_waits_for_the_next_one_with_the_reason(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    grown.discover(warehouse)
    grown.fail(Fault(Kind.TOKEN_REVOKED, operation="PullRequests", after=1))
    run = start()
    note_moved(warehouse, run, grown.now, waiting_until=grown.now + timedelta(minutes=9), waiting_for="github")
    assert "waiting for GitHub's rate limit until 2026-08-22 12:09 UTC" in explain(warehouse, "acme/one#2").last_run
    ingest(grown, warehouse, run, page_size=1, workers=1)
    step = last_step(explain(warehouse, "acme/one#2"))
    assert (step.name, step.cause) == (StepName.FETCHED, Cause.LEFT_FOR_LATER)
    assert "The last run (onboarding) ended as failed" in step.message
    assert "GitHub does not accept the token" in step.message
    shown = last_step(explain(warehouse, "acme/one#3"))
    assert (shown.name, shown.cause) == (StepName.SHOWN, Cause.LEFT_FOR_LATER)
    assert "The pages open when the first import has finished (failed)" in shown.message


def test_what_lacks_something_is_shown_and_says_what(grown: "Simulated", warehouse: Warehouse, start: Start) -> None:
    grown.organisation.comment("acme/one", 3, "ann", grown.ago(hours=2), "Hm")
    grown.discover(warehouse)
    ingest(grown, warehouse, start())
    with warehouse.cursor() as cursor:
        cursor.execute("DELETE FROM comments")
    flag_differences(warehouse, "acme")
    found = explain(warehouse, "acme/one#3")
    assert (found.is_shown, found.cause) == (True, Cause.INCOMPLETE)
    assert found.steps[4].message == "Incomplete: comments: 0 of 1."


def test_what_the_default_filters_hide_is_told_with_each_of_them(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    organisation = grown.organisation
    organisation.add("acme/one", grown.ago(days=40), "Update", "renovate")
    organisation.add("acme/one", grown.ago(hours=2), "Draft", "ann", isDraft=True)
    grown.discover(warehouse)
    ingest(grown, warehouse, start(days=90))
    step = last_step(explain(warehouse, "acme/one#4"))
    assert (step.name, step.cause) == (StepName.SHOWN, Cause.HIDDEN)
    assert step.message == (
        "Bots are hidden by default, and renovate counts as one. It was last updated 2026-07-13 12:00 UTC, before the "
        "default period, which begins 2026-07-25 12:00 UTC."
    )
    assert step.hint == "Switch on “Include bots”. Choose a longer Period."
    draft = explain(warehouse, "acme/one#5")
    assert draft.is_shown
    assert "As a draft it is not among the pull requests that wait for a review." in draft.steps[-1].message


def test_what_is_left_out_of_the_numbers_or_was_merged_by_a_bot_says_why(
    grown: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    at = grown.ago(hours=2)
    merged = {"state": "MERGED", "mergedAt": at, "closedAt": at, "updatedAt": at}
    closed = {"state": "CLOSED", "closedAt": at, "updatedAt": at, "labels": [records.label(1, "Merged", "ffffff")]}
    grown.organisation.add("acme/one", at, "Ship it", "ann", baseRefName="live", headRefName="main", **merged)
    grown.organisation.add("acme/one", at, "Landed", "ann", **closed)
    grown.discover(warehouse)
    run = start()
    ingest(grown, warehouse, run)
    write_metrics(warehouse, run, grown.clock.at)
    release = explain(warehouse, "acme/one#4").steps[-1].message
    assert "It is left out of the numbers: it takes main to live, with commits of other pull requests." in release
    landed = explain(warehouse, "acme/one#5").steps[-1].message
    assert "It counts as merged when it was closed: its label says that a bot merged it." in landed
