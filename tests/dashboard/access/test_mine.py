"""Somebody whose login names them on GitHub need not say who they are."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.shell import navigation

LogIn = Callable[..., dict[str, object]]


@pytest.mark.parametrize(("claim", "is_known"), [("mei", True), ("MEI", True), ("<b>mei</b>", False), (7, False)])
def test_the_claim_of_the_login_says_whose_turn_is_mine(
    open_app: Callable[[Path], AppTest],
    two_teams: Path,
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
    claim: object,
    is_known: bool,
) -> None:
    monkeypatch.setenv("PRFLOW_LOGIN_GITHUB_CLAIM", "preferred_username")
    app = open_app(two_teams)
    app.user = log_in("root", preferred_username=claim)
    app.query_params["team"] = "northwind"
    app.run()
    app.switch_page(str(navigation.REVIEWS.script)).run()
    assert not app.exception
    assert any("Mine (" in str(group.proto) for group in app.get("button_group")) is is_known
