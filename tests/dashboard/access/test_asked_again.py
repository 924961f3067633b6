"""What was allowed once is asked again: once `.env` is gone, and when a file is made long after its button."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.access.rule import LOCAL, NOBODY
from dashboard.pages.ask.running import WITH_LISTS, Answer, read_for_file
from dashboard.parts.report.direct import read_directly
from dashboard.reading import clock, data, person
from dashboard.reading.person import Refused
from tests.dashboard.access.conftest import LIST, LOGIN, OTHER

LogIn = Callable[..., dict[str, object]]
EVERYBODY_IS_OUT = """
from pathlib import Path
import dashboard.server
from dashboard.access.rule import NOBODY
from dashboard.reading import person
from dashboard.reading.settings import DashboardSettings
for change in (lambda file: file.write_text("# nothing"), Path.unlink):
    change(Path(".env"))
    assert person.of_cookies({}) is NOBODY
    assert person.current() is NOBODY
    assert not DashboardSettings().has_sql
"""


def test_a_dashboard_that_began_with_a_login_keeps_it_without_its_file_of_settings(tmp_path: Path) -> None:
    settings = LOGIN | {"PRFLOW_DASHBOARD_HAS_SQL": "false"}
    (tmp_path / ".env").write_text("".join(f'{name}="{value}"\n' for name, value in settings.items()))
    (tmp_path / "access.toml").write_text(LIST)
    command = [sys.executable, "-W", "ignore", "-c", EVERYBODY_IS_OUT]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def _draw_page() -> None:
    from datetime import timedelta

    import streamlit as st

    from dashboard.reading import data, person
    from dashboard.shell import context
    from dashboard.shell.filters import Filters

    person.begin_run()
    (team,) = data.teams(data.snapshot())
    reader = data.Reader(team.team_id, data.snapshot())
    end = context.as_of(reader, team)
    st.session_state["page"] = context.compute(team, reader, Filters("4w", end - timedelta(weeks=4), end))


@pytest.mark.parametrize(
    "change",
    [
        lambda words: words.replace('teams = ["northwind"]', f'teams = ["{OTHER}"]'),
        lambda words: words.replace("viewer@example.com", "successor@example.com"),
        lambda words: "allow = [",
    ],
)
def test_a_download_is_refused_once_the_list_says_something_else(
    two_teams: Path, log_in: LogIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]
) -> None:
    people = tmp_path / "people.toml"
    people.write_text(LIST)
    monkeypatch.setenv("PRFLOW_LOGIN_ACCESS_FILE", str(people))
    monkeypatch.setenv("PRFLOW_HOME", str(two_teams))
    app = AppTest.from_function(_draw_page)
    app.user = log_in("viewer")
    app.run()
    assert not app.exception
    reader = app.session_state["page"].reader
    assert read_directly(app.session_state["page"], data.warehouse()).team_id == "northwind"
    assert reader.repositories().height  # as Streamlit makes a file: outside of the session
    people.write_text(change(LIST))
    with pytest.raises(Refused):
        read_directly(app.session_state["page"], data.warehouse())
    with pytest.raises(Refused):
        reader.repositories()
    with pytest.raises(Refused):
        reader.read_uncached(lambda _warehouse, team_id: team_id)


def test_a_statement_is_run_again_for_a_file_only_for_who_may_run_one_now(
    two_teams: Path, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(two_teams))
    rows = pl.DataFrame({"title": ["x"]})
    answer = Answer("SELECT 1", rows, "", is_cut=False, seconds=0.0, asked_at=clock.now())
    assert read_for_file(answer, WITH_LISTS, log_in("data")).equals(rows)
    old = int(time.time()) - 13 * 3600
    for claims in ({}, log_in("viewer"), log_in("analyst"), log_in("admin"), log_in("data", iat=old)):
        with pytest.raises(Refused):
            read_for_file(answer, WITH_LISTS, claims)


def test_without_a_login_a_file_is_for_whoever_sits_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert person.of_cookies({}) is LOCAL
    assert person.current() is LOCAL is not NOBODY
    rows = pl.DataFrame({"title": ["x"]})
    answer = Answer("SELECT 1", rows, "", is_cut=False, seconds=0.0, asked_at=clock.now())
    assert read_for_file(answer, WITH_LISTS, {}).equals(rows)
