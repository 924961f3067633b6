"""Set up and Settings, which act with the token of whoever runs prflow: switched off, no page leads there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.reading.settings import DashboardSettings
from dashboard.shell import navigation
from dashboard.shell.navigation import SET_UP, SETTINGS, Entry

Open = Callable[[Path], AppTest]


@pytest.mark.parametrize(
    ("hosts", "asked", "is_there"),
    [
        ("", "", True),
        (" , ", "", True),
        ("prflow.example.com", "", False),
        ("prflow.example.com", "true", True),
        ("", "false", False),
    ],
)
def test_they_are_there_unless_others_are_let_in_or_somebody_wants_it(
    monkeypatch: pytest.MonkeyPatch, hosts: str, asked: str, is_there: bool
) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HOSTS", hosts)
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_SETTINGS", asked)
    assert DashboardSettings(_env_file=None).has_settings is is_there


@pytest.mark.parametrize("entry", [SET_UP, SETTINGS], ids=["set-up", "settings"])
def test_the_pages_say_so_and_name_the_commands(
    open_app: Open, seeded_home: Any, monkeypatch: pytest.MonkeyPatch, entry: Entry
) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_SETTINGS", "false")
    app = open_app(seeded_home("complete")).run()
    app.switch_page(str(entry.script)).run()
    assert not app.exception
    assert "PRFLOW_DASHBOARD_HAS_SETTINGS=true" in app.info[0].value
    assert "prflow onboard OWNER" in app.get("code")[0].value
    assert not [*app.button, *app.text_input, *app.selectbox]


def test_the_menu_and_the_first_screen_do_not_lead_there(
    open_app: Open, seeded_home: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PRFLOW_DASHBOARD_HAS_SETTINGS", "false")
    assert [entry.title for entry in navigation.ENTRIES if navigation.is_off(entry)] == ["Set up prflow", "Settings"]
    app = open_app(tmp_path).run()
    assert not app.exception
    assert not app.get("page_link")
    assert "prflow onboard OWNER" in "\n".join(block.value for block in app.get("code"))
