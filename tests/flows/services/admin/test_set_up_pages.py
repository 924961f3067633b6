"""The pages of the set-up, without a browser: what each step shows and keeps."""

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.reading import admin
from dashboard.shell import navigation
from tests.flows.conftest import wait_until
from tests.flows.services.admin.conftest import TOKEN
from tests.warehouse.events.rows import put_team
from warehouse.connection import Warehouse
from warehouse.set_up import Step

if TYPE_CHECKING:
    from tests.flows.services.admin.conftest import SetUpWorld

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]
APP = "from dashboard import app; app.run()"


def open_set_up() -> AppTest:
    app = AppTest.from_string(APP, default_timeout=60).run()
    return app.switch_page(str(navigation.SET_UP.script)).run()


def words(app: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "error", "warning", "info")
    return "\n".join(str(item.value) for kind in kinds for item in app.get(kind))


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app


def test_the_first_screen_leads_to_the_set_up(set_up_world: "SetUpWorld") -> None:
    app = AppTest.from_string(APP, default_timeout=60).run()
    assert app.title[0].value == "Connect your first organisation"
    assert [link.proto.page for link in app.get("page_link")] == ["set-up"]
    assert open_set_up().title[0].value == "Set up prflow"


def test_who_comes_back_is_told_what_is_set_up(set_up_world: "SetUpWorld") -> None:
    with Warehouse() as warehouse:
        put_team(warehouse, "acme")
    app = open_set_up()
    assert "**acme** is set up. This adds another organisation." in words(app)
    assert "settings" in [link.proto.page for link in app.get("page_link")]
    admin.save_token(TOKEN)
    admin.go_to(Step.ORGANISATION)
    assert "is set up" not in words(open_set_up()), "a set-up that has begun is somebody's way"


def test_a_token_is_checked_shown_in_words_and_in_no_state_of_the_page(set_up_world: "SetUpWorld") -> None:
    app = open_set_up()
    app.text_input[0].set_value("bad-token")
    press(app, "Check and save")
    assert "Bad credentials" in words(app)
    assert "paste it here" in words(app)
    app.text_input[0].set_value(TOKEN)
    press(app, "Check and save")
    assert "Connected as **ann**" in words(app)
    assert "read members and teams of your organisations" in words(app)
    app.run()
    assert "token_field_set_up" in repr(app.session_state)
    assert TOKEN not in repr(app.session_state)
    assert TOKEN not in str(app.main)
    assert press(app, "Continue").radio[0].options[0].startswith("**acme**")


def test_an_organisation_and_its_repositories_are_chosen(set_up_world: "SetUpWorld") -> None:
    admin.save_token(TOKEN)
    admin.go_to(Step.ORGANISATION)
    app = open_set_up()
    app.text_input[0].set_value("nobody-here")
    press(app, "Continue")
    assert "no such organisation or user" in words(app)
    app.text_input[0].set_value("")
    press(app, "Continue")
    wait_until(lambda: admin.read_repositories().is_done and "is_reading_members=False" in repr(admin.read_set_up()))
    app = open_set_up()
    assert "2 members in 1 team" in words(app)
    labels = [box.label for box in app.checkbox]
    assert [label.split()[0].replace("\\", "") for label in labels[:2]] == ["acme/shop", "acme/tools"]
    app.checkbox[1].uncheck().run()
    assert "1 of 2 repositories" in words(app)
    assert "1 archived repository and 1 fork not listed" in words(app)
    assert "rules alone read the pull requests" in words(app)
    assert open_set_up().checkbox[1].value is False
    press(app, "Start without a model")
    assert admin.read_set_up().step is Step.SYNC
    assert "Importing the first days of acme" in words(open_set_up())


def test_what_github_refuses_is_said_where_it_happened(set_up_world: "SetUpWorld") -> None:
    admin.save_token(TOKEN)
    admin.choose_owner("acme")
    wait_until(lambda: admin.read_repositories().is_done)
    set_up_world.github.tokens.revoke(TOKEN)
    admin.read_repositories_again()
    wait_until(lambda: admin.read_repositories().problem is not None)
    app = open_set_up()
    assert "does not accept" in words(app)
    set_up_world.github.tokens.grant(TOKEN, "ann")
    press(app, "Ask GitHub again")
    wait_until(lambda: admin.read_repositories().is_done)
    assert len(open_set_up().checkbox) == 2
