"""What is stored is held against GitHub's totals, and what differs is fetched again."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import polars as pl
import pytest

from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.server import serve
from simulators.github.store import records
from simulators.github.story.organisation import Organisation
from tasks.github.api.errors import TimedOut
from tasks.github.ingestion.flag_incomplete import flag_differences
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.scope import Scope
from tasks.github.ingestion.summary import SyncSummary
from tests.conftest import copy_filled
from tests.tasks.github.conftest import Clock, Simulated, ago, begin_run, make_small_organisation
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.totals import find_differences
from warehouse.windows import Phase

Simulate = Callable[..., Simulated]
Start = Callable[..., Run]


def make_with_parts() -> Organisation:
    """Make `acme/one`, whose first pull request has a part of every kind."""
    organisation = make_small_organisation()
    ann = organisation.account("ann")
    comment = records.review_comment(records.node_id("PRRC", 1, 1, 3), ann, ago(hours=2), "Why?", "a.py")
    who = records.git_actor("Ann", "ann@acme.test", ago(hours=3))
    organisation.edit(
        "acme/one",
        1,
        reviews=[records.review(records.node_id("PRR", 1, 1, 1), ann, ago(hours=2), "COMMENTED")],
        reviewThreads=[records.thread(records.node_id("PRRT", 1, 1, 2), [comment], 3)],
        comments=[records.comment(records.node_id("IC", 1, 1, 4), ann, ago(hours=2), "Hm")],
        commits=[records.pull_request_commit("PRC_1", records.commit("a" * 40, "Begin", who, who))],
    )
    return organisation


@pytest.fixture(scope="module")
def stored_home(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fetch it once; each test that begins with it has a copy."""

    def fill(warehouse: Warehouse) -> None:
        clock = Clock()
        with serve(make_with_parts(), clock=clock.seconds) as running:
            simulated = Simulated(running, clock)
            simulated.discover(warehouse)
            simulated.ingest(warehouse, begin_run(warehouse))

    return copy_filled(migrated, tmp_path_factory, fill)


@pytest.fixture
def begins_with(request: pytest.FixtureRequest) -> Path:
    """Folder of an empty DuckLake, or of that of `acme/one` if the test takes `stored`."""
    name = "stored_home" if "stored" in request.fixturenames else "migrated"
    return Path(request.getfixturevalue(name))


@pytest.fixture
def stored(simulate: Simulate, warehouse: Warehouse) -> Simulated:
    """`acme/one`, fetched; its first pull request has a part of every kind."""
    return simulate(make_with_parts())


def lose(warehouse: Warehouse, sql: str) -> None:
    with warehouse.cursor() as cursor:
        cursor.execute(sql)


def weekly(stored: Simulated, warehouse: Warehouse, start: Start) -> SyncSummary:
    run = start(days=0.5 / 24, phase=Phase.INCREMENTAL, run_id="run-2")
    return cast(SyncSummary, stored.ask(lambda github: ingest(github, warehouse, run, scope=Scope(is_refetch=True))))


def state(warehouse: Warehouse) -> tuple[str, str | None]:
    row = warehouse.read_one("SELECT sync_status, last_sync_error FROM repositories") or {}
    return row["sync_status"], row["last_sync_error"]


def test_what_was_fetched_adds_up(stored: Simulated, warehouse: Warehouse) -> None:
    assert find_differences(warehouse, "acme").is_empty()
    assert state(warehouse) == ("done", None)


def test_rows_that_are_lost_are_named_and_fetched_again_by_the_weekly_run(
    stored: Simulated, warehouse: Warehouse, start: Start
) -> None:
    tables = ("reviews", "review_threads", "comments", "commits", "review_comments")
    for table in tables:
        lose(warehouse, f"DELETE FROM {table}")
    (reasons,) = flag_differences(warehouse, "acme").incomplete.values()
    named = "reviews: 0 of 1; review threads: 0 of 1; comments: 0 of 1; commits: 0 of 1"
    assert list(reasons.values()) == [f"#1: {named}"]
    before = stored.asked().get("PullRequests", 0)
    weekly(stored, warehouse, start)
    assert stored.asked()["PullRequests"] == before + 1
    assert find_differences(warehouse, "acme").is_empty()
    assert [warehouse.read(f"SELECT count(*) FROM {table}").item() for table in tables] == [1] * 5
    assert warehouse.read("SELECT count(*) FROM pull_requests WHERE NOT is_complete").item() == 0
    assert state(warehouse) == ("done", None)


def test_comments_that_are_lost_from_a_thread_are_named(stored: Simulated, warehouse: Warehouse) -> None:
    lose(warehouse, "DELETE FROM review_comments")
    assert find_differences(warehouse, "acme")["reason"].to_list() == ["review comments: 0 of 1"]


def test_some_pull_requests_are_compared_alone_with_the_same_result(
    simulate: Simulate, warehouse: Warehouse, start: Start
) -> None:
    simulated = simulate(repositories=2, pull_requests=8)
    simulated.discover(warehouse)
    simulated.ingest(warehouse, start())
    lose(warehouse, "UPDATE pull_requests SET commits_count = 9 WHERE number % 3 = 1")
    lose(warehouse, "DELETE FROM pull_requests WHERE number = 2")
    found = find_differences(warehouse, "acme")
    assert (found.height, found["is_missing"].sum()) == (8, 2)
    some = found["id"].to_list()[::2]
    assert find_differences(warehouse, "acme", some).equals(found.filter(pl.col("id").is_in(some)))
    assert find_differences(warehouse, "acme", []).is_empty()


def test_a_night_compares_what_it_wrote_and_a_run_of_named_repositories_everything(
    stored: Simulated, warehouse: Warehouse, start: Start
) -> None:
    lose(warehouse, "DELETE FROM comments")
    stored.ingest(warehouse, start(days=0.5 / 24, phase=Phase.INCREMENTAL, run_id="run-2"))
    assert find_differences(warehouse, "acme")["reason"].to_list() == ["comments: 0 of 1"]
    ids = warehouse.read("SELECT id FROM repositories")["id"].to_list()
    named = start(days=0.5 / 24, phase=Phase.INCREMENTAL, run_id="run-3")
    stored.ask(lambda github: ingest(github, warehouse, named, scope=Scope(ids)))
    assert find_differences(warehouse, "acme").is_empty()


def test_a_pull_request_that_is_lost_altogether_is_fetched_again(
    stored: Simulated, warehouse: Warehouse, start: Start
) -> None:
    lose(warehouse, "DELETE FROM pull_requests WHERE number = 2")
    summary = weekly(stored, warehouse, start)
    assert (summary.prs_done, summary.is_partial) == (1, False)
    assert warehouse.read("SELECT count(*) FROM pull_requests").item() == 3
    assert warehouse.read("SELECT count(*) FROM sync_items WHERE state = 'failed'").item() == 0


def test_a_pull_request_that_github_has_no_more_leaves_the_warehouse(
    stored: Simulated, warehouse: Warehouse, start: Start
) -> None:
    stored.organisation.delete("acme/one", 1)
    summary = stored.ingest(warehouse, start(run_id="run-2"))
    assert (summary.prs_done, summary.prs_total, summary.is_partial) == (2, 2, False)
    assert warehouse.read("SELECT number FROM pull_requests ORDER BY number")["number"].to_list() == [2, 3]
    for table in ("reviews", "review_threads", "review_comments", "comments", "commits"):
        assert warehouse.read(f"SELECT * FROM {table}").is_empty()
    assert state(warehouse) == ("done", None)


def test_what_a_first_phase_failed_to_fetch_is_fetched_by_a_later_one_and_fails_no_more(
    simulated: Simulated, warehouse: Warehouse, start: Start
) -> None:
    simulated.discover(warehouse)
    simulated.fail(*(Fault(Kind.TIMEOUT, operation=f"{kind}PullRequests", times=None) for kind in ("", "Light")))
    with pytest.raises(TimedOut):
        simulated.ingest(warehouse, start())
    assert warehouse.read("SELECT DISTINCT phase, state FROM sync_items").rows() == [(1, "failed")]
    simulated.running.faults.clear()
    summary = simulated.ingest(warehouse, start(days=0.5 / 24, phase=Phase.HISTORY, run_id="run-2"))
    assert (summary.prs_done, summary.is_partial) == (3, False)
    assert warehouse.read("SELECT DISTINCT state FROM sync_items").rows() == [("done",)]
    assert state(warehouse) == ("done", None)


def test_what_differs_at_the_end_of_a_run_makes_its_repository_partial(
    stored: Simulated, warehouse: Warehouse, start: Start
) -> None:
    stored.when("Probe", lambda: lose(warehouse, "DELETE FROM commits"))
    summary = stored.ingest(warehouse, start(run_id="run-2"))
    reason = "1 pull request not complete: #1: commits: 0 of 1"
    assert summary.problems == {"acme/one": reason}
    assert state(warehouse) == ("partial", reason)


def test_what_a_night_wrote_and_lost_makes_its_repository_partial(
    stored: Simulated, warehouse: Warehouse, start: Start
) -> None:
    stored.organisation.touch("acme/one", 1, stored.ago(hours=0))

    async def lose_them(done: int, total: int) -> None:
        lose(warehouse, "DELETE FROM commits")

    night = start(days=0.5 / 24, phase=Phase.INCREMENTAL, run_id="run-2")
    summary = stored.ask(lambda github: ingest(github, warehouse, night, on_progress=lose_them))
    assert summary.problems == {"acme/one": "1 pull request not complete: #1: commits: 0 of 1"}
