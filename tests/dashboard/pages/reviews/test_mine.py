"""What waits for one person comes first: whom the login names on GitHub, or whom they choose."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
from streamlit.testing.v1 import AppTest

from dashboard.pages.reviews import mine
from dashboard.shell import navigation

Open = Callable[[Path], AppTest]
ROWS = pl.DataFrame(
    {
        "id": ["asked", "team asked", "reviewed", "others", "own answered", "own approved", "others' author"],
        "turn": ["review", "review", "review", "review", "author", "merge", "author"],
        "turn_login": [None, None, "Mei", "ada", "mei", None, "ada"],
        "author_login": ["ada", "ada", "ada", "bob", "mei", "Mei", "ada"],
        "requested_reviewers": [["mei", "bob"], ["platform"], [], ["ada", "other-team"], [], None, ["mei"]],
    },
    schema_overrides={"requested_reviewers": pl.List(pl.String)},
)


def test_mine_are_reviews_asked_of_me_or_my_team_and_my_own_that_wait_for_me() -> None:
    reader = SimpleNamespace(read=lambda read, login: pl.DataFrame({"slug": ["platform"]}))
    found = mine.select_mine(SimpleNamespace(reader=reader), ROWS, "MEI")  # type: ignore[arg-type]
    assert found["id"].to_list() == ["asked", "team asked", "reviewed", "own answered", "own approved"]


def test_the_logins_on_offer_are_those_that_something_may_wait_for() -> None:
    assert mine.list_logins(ROWS) == ["ada", "bob", "Mei", "mei"]


def _open_reviews(open_app: Open, home: Path, **parameters: str) -> AppTest:
    app = open_app(home).run()
    for name, value in parameters.items():
        app.query_params[name] = value
    app.switch_page(str(navigation.REVIEWS.script)).run()
    assert not app.exception
    return app


def _turns(app: AppTest) -> list[str]:
    """Return the labels of the choice of the turn."""
    return [label for group in app.get("button_group") for label in group.options if "(" in label]  # type: ignore[attr-defined]


def test_whoever_chooses_a_login_sees_first_what_waits_for_it(open_app: Open, seeded_home: Any) -> None:
    home = seeded_home("complete")
    assert not any("Mine" in turn for turn in _turns(_open_reviews(open_app, home)))
    app = _open_reviews(open_app, home, me="mei")
    first = _turns(app)[0]
    assert first.startswith("Mine (")
    count = int(first.removeprefix("Mine (").removesuffix(")"))
    assert count > 0
    table = next(each.value for each in app.dataframe if "Whose turn" in each.value.columns)
    assert len(table) == count


def test_a_login_in_the_address_that_nothing_waits_for_is_said(open_app: Open, seeded_home: Any) -> None:
    app = _open_reviews(open_app, seeded_home("complete"), me="[x](http://evil.example)")
    said = [box.value for box in app.info]
    assert any("GitHub login" in each and "evil" in each for each in said), said
    assert not any("[x](" in each for each in said)
    assert not any("Mine" in turn for turn in _turns(app))
