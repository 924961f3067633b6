"""Ingestion end to end: from a GitHub over HTTP to the rows of a warehouse."""

import asyncio
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.limits import Limits
from tasks.github.api.client import GitHub
from tasks.github.api.errors import NotFound, TimedOut, TokenRefused
from tasks.github.ingestion.ingest import ingest
from tasks.github.pull_requests.parse import parse_pull_requests
from warehouse.connection import Warehouse
from warehouse.progress import Run, read_progress
from warehouse.windows import Phase

if TYPE_CHECKING:
    from tests.tasks.github.conftest import Simulated

Simulate = Callable[..., "Simulated"]
Start = Callable[..., Run]


def items(warehouse: Warehouse) -> list[tuple[str, int, int, str]]:
    """Rows of sync_items: repository, number, phase, state."""
    return warehouse.read(
        "SELECT r.name, i.number, i.phase, i.state FROM sync_items i JOIN repositories r ON r.id = i.repository_id "
        "ORDER BY ALL"
    ).rows()


def repositories(warehouse: Warehouse) -> dict[str, tuple[str, str | None]]:
    """Status and error by name."""
    rows = warehouse.read("SELECT name, sync_status, last_sync_error FROM repositories ORDER BY name").rows()
    return {name: (status, error) for name, status, error in rows}


def stored(warehouse: Warehouse) -> list[tuple[str, int]]:
    return warehouse.read(
        "SELECT r.name, p.number FROM pull_requests p JOIN repositories r ON r.id = p.repository_id ORDER BY ALL"
    ).rows()


def one(*numbers: int) -> list[tuple[str, int]]:
    return [("one", number) for number in numbers]


def test_a_window_of_one_repository_lands_in_the_warehouse(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.discover(warehouse)
    summary = simulated.ingest(warehouse, start())
    assert (summary.prs_done, summary.prs_total, summary.is_partial) == (3, 3, False)
    assert stored(warehouse) == one(1, 2, 3)
    assert items(warehouse) == [("one", number, 1, "done") for number in (1, 2, 3)]
    assert repositories(warehouse) == {"one": ("done", None)}
    assert simulated.violations() == 0


def test_only_the_window_is_fetched_its_start_included_and_its_end_not(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.discover(warehouse)
    summary = simulated.ingest(warehouse, start(days=2 / 24, until=1 / 24))
    assert summary.prs_total == 1
    assert stored(warehouse) == one(2)


def test_a_repository_without_pull_requests_in_the_window_is_done(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.discover(warehouse)
    summary = simulated.ingest(warehouse, start(days=0.01))
    assert (summary.prs_total, repositories(warehouse)) == (0, {"one": ("done", None)})


def test_a_second_run_fetches_only_what_was_touched_since(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.discover(warehouse)
    run = start()
    simulated.ingest(warehouse, run)
    simulated.organisation.comment("acme/one", 2, "bob", simulated.ago(minutes=5), "Done?")
    before = simulated.asked()["PullRequests"]
    summary = simulated.ingest(warehouse, run)
    assert (summary.prs_done, summary.prs_total) == (3, 3)
    assert simulated.asked()["PullRequests"] == before + 1
    assert warehouse.read("SELECT body FROM comments").rows() == [("Done?",)]


def test_answers_are_kept_where_it_is_asked_for_and_give_the_same_rows_again(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start(days=1.5 / 24))
    assert warehouse.read("SELECT * FROM raw_answers").is_empty()
    simulated.ingest(warehouse, start(run_id="run-2"), keep_raw_answers=True)
    kept = warehouse.read("SELECT * FROM raw_answers ORDER BY updated_at DESC").to_dicts()
    nodes = [orjson.loads(zlib.decompress(row["answer"])) for row in kept]
    parsed = parse_pull_requests(nodes, "acme", simulated.now).pull_requests
    assert [(row["number"], row["title"]) for row in parsed] == [(2, "Change 2"), (3, "Change 3")]
    stored = warehouse.read("SELECT id, updated_at FROM pull_requests WHERE number > 1 ORDER BY number").rows()
    assert [(row["pull_request_id"], row["updated_at"]) for row in kept] == stored


def test_what_was_deleted_on_github_goes_with_its_comment_and_the_rest_stays(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.organisation.comment("acme/one", 2, "bob", simulated.ago(minutes=9), "Hm")
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())
    simulated.organisation.edit("acme/one", 2, comments=[], updatedAt=simulated.ago(minutes=5))
    simulated.ingest(warehouse, start())
    assert stored(warehouse) == one(1, 2, 3)
    assert warehouse.read("SELECT * FROM comments").is_empty()


def test_both_phases_of_a_live_onboarding_take_what_is_touched_between_them_once(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start(days=1.5 / 24))
    assert stored(warehouse) == one(1)
    simulated.organisation.touch("acme/one", 3, simulated.ago(minutes=1))
    summary = simulated.ingest(warehouse, start(days=90, phase=Phase.HISTORY, run_id="run-2"))
    assert summary.prs_total == 2
    assert items(warehouse) == [("one", 1, 1, "done"), ("one", 2, 2, "done"), ("one", 3, 2, "done")]


def test_a_pull_request_deleted_between_scan_and_fetch_is_dropped(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.discover(warehouse)
    work = simulated.organisation
    simulated.when("PullRequests", lambda: work.delete("acme/one", 2))
    summary = simulated.ingest(warehouse, start())
    assert (summary.prs_done, summary.prs_total, summary.is_partial) == (2, 2, False)
    assert stored(warehouse) == one(1, 3)
    assert [number for _, number, _, _ in items(warehouse)] == [1, 3]


def test_a_repository_that_is_gone_is_named_and_leaves_the_others_complete(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=3)
    simulated.discover(warehouse)
    simulated.organisation.remove_repository("acme/two")
    summary = simulated.ingest(warehouse, start())
    assert list(summary.problems) == ["acme/two"]
    status = repositories(warehouse)
    assert (status["one"], status["three"]) == (("done", None), ("done", None))
    assert status["two"][0] == "failed"
    assert "acme/two no longer exists" in str(status["two"][1])


def test_a_repository_that_goes_between_scan_and_fetch_is_named_and_what_it_had_is_not_deleted(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=2)
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())
    for number in (1, 2, 3):
        simulated.organisation.touch("acme/two", number, simulated.ago(minutes=number))
    simulated.when("PullRequests", lambda: simulated.organisation.remove_repository("acme/two"))
    summary = simulated.ingest(warehouse, start())
    assert list(summary.problems) == ["acme/two"]
    assert repositories(warehouse)["two"][0] == "failed"
    assert len(stored(warehouse)) == 6


def test_a_renamed_repository_is_followed_by_its_id(simulated: "Simulated", warehouse: Warehouse, start: Start) -> None:
    simulated.discover(warehouse)
    simulated.organisation.rename_repository("acme/one", "uno")
    simulated.ingest(warehouse, start())
    assert warehouse.read("SELECT full_name FROM repositories").rows() == [("acme/uno",)]


def test_a_run_of_which_every_repository_fails_raises_the_cause(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.discover(warehouse)
    simulated.organisation.remove_repository("acme/one")
    with pytest.raises(NotFound, match="acme/one no longer exists"):
        simulated.ingest(warehouse, start())


def test_a_token_revoked_in_mid_run_stops_at_once_and_keeps_what_is_done(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=12)
    simulated.discover(warehouse)
    simulated.fail(Fault(Kind.TOKEN_REVOKED, operation="PullRequests", after=2))
    with pytest.raises(TokenRefused):
        simulated.ingest(warehouse, start(), page_size=3, workers=1)
    assert stored(warehouse) == one(*range(1, 7))
    assert simulated.running.stats()["by_status"]["401"] == 2  # asked once more before it counts


def test_a_second_run_after_a_revoked_token_fetches_the_rest_only(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=12)
    simulated.discover(warehouse)
    simulated.fail(Fault(Kind.TOKEN_REVOKED, operation="PullRequests", after=2))
    run = start()
    with pytest.raises(TokenRefused):
        simulated.ingest(warehouse, run, page_size=3, workers=1)
    summary = simulated.ingest(warehouse, run, page_size=3, workers=1, token="another-token")
    assert (summary.prs_done, summary.prs_total) == (12, 12)
    assert simulated.asked()["PullRequests"] == 3 + 2  # the third was refused, and asked again


def test_a_pull_request_that_always_times_out_is_named_and_leaves_the_others_complete(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=8)
    simulated.discover(warehouse)
    bad = simulated.organisation.pull_request("acme/one", 5)["id"]
    simulated.poison(bad)
    summary = simulated.ingest(warehouse, start())
    assert (summary.prs_done, summary.prs_total, summary.prs_failed) == (7, 8, 1)
    status, error = repositories(warehouse)["one"]
    assert status == "partial"
    assert str(error).startswith("1 pull request could not be fetched: #5:")
    assert ("one", 5, 1, "failed") in items(warehouse)


def test_a_github_that_answers_for_no_pull_request_at_all_ends_the_run(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=25)
    simulated.discover(warehouse)
    simulated.fail(
        Fault(Kind.TIMEOUT, operation="PullRequests", times=None),
        Fault(Kind.TIMEOUT, operation="LightPullRequests", times=None),
    )
    with pytest.raises(TimedOut):
        simulated.ingest(warehouse, start(), page_size=5)
    assert stored(warehouse) == []


def test_waits_for_limits_lose_nothing_and_no_request_is_sent_meanwhile(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=40, limits=Limits(hourly_points=12))
    simulated.fail(Fault(Kind.SECONDARY_LIMIT, after=5, seconds=20), Fault(Kind.BAD_GATEWAY_HTML, after=9))
    simulated.discover(warehouse)
    summary = simulated.ingest(warehouse, start(), page_size=2)
    assert (summary.prs_done, len(stored(warehouse))) == (40, 40)
    assert simulated.clock.waits[-1] is None
    assert simulated.violations() == 0


def test_a_run_that_is_cancelled_anywhere_leaves_nothing_half_written_and_is_resumed(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(pull_requests=20)
    simulated.discover(warehouse)
    run = start()

    async def cancel_at_third_batch(github: GitHub) -> None:
        task = asyncio.create_task(ingest(github, warehouse, run))
        simulated.fail(Fault(Kind.HANG, operation="PullRequests", after=2))
        while simulated.asked().get("PullRequests", 0) < 3:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    simulated.ask(cancel_at_third_batch, page_size=3, workers=1, max_workers=1)
    done = [number for _, number, _, state in items(warehouse) if state == "done"]
    assert stored(warehouse) == one(*done)
    summary = simulated.ingest(warehouse, run)
    assert (summary.prs_done, stored(warehouse)) == (20, one(*range(1, 21)))


def test_progress_and_points_are_in_the_warehouse_with_the_rows(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=2)
    simulated.discover(warehouse)
    summary = simulated.ingest(warehouse, start())
    progress = read_progress(warehouse, "acme", lambda _: None, simulated.now)
    assert (progress.prs_synced, progress.prs_total) == (6, 6)
    assert [repository.sync_progress for repository in progress.repos] == [100.0, 100.0]
    row = warehouse.read_one("SELECT github_points, github_requests, github_remaining FROM pipeline_runs")
    assert row == {"github_points": summary.points, "github_requests": summary.requests, "github_remaining": 5000 - 6}


def test_coverage_grows_with_the_second_window(simulated: "Simulated", warehouse: Warehouse, start: Start) -> None:
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start(days=30, until=0))
    simulated.ingest(warehouse, start(days=90, until=30, phase=Phase.HISTORY, run_id="run-2"))
    row = warehouse.read_one("SELECT history_from, watermark_at, last_sync_at FROM repositories")
    now = simulated.now
    assert row == {"history_from": now - timedelta(days=90), "watermark_at": now, "last_sync_at": now}


@pytest.mark.parametrize("seconds", [-400, 0, 400])
def test_a_pull_request_is_as_of_the_start_of_its_fetch_by_githubs_clock(
    simulate: Simulate, warehouse: Warehouse, start: Start, seconds: int
) -> None:
    """What changes during a fetch may not be in the response: it must not seem older than the fetch."""
    simulated = simulate(skew=seconds)
    simulated.discover(warehouse)
    simulated.when("PullRequests", lambda: setattr(simulated.clock, "at", simulated.clock.at + timedelta(seconds=30)))
    simulated.ingest(warehouse, start())
    fetched = warehouse.read("SELECT DISTINCT fetched_at FROM pull_requests").item()
    assert fetched == simulated.now + timedelta(seconds=seconds)


def test_what_a_person_says_of_an_account_is_not_overwritten(
    simulated: "Simulated", warehouse: Warehouse, start: Start
) -> None:
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE people SET is_bot = true, bot_reason = 'behaviour' WHERE login = 'ann'")
    simulated.organisation.touch("acme/one", 1, simulated.ago(minutes=1))
    simulated.ingest(warehouse, start())
    assert warehouse.read("SELECT login, bot_reason FROM people").rows() == [("ann", "behaviour")]
