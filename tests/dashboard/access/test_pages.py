"""What a person may not see is on no page, at no address, in no list, and no page does what it may not."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.reading import data, writing
from dashboard.reading.person import Refused
from dashboard.reading.progress import read_progress
from dashboard.shell import navigation
from dashboard.shell.navigation import ASK, DATA_HEALTH, OVERVIEW, SET_UP, SETTINGS, TEAMS, Entry
from tests.dashboard.access.conftest import OTHER, OTHER_PULL_REQUEST, SECRET

Open = Callable[[Path], AppTest]
LogIn = Callable[..., dict[str, object]]


def _all_words(app: AppTest) -> str:
    """Return everything that the script sent to the browser, as text: elements, options, tables."""
    sent = [str(proto) for node in app._tree if (proto := getattr(node, "proto", None))]
    return "\n".join([*sent, *(table.value.to_string() for table in app.dataframe)])


def _open(open_app: Open, home: Path, user: dict[str, object], **parameters: str) -> AppTest:
    app = open_app(home)
    app.user = user
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({}, "This dashboard is for people of your organisation."),
        ({"is_logged_in": True, "email": "root@example.com", "email_verified": True}, "please log in again"),
        ({"iat": 1_700_000_000}, "older than 12 hours"),
        ({"email": "stranger@example.com"}, "who is not on the list of people"),
        ({"email_verified": False}, "does not say that your e-mail address is verified"),
        ({"email": "future@example.com"}, "none of your teams is imported"),
    ],
)
def test_whoever_may_see_nothing_is_told_whom_to_ask(
    open_app: Open, two_teams: Path, log_in: LogIn, user: dict[str, object], words: str
) -> None:
    logged_in = log_in("root", **user) if user and "is_logged_in" not in user else user
    app = _open(open_app, two_teams, logged_in, team=OTHER)
    found = _all_words(app)
    assert words in found
    assert SECRET not in found
    assert "northwind" not in found.lower()
    assert not [*app.dataframe, *app.metric]
    assert [button.label for button in app.button] == (
        ["Log in"] if "log in" in app.title[0].value.lower() else ["Log out"]
    )


def test_a_list_that_cannot_be_read_lets_nobody_in(
    open_app: Open, two_teams: Path, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PRFLOW_LOGIN_ACCESS_FILE", str(tmp_path / "gone.toml"))
    app = _open(open_app, two_teams, log_in("root"))
    assert "it lets nobody in" in app.error[0].value
    assert str(tmp_path) not in _all_words(app)


def test_whoever_sees_both_teams_finds_the_same_address_open(open_app: Open, two_teams: Path, log_in: LogIn) -> None:
    found = _all_words(_open(open_app, two_teams, log_in("root"), team=OTHER, pr=OTHER_PULL_REQUEST))
    assert f"{SECRET} plans" in found
    assert "-author" in found


def test_whoever_is_taken_off_the_list_sees_nothing_more_from_the_next_click_on(
    open_app: Open, two_teams: Path, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "access.toml"
    own.write_text((two_teams / "access.toml").read_text())
    monkeypatch.setenv("PRFLOW_LOGIN_ACCESS_FILE", str(own))
    app = _open(open_app, two_teams, log_in("viewer"))
    assert app.metric
    own.write_text(own.read_text().replace("viewer@example.com", "another@example.com"))
    app.run()
    assert not [*app.exception, *app.metric, *app.dataframe]
    assert "who is not on the list" in _all_words(app)


# Each page at the address of a team and a pull request that the person may not see.
@pytest.mark.parametrize("entry", [OVERVIEW, TEAMS, DATA_HEALTH, ASK, SETTINGS, SET_UP], ids=lambda entry: entry.folder)
def test_nothing_of_another_team_is_sent_to_the_browser(
    open_app: Open, two_teams: Path, log_in: LogIn, entry: Entry
) -> None:
    sql = "SELECT title FROM pull_requests"
    app = _open(open_app, two_teams, log_in("admin"), team=OTHER, pr=OTHER_PULL_REQUEST, repos=SECRET, sql=sql)
    if entry is not OVERVIEW:
        app.switch_page(str(entry.script)).run()
    assert not app.exception
    found = _all_words(app).replace(f"“{OTHER}”", "").replace(f"“{SECRET}”", "")  # what the address asked for
    shown = [line for line in found.splitlines() if SECRET in line or OTHER in line]
    assert not [line for line in shown if "query" not in line], shown
    assert not [box for box in app.selectbox if box.label == "Team"]


def test_a_pull_request_of_another_team_is_not_explained(open_app: Open, two_teams: Path, log_in: LogIn) -> None:
    app = _open(open_app, two_teams, log_in("viewer"))
    app.switch_page(str(DATA_HEALTH.script)).run()
    field = next(one for one in app.text_input if "pull request" in one.label.lower())
    known, unknown = [
        _all_words(field.set_value(text).run()).replace(text, "X")
        for text in (f"{OTHER}/{SECRET}#7", f"{OTHER}/Nothing#7")
    ]
    assert "plans" not in known
    assert f"{SECRET}-author" not in known
    assert ("not followed" in known) == ("not followed" in unknown)


@pytest.mark.parametrize(
    ("who", "hidden"),
    [
        ("viewer", {ASK, SET_UP, SETTINGS}),
        ("admin", {ASK, SET_UP}),
        ("data", {SET_UP, SETTINGS}),
        ("root", set()),
    ],
)
def test_each_role_has_its_pages(
    open_app: Open, two_teams: Path, log_in: LogIn, who: str, hidden: set[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[Entry]] = []
    real = navigation.open_menu

    def open_menu() -> Any:
        seen.append({entry for entry in navigation.ENTRIES if navigation.is_off(entry)})
        return real()

    monkeypatch.setattr(navigation, "open_menu", open_menu)
    app = _open(open_app, two_teams, log_in(who))
    assert seen == [hidden]
    teams = [box.options for box in app.selectbox if box.label == "Team"]
    assert teams == ([["Northwind", OTHER]] if who in ("data", "root") else [])


@pytest.mark.parametrize("who", ["viewer", "data", "admin"])
def test_only_admins_decide_for_a_team(open_app: Open, two_teams: Path, log_in: LogIn, who: str) -> None:
    app = _open(open_app, two_teams, log_in(who), team="northwind")
    app.switch_page(str(SETTINGS.script)).run()
    assert not app.exception
    is_admin = who == "admin"
    assert bool([*app.text_input, *app.text_area]) == is_admin
    assert ("For admins of Northwind" in _all_words(app)) != is_admin


def _write_to(team: str) -> None:
    from dashboard.reading import writing
    from dashboard.reading.person import Refused, begin_run
    from warehouse.errors import PrflowError

    begin_run()
    try:
        writing.take_back(team, "no insight of this name")
    except Refused:
        raise
    except PrflowError:  # it was let through: there is no such insight
        pass


@pytest.mark.parametrize(
    ("who", "team", "is_refused"),
    [
        ("viewer", "northwind", True),
        ("data", "northwind", True),
        ("admin", "northwind", False),
        ("admin", OTHER, True),
        ("root", OTHER, False),
    ],
)
def test_what_pages_write_is_refused_where_it_is_written(
    two_teams: Path, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, who: str, team: str, is_refused: bool
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(two_teams))
    app = AppTest.from_function(_write_to, args=(team,))
    app.user = log_in(who)
    app.run()
    assert bool(app.exception) is is_refused


def test_outside_of_a_login_nothing_is_read_or_written(two_teams: Path, log_in: LogIn) -> None:
    at = data.Snapshot("", 0, 1)
    with pytest.raises(Refused):
        data.Reader("northwind", at)
    with pytest.raises(Refused):
        read_progress("northwind")
    with pytest.raises(Refused):
        writing.take_back("northwind", "x")


def test_a_saved_view_is_text_and_for_who_may_see_it(
    open_app: Open, two_teams: Path, log_in: LogIn, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(two_teams, home)
    hostile = "![x](http://evil.example/x) <b>views</b> :red[r]"
    app = _open(open_app, home, log_in("viewer"), period="12w")
    for name, is_shared in ((hostile, True), ("for me alone", False)):
        next(field for field in app.text_input if field.label == "Save this view as").set_value(name)
        next(box for box in app.checkbox if box.label.startswith("Share")).set_value(is_shared)
        next(button for button in app.button if button.label == "Save").click().run()
        assert not [*app.exception, *app.error]
    assert len([button for button in app.button if button.key and button.key.startswith("view_")]) == 2
    others = _open(open_app, home, log_in("admin"))
    (button,) = (button for button in others.button if button.key and button.key.startswith("view_"))
    assert button.label.startswith(r"\!\[x\]\(http\:")
    assert ":red[" not in button.label
    button.click().run()
    assert not others.exception
    elsewhere = _open(open_app, home, log_in("root"), team=OTHER)
    assert not [button for button in elsewhere.button if button.key and button.key.startswith("view_")]
