"""One page shows one state: values are kept by snapshot, and what is newer than the page is not one of its own."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.reading import snapshots
from dashboard.reading.data import Reader, has_moved, snapshot
from dashboard.reading.snapshots import Snapshot, SnapshotCache
from dashboard.shell import navigation
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.reads.pull_requests import PullRequestQuery
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit


def at(number: int) -> Snapshot:
    return Snapshot("sqlite:x", 1, number)


def test_a_value_is_read_once_a_snapshot_and_not_copied() -> None:
    cache, made = SnapshotCache(), [object(), object()]
    left = list(made)
    found = [cache.get(at(1), "a", lambda: (left.pop(0), True))[0] for _ in range(3)]
    assert found == [made[0]] * 3
    assert cache.get(at(2), "a", lambda: (left.pop(0), True)) == (made[1], True)


def test_what_is_newer_than_its_snapshot_is_not_kept() -> None:
    cache = SnapshotCache()
    assert cache.get(at(1), "a", lambda: ("newer", False)) == ("newer", False)
    assert cache.get(at(1), "a", lambda: ("again", True)) == ("again", True)


def test_a_hundred_commits_leave_the_newest_snapshots_only() -> None:
    cache = SnapshotCache()
    for number in range(100):
        for key in range(snapshots.MAX_VALUES + 50):
            cache.get(at(number), key, lambda: (0, True))
    assert cache.size == (snapshots.MAX_SNAPSHOTS, snapshots.MAX_SNAPSHOTS * snapshots.MAX_VALUES)


@pytest.fixture
def home(seeded_home: Any, tmp_path: Path) -> Path:
    copied = tmp_path / "moving"
    shutil.copytree(seeded_home("complete"), copied)
    return copied


def store_one(home: Path, seed: ModuleType) -> None:
    """Commit one more pull request, as another process does."""
    row = {"id": "PR_new", "team_id": seed.TEAM, "repository_id": "R_0", "number": 9001, "state": "OPEN",
           "title": "New", "created_at": seed.AS_OF, "updated_at": seed.AS_OF}  # fmt: skip
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")) as opened:
        commit(opened, Merge(schema.pull_requests, schema.frame(schema.pull_requests, [row], row)))


def test_a_read_after_a_commit_of_another_process_tells_the_page(
    home: Path, seed: ModuleType, home_of_process: Callable[[Path], None]
) -> None:
    home_of_process(home)
    before = Reader(seed.TEAM, snapshot())
    query = PullRequestQuery(limit=1000)
    count = before.count_pull_requests(query)
    assert not has_moved(before.at)
    store_one(home, seed)
    assert before.count_pull_requests(query) == count
    assert before.pull_requests(query).height == count + 1
    assert has_moved(before.at)
    after = Reader(seed.TEAM, snapshot())
    assert after.pull_requests(query).height == after.count_pull_requests(query) == count + 1
    assert not has_moved(after.at)


def counted(app: AppTest) -> int:
    """Return how many pull requests the page says that it lists."""
    said = [re.match(r"\*\*([\d,]+) pull requests\*\*", one.value) for one in app.markdown]
    return next(int(found[1].replace(",", "")) for found in said if found)


def test_a_page_that_was_drawn_of_two_states_is_drawn_again(
    open_app: Callable[[Path], AppTest], home: Path, seed: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit comes between the count of the list and its rows."""
    read, left = Reader.pull_requests, [1]

    def read_late(reader: Reader, query: PullRequestQuery) -> Any:
        if left:
            left.pop()
            store_one(home, seed)
        return read(reader, query)

    page = str(navigation.PULL_REQUESTS.script)
    app = open_app(home).run()
    app.switch_page(page).run()
    before = counted(app)
    monkeypatch.setattr(Reader, "pull_requests", read_late)
    app.text_input(key="q").set_value("e").run()
    app.text_input(key="q").set_value("").run()
    assert not app.exception
    assert not left
    assert counted(app) == before + 1
    assert app.dataframe[0].value["PR"].tolist().count("#9001") == 1
