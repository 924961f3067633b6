"""Jira in the set-up and in Settings, without a browser: checked, kept encrypted, and nowhere while it is off."""

from typing import TYPE_CHECKING

import pytest

from dashboard.reading import admin, admin_team
from dashboard.reading.admin import AdminRefused
from simulators.jira.server import JiraSimulator, serve
from tests.flows.conftest import wait_until
from tests.flows.services.admin.conftest import TOKEN
from tests.flows.services.admin.test_set_up_pages import open_set_up, press, words

if TYPE_CHECKING:
    from tests.flows.services.admin.conftest import SetUpWorld

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]
CANARY = "jira-canary-6e5d"
STEP = "Continue to Jira (optional)"


def test_the_set_up_has_a_step_for_jira_only_while_it_is_on(
    set_up_world: "SetUpWorld", monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.save_token(TOKEN)
    admin.choose_owner("acme")
    wait_until(lambda: admin.read_repositories().is_done)
    app = open_set_up()
    assert STEP not in [one.label for one in app.expander]
    with pytest.raises(AdminRefused, match="Jira is switched off"):
        admin_team.read_jira("acme")
    monkeypatch.setenv("ENABLE_JIRA_INTEGRATION", "true")
    app = open_set_up()
    assert STEP in [one.label for one in app.expander]
    simulator = JiraSimulator(token=CANARY)
    simulator.world.add_project("SHOP", "The shop")
    with serve(simulator) as jira:
        for token in ("wrong", CANARY):
            number = app.session_state["jira_form"]
            app.text_input(key=f"jira_url_{number}").set_value(jira.url)
            app.text_input(key=f"jira_email_{number}").set_value(simulator.email)
            app.text_input(key=f"jira_token_{number}").set_value(token)
            press(app, "Check and save Jira")
            assert ("Jira does not accept the token" in words(app)) == (token == "wrong")
            assert CANARY not in repr(app.session_state) + str(app.main)
        state = admin_team.read_jira("acme")
        assert (state.is_own, "1 projects: SHOP" in state.words) == (True, True)
        assert "Deleted" in admin_team.forget_jira("acme").words
        assert admin_team.read_jira("acme").problem is not None
    assert "Start without a model" in [button.label for button in app.button]
