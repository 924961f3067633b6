"""`prflow explain` as a person uses it; the walk itself is tested where its causes arise, in ingestion."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from flows.cli.explain import draw_explanation
from flows.cli.parts.home import Home
from flows.cli.parts.terminal import Terminal
from flows.services.state import Services
from warehouse.connection import Warehouse
from warehouse.reads.explanation import explain_pull_request, parse_reference

HOSTILE = "see [/docs] [link=http://evil.example]x[/link] \x1b[31mred"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def acme(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warehouse:
    """Set up a team with `acme/web`, of which #1 is stored and #2 could not be fetched."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with warehouse.cursor() as cursor:
        cursor.execute("INSERT INTO teams (team_id, status) VALUES ('acme', 'complete')")
        cursor.execute(
            "INSERT INTO repositories (id, team_id, full_name, is_followed) VALUES ('R_1', 'acme', 'acme/web', true)"
        )
        cursor.execute(
            "INSERT INTO pull_requests (id, team_id, repository_id, number, is_complete, updated_at, fetched_at) "
            "VALUES ('PR_1', 'acme', 'R_1', 1, true, now(), now())"
        )
        cursor.execute(
            "INSERT INTO sync_items (team_id, repository_id, pull_request_id, number, phase, state, error) "
            "VALUES ('acme', 'R_1', 'PR_2', 2, 1, 'failed', ?)",
            [HOSTILE],
        )
    return warehouse


def test_what_is_shown_and_what_is_not_are_both_explained_with_exit_code_0(acme: Warehouse, run: Run) -> None:
    code, said, _ = run("explain", "acme/web#1")
    assert code == 0
    assert said.startswith("acme/web#1 is shown on the dashboard.\n✓ Repository followed")
    code, said, _ = run("explain", "https://github.com/acme/web/pull/2")
    assert code == 0
    assert said.startswith("acme/web#2 is not shown on the dashboard.\n")
    assert (
        "\n✗ Pull request fetched   The fetch failed: see [/docs] [link=http://evil.example]x[/link] [31mred\n" in said
    )
    assert "`prflow sync acme/web` does so now." in said
    assert "\n- Shown on the pages\n" in said


def test_as_json_it_has_the_step_at_which_it_stops_and_nothing_else_on_stdout(acme: Warehouse, run: Run) -> None:
    facts = json.loads(run("explain", "acme/web#2", "--json")[1])
    assert (facts["pull_request"], facts["is_shown"], facts["cause"]) == ("acme/web#2", False, "fetch_failed")
    (stopped,) = [step for step in facts["steps"] if step["state"] == "stopped"]
    assert (stopped["name"], stopped["message"]) == ("Pull request fetched", f"The fetch failed: {HOSTILE}")


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("web#1", "Invalid pull request 'web#1'.", "OWNER/NAME#N"),
        ("nobody/web#1", "There is no team nobody.", "`prflow onboard nobody`"),
    ],
)
def test_what_cannot_be_explained_is_one_sentence_with_exit_code_1(
    acme: Warehouse, run: Run, text: str, words: str, hint: str
) -> None:
    code, said, error = run("explain", text)
    assert (code, said) == (1, "")
    assert words in error
    assert hint in error


def test_before_anything_was_fetched_it_says_how_to_begin(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path / "empty"))
    code, _, error = run("explain", "acme/web#1")
    assert code == 1
    assert "prflow onboard OWNER" in error
    assert not (tmp_path / "empty").exists()


def test_while_prflow_runs_it_says_where_the_pull_request_opens(acme: Warehouse) -> None:
    services = Services("http://127.0.0.1:1/api", "http://localhost:8501", False, "", 1, {}, {})
    output = StringIO()
    explanation = explain_pull_request(acme, parse_reference("acme/web#1"))
    draw_explanation(Terminal(file=output, soft_wrap=True), explanation, Home(acme.settings.home, False, services))
    assert output.getvalue().endswith("\nOpen it: http://localhost:8501/pull-requests?team=acme&pr=PR_1\n")
