"""The panel of Data health that says why a pull request is missing; the walk itself is tested in ingestion."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages.data_health.missing import _write_step
from dashboard.shell import filters, navigation
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.reads.explanation import Step, StepName, StepState
from warehouse.reads.explanation.facts import DEFAULT_PERIOD
from warehouse.settings import WarehouseSettings
from warehouse.store import Merge, commit

Open = Callable[[Path], AppTest]


def ask(app: AppTest, text: str) -> list[str]:
    """Open Data health at an address that asks about a pull request; return what is said, without escapes."""
    app.query_params["explain"] = text
    app.run()
    app.switch_page(str(navigation.DATA_HEALTH.script)).run()
    assert not app.exception
    assert [field.value for field in app.text_input if field.key == "explain"] == [text]
    return [str(each.value).replace("\\", "") for kind in ("markdown", "warning", "caption") for each in app.get(kind)]


@pytest.fixture
def home(seeded_home: Any, seed: ModuleType, tmp_path: Path) -> Path:
    """Copy a complete team in which one more pull request, `northwind/handbook#9999`, could not be fetched."""
    copy = tmp_path / "home"
    shutil.copytree(seeded_home("complete"), copy)
    with Warehouse(WarehouseSettings(home=copy, warehouse_catalog="", warehouse_data="")) as opened:
        repository = opened.read("SELECT id FROM repositories WHERE full_name = 'northwind/handbook'").item()
        row = {"team_id": seed.TEAM, "repository_id": repository, "pull_request_id": "PR_lost", "number": 9999,
               "phase": 1, "state": "failed", "attempts": 1, "error": "GitHub answered HTTP 502 ([x](http://evil))",
               "updated_at": seed.AS_OF}  # fmt: skip
        commit(opened, Merge(schema.sync_items, schema.frame(schema.sync_items, [row], row)))
    return copy


def test_an_address_that_asks_shows_the_step_at_which_it_stops(open_app: Open, home: Path) -> None:
    said = ask(open_app(home), "https://github.com/northwind/handbook/pull/9999")
    assert "**northwind/handbook#9999** is not shown on the pages." in said
    (stopped,) = [line for line in said if line.startswith(":red[")]
    assert "**Pull request fetched**: The fetch failed: GitHub answered HTTP 502" in stopped
    assert "`prflow sync northwind/handbook` does so now." in stopped
    assert sum(line.startswith(":green[") for line in said) == 3
    assert sum(line.startswith(":gray[") and "radio_button" in line for line in said) == 2


def test_one_that_is_shown_can_be_opened_from_here(open_app: Open, home: Path) -> None:
    with Warehouse(WarehouseSettings(home=home, warehouse_catalog="", warehouse_data=""), read_only=True) as opened:
        sql = "SELECT p.id, full_name, number FROM pull_requests p JOIN repositories r ON r.id = p.repository_id"
        key, name, number = opened.read(f"{sql} ORDER BY p.updated_at DESC LIMIT 1").row(0)
    app = open_app(home)
    ask(app, f"{name}#{number}")
    (button,) = [button for button in app.button if button.key == "explain_open"]
    button.click().run()
    assert not app.exception
    assert app.query_params["pr"] == key


def test_what_is_no_pull_request_is_refused_with_an_example(open_app: Open, home: Path) -> None:
    said = "\n".join(ask(open_app(home), "<b>handbook</b> 7"))
    assert "Invalid pull request '<b>handbook</b> 7'." in said
    assert "Write it as OWNER/NAME#N" in said


def test_reasons_are_escaped_and_only_commands_are_marked_up() -> None:
    step = Step(StepName.FETCHED, StepState.STOPPED, "[x](http://evil) `y`", "Run `prflow sync a/b`; [z](http://evil).")
    written = _write_step(step)
    assert "[x](" not in written
    assert "[z](" not in written
    assert written.count("`prflow sync a/b`") == 1
    assert "\\`y\\`" in written


def test_the_default_filters_that_it_tells_are_those_of_the_pages() -> None:
    assert DEFAULT_PERIOD.days == filters.PERIODS[filters.DEFAULT_PERIOD]
