"""`prflow teams`: what a person does with whole teams."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from flows.cli import app as cli
from flows.lifecycle.runs.next import read_next_runs, read_paused
from tasks.github.access.logins import Login, Logins
from tests.conftest import copy_filled
from tests.warehouse.identity.test_teams import fill
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument, PrflowError, UnknownTeam


def fill_two(warehouse: Warehouse) -> None:
    """Write two complete teams, `acme` and `globex`, with a row in each table and no run at work."""
    for team in ("acme", "globex"):
        fill(warehouse, team, team)
    with warehouse.cursor() as cursor:
        cursor.execute("UPDATE teams SET status = 'complete', is_as_of_fixed = false, is_paused = false, id = NULL")
        cursor.execute("UPDATE teams SET login = team_id")
        cursor.execute("UPDATE pipeline_runs SET state = 'completed', stage = 'complete'")


@pytest.fixture(scope="module")
def migrated(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_filled(migrated, tmp_path_factory, fill_two)


@pytest.fixture
def acme(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warehouse:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    return warehouse


def prflow(*arguments: str, text: str | None = None) -> str:
    answer = CliRunner().invoke(cli.app, ["teams", *arguments], input=text, catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def team_ids(warehouse: Warehouse) -> list[str]:
    return warehouse.read("SELECT team_id FROM teams ORDER BY team_id")["team_id"].to_list()


def test_teams_alone_lists_them_as_list_does(acme: Warehouse) -> None:
    assert prflow() == prflow("list")
    assert "globex" in prflow()
    listed = json.loads(prflow("--json"))
    assert [(one["team_id"], one["pull_requests"], one["is_paused"]) for one in listed] == [
        ("acme", 1, False),
        ("globex", 1, False),
    ]


def test_a_team_is_renamed_and_found_by_both_names(acme: Warehouse) -> None:
    assert "acme is acme-inc from now on." in prflow("rename", "acme", "Acme-Inc")
    assert team_ids(acme) == ["acme-inc", "globex"]
    assert json.loads(prflow("pause", "ACME", "--json")) == {"team": "acme-inc", "is_paused": True}


def test_two_teams_are_merged_unless_they_are_two_owners(acme: Warehouse) -> None:
    with acme.cursor() as cursor:
        cursor.execute("UPDATE teams SET id = 'O_' || team_id")
    with pytest.raises(BadArgument, match="acme and globex are two owners on GitHub"):
        prflow("merge", "acme", "globex")
    with acme.cursor() as cursor:
        cursor.execute("UPDATE teams SET id = 'O_1'")
    assert json.loads(prflow("merge", "acme", "globex", "--json"))["team"] == "globex"
    assert team_ids(acme) == ["globex"]
    with pytest.raises(BadArgument, match="acme and globex are one team already"):
        prflow("merge", "acme", "globex")


def test_the_night_skips_a_paused_team_and_says_so(acme: Warehouse) -> None:
    assert set(read_next_runs()) == {"acme", "globex"}
    assert "acme is paused: no night fetches anything until `prflow teams resume acme`" in prflow("pause", "acme")
    assert (set(read_next_runs()), read_paused()) == ({"globex"}, ["acme"])
    assert "paused" in prflow()
    assert "goes on with the next night" in prflow("resume", "acme")
    assert (set(read_next_runs()), read_paused()) == ({"acme", "globex"}, [])


def test_a_team_is_exported_with_its_rows_and_no_others(acme: Warehouse, tmp_path: Path) -> None:
    done = json.loads(prflow("export", "acme", str(tmp_path / "acme"), "--format", "csv", "--json"))
    assert done["tables"]["pull_requests"] == 1
    text = (tmp_path / "acme" / "people.csv").read_text()
    assert "acme-login" in text
    assert "globex" not in text
    prflow("export", "acme", str(tmp_path / "acme.duckdb"))
    assert (tmp_path / "acme.duckdb").is_file()


def test_a_team_is_deleted_after_its_name_was_typed(acme: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.cli.teams.deletion._is_terminal", lambda: True)
    for text in ("n\n", "y\nglobex\n"):
        answer = CliRunner().invoke(cli.app, ["teams", "delete", "acme"], input=text)
        assert (answer.exit_code, team_ids(acme)) == (1, ["acme", "globex"])
    assert "Deleted acme:" in prflow("delete", "acme", text="y\nacme\n")
    assert team_ids(acme) == ["globex"]


def test_a_script_confirms_with_yes_and_the_token_of_the_team_goes_too(acme: Warehouse) -> None:
    logins = Logins(acme.settings.home)
    for name in ("github-token", "github-token-acme"):
        logins.save(name, Login(SecretStr("secret"), "ann", "repo", ""))
    with pytest.raises(BadArgument, match="needs a confirmation"):
        prflow("delete", "acme")
    done = json.loads(prflow("delete", "acme", "--yes", "--json"))
    assert (done["team"], done["tokens"], done["prefect"]) == ("acme", 1, "prflow is not running")
    assert done["rows"] > 20
    assert logins.names() == ["github-token"]
    assert team_ids(acme) == ["globex"]


NAMING = (
    *("teams pause x", "teams resume x", "teams delete x --yes", "teams merge x acme", "teams rename x y"),
    *("teams export x f", "status x", "week x", "bots x", "bots x --bot ann", "rules x", "team x", "report x"),
    *("notify digest x", "notify add x mail a@example.com", "notify remove x mail a@example.com", "llm agreement x"),
    *("metrics behind merged_prs x", "metrics compare cycle_time_p50_hours x", "metrics as-of 2026-08-29 x"),
    *("analyse x --dry-run", "explain x/web#1"),
)


@pytest.mark.parametrize("command", NAMING)
def test_a_team_that_is_not_there_is_said_in_the_same_words_by_every_command(acme: Warehouse, command: str) -> None:
    answer = CliRunner().invoke(cli.app, command.split())
    error = answer.exception
    assert isinstance(error, UnknownTeam)
    assert str(error) == "There is no team x."
    hint = "Run `prflow onboard x` to add it, or name one that there is: acme, globex."
    assert error.hint == hint


def test_a_name_that_another_team_has_is_refused(acme: Warehouse) -> None:
    with pytest.raises(PrflowError, match="There is a team globex already"):
        prflow("rename", "acme", "globex")
