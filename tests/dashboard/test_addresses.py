"""What an address may say: labels and keys, values that are not known, and filters that a page does not show."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.parts import drawer
from dashboard.parts.panels import layout_of
from dashboard.shell import navigation
from dashboard.shell.filters import ALL_FILTERS
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

Open = Callable[[Path], AppTest]


def opened(app: AppTest, **parameters: Any) -> AppTest:
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return " ".join(box.value for box in app.info).replace("\\", "")


@pytest.mark.parametrize("asked", ["assisted", "ai-ASSISTED"])
def test_a_filter_takes_its_label_and_its_key(open_app: Open, seeded_home: Any, asked: str) -> None:
    app = opened(open_app(seeded_home("complete")), ai=asked)
    assert app.session_state["ai"] == "assisted"
    assert "not known" not in said(app)


@pytest.mark.parametrize("asked", ["northwind/payments-api", ["R_0", "mobile-sdk"]])
def test_a_repository_may_be_named_in_every_way(open_app: Open, seeded_home: Any, asked: Any) -> None:
    app = opened(open_app(seeded_home("complete")), repos=asked)
    assert app.session_state["repos"] == ["payments-api", *(["mobile-sdk"] if isinstance(asked, list) else [])]


def test_values_that_are_not_known_are_said(open_app: Open, seeded_home: Any) -> None:
    app = opened(
        open_app(seeded_home("complete")), ai="sometimes", period="9y", repos=["payments-api", "no/such"], bots="2"
    )
    expected = ("AI “sometimes”", "Period “9y”", "Repository “no/such”", "Include bots “2”")
    assert [part for part in expected if part not in said(app)] == []
    assert app.session_state["repos"] == ["payments-api"]


def test_a_page_shows_the_filters_that_its_panels_take_and_remembers_the_others(
    open_app: Open, seeded_home: Any
) -> None:
    app = opened(open_app(seeded_home("complete")), period="12w", ai="other", bots="true")
    app.switch_page(str(navigation.DATA_HEALTH.script)).run()
    assert not app.exception
    assert [box.label for box in (*app.button_group, *app.toggle, *app.multiselect)] == []
    app.switch_page(str(navigation.PULL_REQUESTS.script)).run()
    assert (app.session_state["period"], app.session_state["ai"], app.session_state["bots"]) == ("12w", "other", True)
    assert not app.exception


def test_every_page_declares_panels_of_different_names() -> None:
    for entry in set(navigation.ENTRIES) - set(navigation.WITHOUT_FILTERS):
        layout = layout_of(entry)
        names = [panel.name for panel in layout.panels]
        assert len(names) == len(set(names)) > 0
        assert all(panel.title and panel.sentence for panel in layout.panels)
        assert layout.takes <= ALL_FILTERS


def test_clearing_the_filters_leaves_bots_out(open_app: Open, seeded_home: Any) -> None:
    app = opened(open_app(seeded_home("complete")))
    app.switch_page(str(navigation.PULL_REQUESTS.script)).run()
    app.text_input(key="q").set_value("no such title").run()
    app.button(key="clear_filters").click().run()
    assert app.session_state["bots"] is False
    assert "bots" not in app.query_params


@pytest.mark.parametrize("entry", [navigation.OVERVIEW, navigation.DATA_HEALTH])
def test_the_drawer_opens_over_any_page_and_names_who_reviewed(
    open_app: Open, seeded_home: Any, entry: navigation.Entry
) -> None:
    home = seeded_home("complete")
    settings = WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")
    with Warehouse(settings, read_only=True) as opened_home:
        row = opened_home.read_one("SELECT pull_request_id AS id, author_login FROM reviews WHERE state = 'APPROVED'")
    assert row
    app = open_app(home)
    app.run()
    app.switch_page(str(entry.script))
    app.query_params["pr"] = row["id"]
    app.run()
    assert not app.exception
    assert "**People**" in [one.value for one in app.markdown]
    people = next(table.value for table in app.table if "Reviewed by" in table.value.to_string())
    assert f"{row['author_login']} (approved, 2 reviews)" in people.to_string()


def test_open_pull_requests_are_listed_whatever_the_period(open_app: Open, seeded_home: Any) -> None:
    home = seeded_home("complete")
    settings = WarehouseSettings(home=home, warehouse_catalog="", warehouse_data="")
    with Warehouse(settings, read_only=True) as warehouse:
        row = warehouse.read_one(
            "SELECT count(*) AS n, count(*) FILTER (updated_at < ?) AS older FROM pull_requests "
            "WHERE state = 'OPEN' AND author_login <> 'renovate'",
            [datetime(2026, 11, 6, 18, tzinfo=UTC)],
        )
    assert row
    assert row["older"] > 0
    app = open_app(home).run()
    app.switch_page(str(navigation.PULL_REQUESTS.script))
    app.query_params["period"] = "2w"
    app.query_params["state"] = "OPEN"
    app.run()
    assert any(one.value.startswith(f"**{row['n']} pull requests**") for one in app.markdown)


@pytest.mark.parametrize(("asked", "shown"), [("northwind", "Northwind"), ("acme", None)])
def test_a_team_is_named_by_its_id_or_its_login(
    open_app: Open, seeded_home: Any, asked: str, shown: str | None
) -> None:
    app = opened(open_app(seeded_home("complete")), team=asked)
    assert ("Team “acme”" in said(app)) == (shown is None)


def test_neighbours_are_those_of_the_list() -> None:
    assert drawer.find_neighbours(("a", "b", "c"), "b") == ("a", "c")
    assert drawer.find_neighbours(("a", "b", "c"), "a") == (None, "b")
    assert drawer.find_neighbours(("a", "b", "c"), "c") == ("b", None)
    assert drawer.find_neighbours(("a",), "x") == (None, None)


def test_the_drawer_leads_to_the_next_of_the_list_that_it_was_opened_from(open_app: Open, seeded_home: Any) -> None:
    app = opened(open_app(seeded_home("complete")), pr="PR_00010")
    assert "drawer_next" not in [button.key for button in app.button]
    app.session_state[drawer.LIST] = ("PR_00009", "PR_00010", "PR_00011")
    app.run()
    app.button(key="drawer_next").click().run()
    assert not app.exception
    assert app.query_params["pr"] == "PR_00011"
    assert app.button(key="drawer_next").disabled
