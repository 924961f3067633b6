"""A warehouse of an earlier version, which knew accounts by login alone, is brought along: see `make.py`."""

import asyncio
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.stage import DATA, Stage, open_warehouse, read_rows, staged
from tasks.github.ingestion.accounts import fill_ids
from tasks.github.ingestion.ingest import ingest
from tasks.github.ingestion.scope import Scope
from tasks.github.organisation.discovery import discover_repositories
from tasks.measure import write_metrics
from tests.old_warehouse.world import AS_OF, TEAM, go_on_before_second_sync, go_on_since, make_organisation
from warehouse import migrations
from warehouse.accounts import Verdict, decide
from warehouse.connection import Warehouse
from warehouse.identity.logins import NAMED_COLUMNS, NamedColumn, follow_logins
from warehouse.progress import Run, start_run
from warehouse.windows import Phase, plan_refresh, plan_windows

FILE = Path(__file__).parent / "de114f2.zip"
DIRECT = [column for column in NAMED_COLUMNS if not column.is_list and column.table not in {"people", "commits"}]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Serve the organisation as it is now."""
    acme = make_organisation()
    go_on_before_second_sync(acme)
    go_on_since(acme)
    with staged(acme) as running:
        yield running


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate the earlier version's warehouse once; each test has a copy of it."""
    home = tmp_path_factory.mktemp("upgraded")
    with zipfile.ZipFile(FILE) as archive:
        archive.extractall(home)
    with open_warehouse(home) as warehouse:
        assert "0010" in migrations.upgrade(warehouse)
    return home


@pytest.fixture
def old(upgraded: Path, tmp_path: Path) -> Iterator[Warehouse]:
    """Open the earlier version's warehouse, migrated."""
    shutil.copytree(upgraded, tmp_path, dirs_exist_ok=True)
    with open_warehouse(tmp_path) as warehouse:
        yield warehouse


def sync(stage: Stage, warehouse: Warehouse, phase: Phase, *, is_refetch: bool = False) -> int:
    """Run one sync as the flows do; return the points that it cost."""
    now = stage.clock()
    window = plan_windows(now, 90, 91, is_live=True)[0] if phase is Phase.RECENT else plan_refresh(AS_OF, now)
    run = Run(run_id=f"run-{now}", team_id=TEAM, flow="refresh", phase=phase, as_of=now, window=window)

    async def go() -> int:
        async with stage.github() as github:
            await discover_repositories(github, warehouse, TEAM)
            start_run(warehouse, run, now)
            await ingest(github, warehouse, run, scope=Scope(is_refetch=is_refetch))
            return github.points_spent

    points = asyncio.run(go())
    write_metrics(warehouse, run, now)
    return points


def fill(stage: Stage, warehouse: Warehouse) -> int:
    """Ask for the missing ids alone; return the points that it cost."""

    async def go() -> int:
        async with stage.github() as github:
            await fill_ids(github, warehouse, TEAM)
            return github.points_spent

    points = asyncio.run(go())
    follow_logins(warehouse, TEAM)
    return points


@pytest.fixture
def fresh(stage: Stage, warehouse: Warehouse) -> Warehouse:
    """Load a warehouse now."""
    sync(stage, warehouse, Phase.RECENT)
    return warehouse


def read_ids(warehouse: Warehouse, column: NamedColumn) -> dict[str, tuple[str, str]]:
    sql = (
        f"SELECT id, {column.id} AS account, {column.login} AS login FROM {column.table} WHERE {column.id} IS NOT NULL"
    )
    key = "team_id || login" if column.table == "organisation_team_members" else "id"
    return {row[0]: row[1:] for row in warehouse.read(sql.replace("SELECT id", f"SELECT {key}")).iter_rows()}


def test_ids_are_filled_for_a_handful_of_points_and_are_those_of_a_fresh_load(
    stage: Stage, old: Warehouse, fresh: Warehouse
) -> None:
    points = fill(stage, old)
    assert points <= 6, "one for each hundred items, not one for each few pull requests"
    for column in DIRECT:
        expected = read_ids(fresh, column)
        found = read_ids(old, column)
        assert {key: value for key, value in found.items() if key in expected} == {
            key: value for key, value in expected.items() if key in found or column.table != "comments"
        }, column
    commits = "SELECT oid, author_login, author_id FROM commits ORDER BY ALL"
    assert old.read(commits).rows() == fresh.read(commits).rows()
    lists = (
        "SELECT id, assignees, assignee_ids, requested_reviewers, requested_reviewer_ids FROM pull_requests ORDER BY id"
    )
    assert old.read(lists).rows() == fresh.read(lists).rows()
    assert fill(stage, old) == 0, "once is enough"


def test_two_people_under_one_login_are_told_apart_and_a_deleted_one_stays_without_id(
    stage: Stage, old: Warehouse
) -> None:
    before = old.read("SELECT DISTINCT author_id FROM comments WHERE author_login = 'eve'")
    assert before["author_id"].to_list() == [None]
    fill(stage, old)
    logins = old.read("SELECT DISTINCT author_login FROM reviews WHERE author_id IS NOT NULL")["author_login"]
    assert set(logins) == {"Cat", "evelyn", "fay"}
    assert set(old.read("SELECT author_login FROM comments")["author_login"]) == {"ann", "eve"}
    assert set(old.read("SELECT author_login FROM reviews WHERE author_id IS NULL")["author_login"]) == {"dora"}
    decided = old.read("SELECT login, is_bot FROM people WHERE decided_at IS NOT NULL").rows()
    assert decided == [("robert", True)], "not the bob of today"


@pytest.mark.slow
def test_after_the_refresh_it_equals_a_fresh_load(stage: Stage, old: Warehouse, fresh: Warehouse) -> None:
    for _ in range(2):
        sync(stage, old, Phase.INCREMENTAL, is_refetch=True)
    decide(fresh, TEAM, ["robert"], Verdict.BOT, stage.clock())  # as was decided of bob in the earlier version
    sync(stage, fresh, Phase.INCREMENTAL)
    others = tuple(table for table in DATA if table != "people")
    assert read_rows(old, others) == read_rows(fresh, others)
    participants = (
        "SELECT account_id, login, kind, is_bot, bot_reason FROM people WHERE account_id <> '@dora' ORDER BY ALL"
    )
    assert old.read(participants).rows() == fresh.read(participants).rows()
    people = "SELECT id, database_id, login, kind FROM accounts WHERE gone_at IS NULL ORDER BY id"
    assert old.read(people).rows() == fresh.read(people).rows()
    reviewers = "SELECT value, n FROM weekly_metrics WHERE metric = 'reviewers' AND scope = 'team' ORDER BY week_start"
    assert old.read(reviewers).rows() == fresh.read(reviewers).rows()
