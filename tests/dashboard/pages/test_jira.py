"""Issues of Jira on the pages: there while Jira is switched on, and nowhere while it is off."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.parts.issues import issue_url
from dashboard.shell import navigation
from dashboard.shell.navigation import Entry
from tests.warehouse.events.rows import put
from warehouse.connection import Warehouse
from warehouse.measure import measure_again
from warehouse.settings import WarehouseSettings

NOW = datetime.now(UTC)
HOSTILE = "**[click](https://evil.example)** =1+1 <script>"
TEAM = "northwind"


@pytest.fixture(scope="module")
def home(seed: ModuleType, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a warehouse whose merged pull requests name issues: of three a story, of the fourth none."""
    home = tmp_path_factory.mktemp("jira")
    shutil.copytree(migrated, home, dirs_exist_ok=True)
    settings = WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")
    with pytest.MonkeyPatch.context() as patch, Warehouse(settings) as opened:
        patch.setenv("ENABLE_JIRA_INTEGRATION", "true")
        seed.write(opened, "complete", size=seed.Size(60, 40))
        begun = NOW - timedelta(days=200)
        story = {"team_id": TEAM, "key": "SHOP-2", "issue_type": "Story", "state": "present", "status": "Done"}
        put(opened, "jira_issues", story | {"id": "2", "summary": HOSTILE, "started_at": begun, "epic_id": "1"})
        put(opened, "jira_issues", story | {"id": "1", "key": "SHOP-1", "issue_type": "Epic", "epic_id": "1"})
        put(opened, "jira_issues", story | {"id": "3", "key": "PAY-3", "issue_type": "Bug", "state": "missing"})
        ids = opened.read("SELECT id FROM pull_requests WHERE merged_at IS NOT NULL ORDER BY number")["id"]
        links = [
            {"team_id": TEAM, "pull_request_id": id_, "issue_key": "SHOP-2", "rank": 1, "issue_id": "2"}
            | ({"issue_key": "PAY-3", "issue_id": "3"} if place % 4 == 1 else {})
            for place, id_ in enumerate(ids)
            if place % 4
        ]
        put(opened, "jira_links", *links)
        put(
            opened,
            "jira_sites",
            {"team_id": TEAM, "url": "https://jira.example", "error": HOSTILE, "read_at": NOW, "tried_at": NOW},
        )
        measure_again(opened, TEAM)
    return home


def open_page(app: AppTest, entry: Entry) -> AppTest:
    app.switch_page(str(entry.script)).run()
    assert not app.exception
    return app


def text_of(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.warning, *app.metric, *app.table, *app.button, *app.button_group]
    return " ".join(f"{getattr(part, 'label', '')} {part.value}" for part in parts)


def test_the_pages_show_the_issues_while_jira_is_on_and_nothing_of_them_while_it_is_off(
    open_app: Callable[[Path], AppTest], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = (navigation.DELIVERY, navigation.WORK, navigation.DATA_HEALTH, navigation.DEFINITIONS, navigation.SETTINGS)
    app = open_app(home).run()
    for entry in pages:
        said = text_of(open_page(app, entry))
        assert "Jira" not in said.replace("ENABLE_JIRA_INTEGRATION", ""), entry
        assert "SHOP-" not in said, entry
    monkeypatch.setenv("ENABLE_JIRA_INTEGRATION", "true")
    delivery = {card.label: card.value for card in open_page(app, navigation.DELIVERY).metric}
    assert delivery.keys() >= {"With an issue", "From in progress to merge", "Unplanned work"}
    assert delivery["From in progress to production"] == "–"
    health = text_of(open_page(app, navigation.DATA_HEALTH))
    assert "Issues of Jira" in health
    assert "The last reading is not complete" in health
    assert "[click](https://evil" not in health
    work = open_page(app, navigation.WORK)
    [mix] = [group for group in work.button_group if group.key == "mix"]
    mix.set_value("issue_type").run()
    [table] = [frame.value for frame in app.dataframe if "Type of issue" in frame.value.columns]
    assert set(table["Type of issue"]) == {"Story", "Bug", "No issue"}


def test_the_drawer_links_to_the_issue_with_its_type_and_status(
    open_app: Callable[[Path], AppTest], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENABLE_JIRA_INTEGRATION", "true")
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data=""), read_only=True) as opened:
        ids = dict(opened.read("SELECT issue_key, min(pull_request_id) FROM jira_links GROUP BY issue_key").iter_rows())
    app = open_app(home)
    app.query_params["pr"] = ids["SHOP-2"]
    app.run()
    assert not app.exception
    said = text_of(app)
    assert "[SHOP-2](https://jira.example/browse/SHOP-2)" in said
    assert "Story, Done, epic SHOP" in said.replace("\\", "")
    assert "[click](https://evil" not in said
    app.query_params["pr"] = ids["PAY-3"]
    app.run()
    assert "Jira does not return it" in text_of(app)


@pytest.mark.parametrize(
    ("site", "key"), [("javascript:alert(1)", "A-1"), (None, "A-1"), ("https://jira.example", "A-1)[x](https://evil")]
)
def test_an_address_that_is_malformed_makes_no_link(site: str | None, key: str) -> None:
    assert issue_url(site, key) is None
