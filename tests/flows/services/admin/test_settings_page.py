"""The page of settings without a browser: what a person changes there is what the commands would change."""

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.reading import admin_team
from dashboard.reading.admin import AdminRefused
from dashboard.reading.admin_team import BotDecision, Choices, Rules
from dashboard.shell import navigation
from tests.flows.services.admin.conftest import TOKEN
from tests.flows.services.admin.test_set_up_pages import APP, press, words
from warehouse import schema
from warehouse.accounts import Verdict
from warehouse.keys.api_keys import check_key
from warehouse.progress import Status
from warehouse.store import Merge, commit
from warehouse.teams.choices import set_people_views, set_timezone

if TYPE_CHECKING:
    from tests.flows.services.admin.conftest import SetUpWorld

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]


@pytest.fixture
def team(set_up_world: "SetUpWorld", monkeypatch: pytest.MonkeyPatch) -> "SetUpWorld":
    """Make a team that is open, with an account that behaves like a bot; GITHUB_TOKEN is set."""
    monkeypatch.setenv("GITHUB_TOKEN", "demo-token")
    rows = {
        schema.teams: {"team_id": "acme", "login": "acme", "status": Status.COMPLETE, "timezone": "UTC"},
        schema.people: {
            "team_id": "acme",
            "account_id": "U_7",
            "login": "quick",
            "is_bot": False,
            "quick_answers_share": 0.9,
        },
    }
    commit(set_up_world.warehouse, *(Merge(table, schema.frame(table, [row], row)) for table, row in rows.items()))
    return set_up_world


def open_settings() -> AppTest:
    app = AppTest.from_string(APP, default_timeout=60).run()
    app.switch_page(str(navigation.SETTINGS.script)).run()
    assert not app.exception
    return app


def test_zone_bots_and_rules_are_changed_on_the_page(team: "SetUpWorld") -> None:
    app = open_settings()
    assert "90 % of its responses" in words(app)
    app.selectbox(key="settings_zone").set_value("Europe/Berlin")
    press(app, "Save")
    press(app, "It is a bot")
    app.text_input(key="settings_rule_value").set_value("no-metrics")
    press(app, "See what it moves")
    assert "**0 pull requests** would count differently" in words(app)
    assert team.warehouse.read("SELECT * FROM team_settings").is_empty()
    press(app, "Keep it")
    assert "**exclude-label** = no-metrics" in words(app).replace("\\", "")
    row = team.warehouse.read_one("SELECT timezone FROM teams")
    assert row == {"timezone": "Europe/Berlin"}
    assert team.warehouse.read_one("SELECT is_bot FROM people") == {"is_bot": True}


def test_a_page_that_was_open_for_long_changes_only_what_its_person_changed(team: "SetUpWorld") -> None:
    set_people_views(team.warehouse, "acme", is_allowed=True)
    app = open_settings()
    set_people_views(team.warehouse, "acme", is_allowed=False)
    app.selectbox(key="settings_zone").set_value("Europe/Berlin")
    press(app, "Save")
    chosen = "SELECT timezone, has_people_views FROM teams"
    assert team.warehouse.read_one(chosen) == {"timezone": "Europe/Berlin", "has_people_views": False}
    assert app.toggle(key="settings_people").value is False
    set_timezone(team.warehouse, "acme", "Asia/Tokyo")
    app.run()
    assert app.selectbox(key="settings_zone").value == "Asia/Tokyo"
    app.toggle(key="settings_people").set_value(True)
    press(app, "Save")
    assert team.warehouse.read_one(chosen) == {"timezone": "Asia/Tokyo", "has_people_views": True}


def test_a_repository_is_followed_by_name_and_left_again(team: "SetUpWorld") -> None:
    app = open_settings()
    app.text_input(key="settings_follow").set_value("old")
    press(app, "Follow")
    app.text_input(key="settings_follow").set_value("nothing")
    press(app, "Follow")
    assert "no such repository" in words(app)
    app = open_settings()
    app.multiselect(key="settings_unfollow").set_value(["acme/old"]).run()
    press(app, "Follow them no longer")
    assert team.warehouse.read_one("SELECT is_followed FROM repositories") == {"is_followed": False}


def test_the_token_is_exchanged_and_no_state_keeps_it(team: "SetUpWorld") -> None:
    app = press(open_settings(), "Check the access now")
    assert "Connected as **viewer**" in words(app)
    next(field for field in app.text_input if field.label.startswith("Use another token")).set_value(TOKEN)
    press(app, "Check and save")
    assert "Connected as **ann**" in words(app)
    assert team.secrets("acme") == {"github-token-acme": TOKEN}
    assert TOKEN not in repr(app.session_state)
    assert "Connected as **viewer**" in words(press(app, "Delete the team's own token"))


def test_what_cannot_be_is_refused_with_a_way_out(team: "SetUpWorld") -> None:
    with pytest.raises(AdminRefused, match="no time zone Berlin") as zone:
        admin_team.set_choices("acme", Choices(timezone="Berlin", has_people_views=False))
    assert "Europe/Berlin" in zone.value.hint
    with pytest.raises(AdminRefused, match="is not a rule"):
        admin_team.change_rules("acme", Rules(added=["nonsense"]))
    with pytest.raises(AdminRefused, match="No account nobody"):
        admin_team.decide_on_bot("acme", BotDecision(login="nobody", verdict=Verdict.BOT))
    with pytest.raises(AdminRefused, match="no team other"):
        admin_team.follow("other", ["x"])
    with pytest.raises(AdminRefused, match="Bad credentials"):
        admin_team.exchange_token("acme", "bad-token")


def test_a_key_of_the_api_is_made_shown_once_and_revoked(team: "SetUpWorld", monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Keys of the API" not in words(open_settings())
    monkeypatch.setenv("ENABLE_API_KEYS", "true")
    app = open_settings()
    app.text_input(key="settings_key_name").set_value("a *monitor*")
    press(app, "Make a key")
    [value] = [code.value for code in app.code if code.value.startswith("prflow_")]
    assert check_key(team.warehouse, value) is not None
    app.run()
    assert not [code.value for code in app.code if code.value.startswith("prflow_")]
    assert "**a \\*monitor\\**" in words(app)
    press(app, "Revoke")
    assert check_key(team.warehouse, value) is None
