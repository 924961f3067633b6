"""`prflow repos`, `members` and `sync` as a person uses them, against a simulated GitHub."""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.cli import app as cli
from flows.lifecycle.clock import now
from flows.lifecycle.first_run import NotOnboarded, is_first_run
from simulators.github.serving.faults import Fault, Kind
from simulators.github.serving.server import Running, serve
from simulators.github.store import records
from simulators.github.story.organisation import Organisation
from warehouse.connection import Warehouse
from warehouse.progress import Run, Status, enter_stage, fail_run, finish_run, start_run
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
AT = "2026-08-20T10:00:00Z"


@pytest.fixture
def github(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """`acme` with three repositories, one of them archived and one a fork, and two members in a team."""
    owner = records.actor("Organization", 1, "acme", "Acme")
    organisation = Organisation(owner, records.actor("User", 2, "viewer"), AT)
    for number, (name, more) in enumerate({"one": {}, "old": {"isArchived": True}, "copy": {"isFork": True}}.items()):
        organisation.add_repository(records.repository(owner, number + 1, name, AT, **more))
    ann, bob = records.actor("User", 3, "ann", "Ann [b]x[/b]"), records.actor("User", 4, "bob")
    organisation.add_member(bob)
    organisation.add_member(ann, "ADMIN")
    organisation.add_team(records.team(1, "Core", "core", owner, [ann]))
    organisation.add_account(records.actor("User", 5, "someone"))
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    with serve(organisation) as running:
        monkeypatch.setenv("GITHUB_TOKEN", "demo-token")
        monkeypatch.setenv("GITHUB_API_URL", running.url)
        monkeypatch.setenv("GITHUB_GRAPHQL_URL", running.graphql_url)
        monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
        yield running


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Exit code, stdout and stderr of `prflow ...`."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["prflow", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as ending:
            code = int(ending.code or 0)
        return code, *capsys.readouterr()

    return run


def begin(warehouse: Warehouse, flow: str = "onboarding", phase: Phase = Phase.RECENT, run_id: str = "run-1") -> Run:
    found = Run(run_id=run_id, team_id="acme", flow=flow, phase=phase, as_of=T, window=Window(T - timedelta(days=30)))
    start_run(warehouse, found, T)
    return found


# -- repos -------------------------------------------------------------------------------------------------------------


def test_repositories_are_listed_and_archived_ones_and_forks_are_counted(github: Running, run: Any) -> None:
    code, said, _ = run("repos", "ACME")
    assert code == 0
    assert "acme/one" in said
    assert "acme/old" not in said
    assert (
        "1 of 3 repositories, 0 followed. 2 archived repositories or forks are not shown; --all includes them." in said
    )


def test_all_of_them_as_json_and_nothing_else_on_stdout(github: Running, run: Any) -> None:
    facts = json.loads(run("repos", "acme", "--all", "--json")[1])
    assert {row["name"]: (row["is_archived"], row["is_fork"], row["is_followed"]) for row in facts["repositories"]} == {
        "one": (False, False, False),
        "old": (True, False, False),
        "copy": (False, True, False),
    }
    assert (facts["archived_count"], facts["forks_count"], facts["left_out_count"]) == (1, 1, 0)


def test_what_is_searched_for_and_not_there_is_said(github: Running, run: Any) -> None:
    assert "acme/one" in run("repos", "acme", "--search", "ON")[1]
    assert "No repositories of acme match “zzz”, out of 3." in run("repos", "acme", "--search", "zzz")[1]


def test_a_repository_is_followed_and_left_by_name_and_a_listing_changes_nothing(
    github: Running, run: Any, warehouse: Warehouse
) -> None:
    followed = "SELECT full_name FROM repositories WHERE is_followed ORDER BY full_name"
    run("repos", "acme", "--all")
    assert warehouse.read(followed).is_empty()
    assert "`prflow sync acme/old`" in run("repos", "acme", "--follow", "old", "--follow", "acme/ONE")[1]
    assert warehouse.read(followed)["full_name"].to_list() == ["acme/old", "acme/one"]
    assert "1 of 3 repositories, 1 followed" in run("repos", "acme")[1]
    assert run("repos", "acme", "--unfollow", "old")[0] == 0
    assert warehouse.read(followed)["full_name"].to_list() == ["acme/one"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--follow", "nothing"], "acme/nothing: no such repository"),
        (["--unfollow", "one"], "acme/one is not followed"),
        (["--follow", "other/one"], "write it as acme/NAME"),
        (["--follow", "one", "--all"], "cannot be combined"),
    ],
)
def test_what_cannot_be_followed_is_one_clear_sentence(
    github: Running, run: Any, arguments: list[str], words: str
) -> None:
    code, said, error = run("repos", "acme", *arguments)
    assert (code, said) == (1, "")
    assert words in error
    assert "Traceback" not in error


# -- members -----------------------------------------------------------------------------------------------------------


def test_members_come_with_roles_and_teams_and_are_kept_for_a_team_that_is_known(
    github: Running, run: Any, warehouse: Warehouse
) -> None:
    code, said, _ = run("members", "acme")
    assert code == 0
    assert said.index("ann") < said.index("bob")
    assert "Ann [b]x[/b]" in said
    assert "2 members, 1 of them administrators; 1 teams." in said
    assert warehouse.read("SELECT * FROM team_members").is_empty()
    begin(warehouse)
    facts = json.loads(run("members", "acme", "--json")[1])
    assert {row["login"]: (row["role"], row["teams"]) for row in facts["members"]} == {
        "ann": ("ADMIN", ["core"]),
        "bob": ("MEMBER", []),
    }
    assert warehouse.read("SELECT count(*) FROM team_members").item() == 2


def test_a_token_that_may_not_see_the_members_is_told_the_scope_it_lacks(github: Running, run: Any) -> None:
    github.faults.add(Fault(Kind.SCOPES, operation="Members"))
    code, said, error = run("members", "acme")
    assert (code, said) == (1, "")
    assert "read:org" in error
    assert "acme is a user" not in error


def test_a_user_has_no_members(github: Running, run: Any) -> None:
    code, _, error = run("members", "someone")
    assert code == 1
    assert "someone is a user; only organisations have members." in error


# -- sync --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("acme", "write it as OWNER/NAME"),
        ("acme/one/two", "write it as OWNER/NAME"),
        ("acme/nothing", "no such repository"),
    ],
)
def test_a_repository_that_is_none_is_refused_before_a_run_begins(
    github: Running, run: Any, warehouse: Warehouse, name: str, words: str
) -> None:
    code, said, error = run("sync", name)
    assert (code, said) == (1, "")
    assert words in error
    assert warehouse.read("SELECT * FROM pipeline_runs").is_empty()


def test_a_run_that_is_on_is_named_and_not_disturbed(github: Running, run: Any, warehouse: Warehouse) -> None:
    start_run(
        warehouse,
        Run(run_id="run-1", team_id="acme", flow="refresh", phase=Phase.INCREMENTAL, as_of=T, window=Window(T)),
        now(),
    )
    code, said, error = run("sync", "acme/one")
    assert (code, said) == (1, "")
    assert "Another run works on acme: its refresh" in error
    assert "prflow status" in error


def test_a_team_whose_onboarding_has_failed_is_sent_back_to_it_and_a_failed_sync_is_not(warehouse: Warehouse) -> None:
    def team() -> dict[str, Any] | None:
        return warehouse.read_one("SELECT * FROM teams WHERE team_id = 'acme'")

    assert is_first_run(warehouse, None)
    onboarding = begin(warehouse)
    fail_run(warehouse, onboarding, "No", "Retry", T)
    with pytest.raises(NotOnboarded, match="The first run of acme is not finished") as caught:
        is_first_run(warehouse, team())
    assert "prflow onboard acme" in caught.value.hint
    enter_stage(warehouse, onboarding, Status.PHASE1_COMPLETE, T)
    assert not is_first_run(warehouse, team())
    finish_run(warehouse, onboarding, Status.COMPLETE, "completed", T)
    failed = Run(run_id="run-2", team_id="acme", flow="sync", phase=Phase.RECENT, as_of=T, window=Window(T))
    start_run(warehouse, failed, T + timedelta(hours=1))
    fail_run(warehouse, failed, "No", "Retry", T)
    assert is_first_run(warehouse, team())
