"""What an address may say: labels and keys, values that are not known, and filters that a page does not show."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.parts.panels import layout_of
from dashboard.shell import navigation
from dashboard.shell.filters import ALL_FILTERS

Open = Callable[[Path], AppTest]


def opened(app: AppTest, **parameters: Any) -> AppTest:
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return " ".join(box.value for box in app.info).replace("\\", "")


@pytest.mark.parametrize("asked", ["assisted", "AI-assisted", "ai-ASSISTED"])
def test_a_filter_takes_its_label_and_its_key(open_app: Open, seeded_home: Any, asked: str) -> None:
    app = opened(open_app(seeded_home("complete")), ai=asked)
    assert app.session_state["ai"] == "assisted"
    assert "not known" not in said(app)


@pytest.mark.parametrize("asked", ["payments-api", "northwind/payments-api", "R_0", ["R_0", "mobile-sdk"]])
def test_a_repository_may_be_named_in_every_way(open_app: Open, seeded_home: Any, asked: Any) -> None:
    app = opened(open_app(seeded_home("complete")), repos=asked)
    assert app.session_state["repos"] == ["payments-api", *(["mobile-sdk"] if isinstance(asked, list) else [])]


def test_values_that_are_not_known_are_said(open_app: Open, seeded_home: Any) -> None:
    app = opened(open_app(seeded_home("complete")), ai="sometimes", period="9y", repos=["payments-api", "no/such"])
    assert [part in said(app) for part in ("AI “sometimes”", "Period “9y”", "Repository “no/such”")] == [True] * 3
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
