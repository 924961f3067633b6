"""Insights: every count with exactly its pull requests, the SQL that shows it, dismissed and taken back."""

import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages.insights.sql import statement_of
from dashboard.reading import rows, writing
from dashboard.reading.data import Reader
from dashboard.shell import navigation
from warehouse import schema
from warehouse.connection import Warehouse, WarehouseUnreadable
from warehouse.reads.insights import read_all_insights
from warehouse.settings import WarehouseSettings
from warehouse.store import Replace, commit

Open = Callable[[Path], AppTest]
SLOWER = "northwind:slowed_phase:merge_p50_hours:northwind"
WAITING = "northwind:waiting_pull_requests:-:northwind"
HOSTILE = "<b>Coding</b> [x](http://evil.example) takes longer"


def settings_of(home: Path) -> WarehouseSettings:
    return WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")


@pytest.fixture(scope="module")
def slowed_home(seeded_home: Any, seed: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a team whose merges of the last 4 weeks came a day later, with a resolved insight."""
    home = tmp_path_factory.mktemp("slowed")
    shutil.copytree(seeded_home("complete"), home, dirs_exist_ok=True)
    is_late = pl.col("created_at") > seed.AS_OF - timedelta(days=28)
    with Warehouse(settings_of(home)) as warehouse:
        prs = warehouse.read("SELECT * FROM pull_requests")
        later = pl.when(is_late).then(pl.col("merged_at") + timedelta(days=1)).otherwise("merged_at")
        commit(warehouse, Replace(schema.pull_requests, prs.with_columns(merged_at=later), {"team_id": seed.TEAM}))
        seed.measure(warehouse, seed.AS_OF)
        found = warehouse.read("SELECT * FROM insights")
        old = {"id": "old", "title": HOSTILE, "resolved_at": seed.AS_OF - timedelta(days=3)}
        values = [pl.lit(value).cast(found.schema[name]).alias(name) for name, value in old.items()]
        resolved = found.head(1).with_columns(values)
        commit(warehouse, Replace(schema.insights, pl.concat([found, resolved]), {"team_id": seed.TEAM}))
    return home


def open_insights(open_app: Open, home: Path) -> AppTest:
    app = open_app(home).run().switch_page(str(navigation.INSIGHTS.script)).run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "error", "badge")
    return "\n".join(str(getattr(item, "value", "")) for kind in kinds for item in app.get(kind))


@pytest.mark.parametrize("key", [f"before_{SLOWER}", f"named_{WAITING}"])
def test_every_count_lists_as_many_pull_requests(open_app: Open, slowed_home: Path, key: str) -> None:
    app = open_insights(open_app, slowed_home)
    count = re.search(r"[\d,]+", app.button(key=key).label)
    app.button(key=key).click().run()
    assert not app.exception
    assert app.title[0].value == "Pull requests"
    assert count
    assert said(app).count(f"**{count[0]} pull requests**") == 2


def test_the_counts_are_those_of_the_stored_row(open_app: Open, slowed_home: Path) -> None:
    app = open_insights(open_app, slowed_home)
    with Warehouse(settings_of(slowed_home), read_only=True) as warehouse:
        row = warehouse.read_one("SELECT n, n_before FROM insights WHERE id = ?", [SLOWER])
    assert row
    assert app.button(key=f"recent_{SLOWER}").label == f"n = {row['n']} now"
    assert app.button(key=f"before_{SLOWER}").label == f"n = {row['n_before']} before"


def test_the_history_holds_what_was_true_as_plain_text(open_app: Open, slowed_home: Path) -> None:
    app = open_insights(open_app, slowed_home)
    history = app.dataframe[0].value
    assert sorted(one for state in history["State"] for one in state) == ["Resolved", "True now", "True now"]
    assert HOSTILE in set(history["What was found"])
    assert HOSTILE not in said(app)


def test_every_insight_has_sql_that_finds_rows(slowed_home: Path, seed: ModuleType) -> None:
    with Warehouse(settings_of(slowed_home), read_only=True) as warehouse:
        found = rows.make_rows(rows.StoredInsight, read_all_insights(warehouse, seed.TEAM, seed.AS_OF.date()))
        assert {one.id for one in found} >= {SLOWER, WAITING}
        for one in found:
            assert not warehouse.read(statement_of(one)).is_empty()


def test_a_dismissed_insight_leaves_the_overview_and_can_be_taken_back(open_app: Open, slowed_home: Path) -> None:
    app = open_insights(open_app, slowed_home)
    app.button(key=f"dismiss_{SLOWER}").click().run()
    assert not app.exception
    assert "Dismissed" in said(app)
    assert f"recent_{SLOWER}" not in {button.key for button in app.button}
    app.button(key=f"dismiss_{WAITING}").click().run()
    assert "Apart from what is dismissed below: Nothing moved" in said(app)
    app.button(key=f"take_back_{WAITING}").click().run()
    overview = open_app(slowed_home).run()
    assert "wait longer to be merged" not in said(overview)
    app.button(key=f"take_back_{SLOWER}").click().run()
    assert f"recent_{SLOWER}" in {button.key for button in app.button}
    assert "wait longer to be merged" in said(open_app(slowed_home).run())


def test_a_warehouse_that_takes_nothing_is_said_in_words(
    open_app: Open, slowed_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise WarehouseUnreadable("The warehouse cannot be opened.", "Look at it.")

    app = open_insights(open_app, slowed_home)
    monkeypatch.setattr(writing, "dismiss_insight", refuse)
    app.button(key=f"dismiss_{WAITING}").click().run()
    assert not app.exception
    assert "The warehouse cannot be opened" in said(app).replace("\\", "")
    assert f"named_{WAITING}" in {button.key for button in app.button}


def test_an_address_of_no_insight_lists_all(open_app: Open, slowed_home: Path) -> None:
    app = open_app(slowed_home).run()
    app.query_params["insight"] = "nonsense"
    app.switch_page(str(navigation.PULL_REQUESTS.script)).run()
    assert "not known here" in said(app)


@pytest.mark.parametrize(("state", "can_tell"), [("partial", False), ("complete", True)])
def test_a_page_without_insights_says_whether_it_could_tell_and_how_many_weeks_that_takes(
    open_app: Open, seeded_home: Any, monkeypatch: pytest.MonkeyPatch, state: str, can_tell: bool
) -> None:
    read = Reader.all_insights
    monkeypatch.setattr(Reader, "all_insights", lambda reader: read(reader).clear())
    text = said(open_insights(open_app, seeded_home(state)))
    assert ("Nothing moved more than chance explains" in text) == can_tell
    assert ("Whether anything moved is not known yet" in text) != can_tell
    assert (
        text.count("takes 7 complete weeks, a quicker one 10, a share 12, with 8 pull requests on each side (20") == 2
    )
