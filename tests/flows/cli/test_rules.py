"""`prflow rules`: what counts, what a change of it moves, and that nothing is kept unasked."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli import app as cli
from flows.services.admin import rule_changes
from tasks.measure import write_metrics
from tests.conftest import copy_filled
from tests.tasks.stored_team import RUN, store
from tests.warehouse.metrics.tables import AS_OF, make_facts
from warehouse.connection import Warehouse
from warehouse.identity.team_calendar import Asked, store_calendar
from warehouse.metrics.outcomes.team_rules import Rule
from warehouse.progress import start_run
from warehouse.teams.settings import InvalidRule, apply_changes

FACTS = make_facts(
    repositories="""
        repo | default_branch
        R1   | main
    """,
    pull_requests="""
        pr | title       | labels     | head_ref | base_ref | opened    | merged    | closed
        1  | Add a cache | -          | change-1 | develop  | Mon 09:00 | Mon 12:00 | -
        2  | Sync [docs] | no-metrics | change-2 | develop  | Mon 09:00 | Fri 09:00 | -
        3  | Ship it     | -          | develop  | main     | Tue 09:00 | Tue 10:00 | -
        4  | LANDED: fix | -          | change-3 | develop  | Mon 09:00 | -         | Mon 14:00
    """,
)


def fill(warehouse: Warehouse) -> None:
    start_run(warehouse, RUN, AS_OF)
    store(warehouse, FACTS)
    write_metrics(warehouse, RUN, AS_OF)


@pytest.fixture(scope="module")
def migrated(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_filled(migrated, tmp_path_factory, fill)


@pytest.fixture
def acme(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warehouse:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    return warehouse


def prflow(*arguments: str) -> str:
    answer = CliRunner().invoke(cli.app, ["rules", *arguments], catch_exceptions=False, env={"COLUMNS": "200"})
    assert answer.exit_code == 0
    return answer.output


def test_the_list_says_how_many_count_otherwise_than_github_has_them_and_which_rules_there_are(acme: Warehouse) -> None:
    said = prflow("acme")
    assert "1 pull request: left out, a release or a back-merge" in said
    assert "exclude-author: leave out pull requests of this author" in said


def test_a_preview_names_what_moves_and_keeps_nothing(acme: Warehouse) -> None:
    said = prflow("acme", "--add", "exclude-label=no-*", "--add", "landed-title=LANDED:")
    assert "2 pull requests would count differently." in said
    assert "acme/api#2 Sync [docs]: merged → left out (label no-*)" in said
    assert "acme/api#4 LANDED: fix: closed → merged" in said
    assert "Nothing was changed. Run this again with --save to keep it." in said
    assert acme.read("SELECT * FROM team_settings").is_empty()


def test_what_is_saved_counts_from_the_next_run_on_and_can_be_removed(acme: Warehouse) -> None:
    assert "Saved." in prflow("acme", "--add", "exclude-label=no-metrics", "--save")
    write_metrics(acme, RUN, AS_OF)
    excluded = "SELECT number, excluded_by FROM pull_request_metrics WHERE excluded_by IS NOT NULL ORDER BY 1"
    assert acme.read(excluded).rows() == [(2, "label no-metrics"), (3, "release")]
    assert "exclude-label" in prflow("acme")
    assert "Saved." in prflow("acme", "--remove", "exclude-label=no-metrics", "--add", "off=Releases", "--save")
    write_metrics(acme, RUN, AS_OF)
    assert acme.read(excluded).rows() == []
    assert acme.read("SELECT name, value FROM team_settings").rows() == [("off", "releases")]


def test_programs_read_the_preview_as_json(acme: Warehouse) -> None:
    found = json.loads(prflow("acme", "--add", "exclude-base=develop", "--json"))
    assert [row["number"] for row in found["moved"]] == [1, 2, 4]
    assert found["metrics"]["merged_prs"] == {"before": 2, "after": 0}
    assert found["is_saved"] is False
    assert json.loads(prflow("acme", "--json"))["rules"] == []


@pytest.mark.parametrize(
    ("option", "rule", "said"),
    [
        ("--add", "exclude-label", "is not a rule"),
        ("--add", "labels=x", "is not a rule"),
        ("--add", "exclude-label= ", "must have 1 to 200 printable characters"),
        ("--add", "exclude-label=a\nb", "must have 1 to 200 printable characters"),
        ("--add", "off=bots", "cannot be switched off"),
        ("--add", "ai-off=codex", "There is no sign of AI assistance “codex”"),
        ("--remove", "exclude-label=x", "has no rule exclude-label=x"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_nothing_is_kept(
    acme: Warehouse, option: str, rule: str, said: str
) -> None:
    with pytest.raises(InvalidRule, match=said) as caught:
        prflow("acme", "--add", "base=live", option, rule, "--save")
    assert caught.value.hint
    assert acme.read("SELECT * FROM team_settings").is_empty()


def test_a_sign_of_ai_that_is_switched_off_counts_from_the_next_analysis_on(acme: Warehouse) -> None:
    said = prflow("acme", "--add", "ai-off=codex-branch", "--add", "ai-box=made with our assistant", "--save")
    assert "Signs of AI assistance change when the pull requests are analysed again, by the next run." in said
    assert acme.read("SELECT name FROM team_settings")["name"].to_list() == ["ai-box", "ai-off"]


def test_a_rule_that_is_saved_after_a_long_preview_takes_no_other_change_away(
    acme: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_changes(acme, "acme", [(Rule.EXCLUDE_LABEL, "docs")], [], AS_OF)
    preview = rule_changes.compute_preview

    def compute_slowly(*arguments: Any) -> Any:
        store_calendar(acme, "acme", Asked(holidays=(date(2026, 12, 25),)), AS_OF)
        apply_changes(acme, "acme", [], [(Rule.EXCLUDE_LABEL, "docs")], AS_OF)
        return preview(*arguments)

    monkeypatch.setattr(rule_changes, "compute_preview", compute_slowly)
    prflow("acme", "--add", "base=main", "--save")
    assert acme.read("SELECT value FROM team_settings ORDER BY value").rows() == [("2026-12-25",), ("main",)]
