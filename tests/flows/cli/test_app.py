"""The command line as a person uses it: words on stdout and stderr, exit codes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from flows.cli import app as cli
from flows.cli.onboard import onboarding_parameters
from simulators.github.serving.server import Running, serve
from simulators.github.story.organisation import make_organisation
from warehouse.connection import Warehouse
from warehouse.errors import BadArgument
from warehouse.progress import Run, Status, enter_stage, fail_run, finish_run, start_run
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
PROMISED = (
    "status percent stage description run_id run_url prs_synced prs_total llm_done llm_total waiting_until error repos"
)
COMMANDS = sorted(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]
SECRETS = ("GITHUB_TOKEN", "GROQ_API_KEY", "PREFECT_API_URL", "PRFLOW_DASHBOARD_PORT", "PRFLOW_GITHUB_CLIENT_ID",
           "PRFLOW_GITHUB_TOKENS", "PRFLOW_GITHUB_APP_ID")  # fmt: skip


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No secrets, no `.env`, and a home that nobody else knows."""
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PRFLOW_HOME", str(tmp_path / "home"))


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Serve a simulated GitHub at the addresses of the environment."""
    with serve(make_organisation(7, T, 1, 5, 30, "acme")) as running:
        monkeypatch.setenv("GITHUB_API_URL", running.url)
        monkeypatch.setenv("GITHUB_WEB_URL", running.url)
        yield running


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run `prflow ...` and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["prflow", *arguments])
    try:
        cli.main()
    except SystemExit as ending:
        return int(ending.code or 0)
    return 0


def onboard_acme(warehouse: Warehouse) -> None:
    run = Run(
        run_id="00000000-0000-0000-0000-000000000001",
        team_id="acme",
        flow="onboarding",
        phase=Phase.RECENT,
        as_of=T,
        window=Window(T),
    )
    start_run(warehouse, run, T)
    enter_stage(warehouse, run, Status.LLM_PROCESSING, T)


def test_the_version_is_that_of_the_package() -> None:
    answer = CliRunner().invoke(cli.app, ["--version"])
    assert (answer.exit_code, answer.output.split()[:2]) == (0, ["prflow", version("prflow")])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_that_says_what_it_does(command: str) -> None:
    answer = CliRunner().invoke(cli.app, [command, "--help"])
    assert answer.exit_code == 0
    assert command in answer.output


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], ("prefect", "streamlit", "openai", "httpx", "duckdb", "polars")),
        (["status"], ("prefect", "streamlit", "openai")),
    ],
    ids=["help", "status"],
)
def test_help_and_status_are_quick_because_they_import_nothing_heavy(
    arguments: list[str], heavy: tuple[str, ...], warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    code = f"""
import sys
from flows.cli.app import app
app({arguments}, standalone_mode=False)
print("imported:", *(name for name in {heavy} if name in sys.modules))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "imported:"


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, "GITHUB_TOKEN"), ({"GITHUB_TOKEN": "t"}, "GROQ_API_KEY"), ({"GROQ_API_KEY": "k"}, "GITHUB_TOKEN")],
)
@pytest.mark.parametrize("command", ["onboard", "up"])
def test_without_token_or_key_nothing_is_started_and_the_variable_is_named(
    given: dict[str, str],
    missing: str,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert run(monkeypatch, command, "acme") == 1
    said = capsys.readouterr()
    assert f"{missing} is not set" in said.err
    assert said.out == ""
    assert not (tmp_path / "home").exists()


def test_a_token_of_blanks_is_no_token(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "  ")
    assert run(monkeypatch, "onboard", "acme") == 1
    assert "GITHUB_TOKEN is not set" in capsys.readouterr().err


def test_an_invalid_timestamp_is_refused_with_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "onboard", "acme", "--as-of", "yesterday") == 2
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "Invalid timestamp 'yesterday': use ISO 8601, for example 2026-08-22T12:00Z." in said


def test_status_before_anything_was_fetched_says_how_to_begin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "status", "--json") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "prflow onboard OWNER" in said.err


def test_status_as_json_has_the_promised_names_and_nothing_else_on_stdout(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onboard_acme(warehouse)
    assert run(monkeypatch, "status", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert set(PROMISED.split()) <= set(facts)
    assert facts["status"] == "llm_processing"


def test_status_of_an_empty_warehouse_says_how_to_begin(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "status") == 0
    assert capsys.readouterr().out.startswith("Nothing has been fetched yet. Start with `prflow onboard OWNER`")


def test_status_says_that_a_run_stands_still_and_how_to_go_on(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a power cut: the warehouse says running, and no Prefect server answers."""
    onboard_acme(warehouse)
    assert run(monkeypatch, "status", "acme") == 0
    said = capsys.readouterr().out
    assert "No progress for" in said
    assert "Prefect is not responding" in said
    assert "To continue: `prflow onboard acme`" in said


def test_status_for_people_names_team_and_stage(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onboard_acme(warehouse)
    assert run(monkeypatch, "status", "ACME") == 0
    said = capsys.readouterr().out
    assert "acme" in said
    assert "Read them with the model" in said


def test_a_team_that_is_not_there_is_no_success(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onboard_acme(warehouse)
    assert run(monkeypatch, "status", "nobody") == 1
    assert "prflow onboard nobody" in capsys.readouterr().err


def test_a_dry_run_says_what_it_would_take_and_sends_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onboard_acme(warehouse)
    monkeypatch.setenv("PRFLOW_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    assert run(monkeypatch, "analyse", "acme", "--dry-run", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["team"], facts["pending"], facts["by_rule"], facts["by_model"]) == ("acme", 0, 0, 0)
    assert run(monkeypatch, "analyse", "acme", "--dry-run") == 0
    assert "Nothing is pending: every pull request of acme has been read." in capsys.readouterr().out


def test_analyse_needs_a_team_and_a_key(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onboard_acme(warehouse)
    assert run(monkeypatch, "analyse", "nobody") == 1
    assert "prflow onboard nobody" in capsys.readouterr().err
    assert run(monkeypatch, "analyse", "acme") == 1
    assert "GROQ_API_KEY is not set" in capsys.readouterr().err


def test_llm_check_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "llm", "check") == 1
    assert "GROQ_API_KEY is not set" in capsys.readouterr().err
    monkeypatch.setenv("GROQ_API_KEY", "gsk_verysecret")
    monkeypatch.setenv("PRFLOW_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    assert run(monkeypatch, "llm", "check", "--json") == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["fault"] == "unreachable"
    assert "verysecret" not in said.out + said.err


def test_doctor_says_what_is_missing_and_never_a_secret(
    warehouse: Warehouse, github: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_verysecret")
    assert run(monkeypatch, "doctor", "--json") == 1
    said = capsys.readouterr().out
    facts = json.loads(said)
    states = {check["name"]: check["state"] for check in facts["checks"]}
    assert not facts["is_well"]
    assert states["github"] == "ok"
    assert states["GROQ_API_KEY"] == "fault"
    assert states["warehouse"] == "ok"
    assert "verysecret" not in said


def test_doctor_names_a_pull_request_that_lacks_something_and_what_could_not_be_read(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onboard_acme(warehouse)
    with warehouse.cursor() as cursor:
        cursor.execute("INSERT INTO repositories (id, team_id, full_name) VALUES ('R_1', 'acme', 'acme/one')")
        cursor.execute(
            "INSERT INTO pull_requests (id, team_id, repository_id, number, is_complete, reviews_count) "
            "VALUES ('PR_1', 'acme', 'R_1', 1, true, 0), ('PR_2', 'acme', 'R_1', 2, true, 3)"
        )
        cursor.execute("UPDATE teams SET members_error = 'the token lacks read:org'")
    run(monkeypatch, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert (checks["totals"]["state"], checks["members"]["state"]) == ("note", "note")
    assert "1 of 2 pull requests" in checks["totals"]["message"]
    assert "acme/one#2 (reviews: 0 of 3)" in checks["totals"]["message"]
    assert "the token lacks read:org" in checks["members"]["message"]


def test_a_run_that_failed_is_named_by_doctor_and_status_with_the_way_out(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onboard_acme(warehouse)
    failed = Run(
        run_id="00000000-0000-0000-0000-000000000001",
        team_id="acme",
        flow="onboarding",
        phase=Phase.RECENT,
        as_of=T,
        window=Window(T),
    )
    fail_run(warehouse, failed, "The process of the run ended abruptly.", "Retry.", T, "crashed")
    run(monkeypatch, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert (checks["runs"]["state"], checks["runs"]["message"]) == (
        "note", "acme: The process of the run ended abruptly.",
    )  # fmt: skip
    assert "`prflow onboard acme`" in checks["runs"]["hint"]
    assert run(monkeypatch, "status", "acme") == 0
    assert "To continue: `prflow onboard acme`" in capsys.readouterr().out


def test_a_second_phase_that_was_lost_before_it_began_is_named_by_doctor(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_ = Run(run_id="r", team_id="acme", flow="onboarding", phase=Phase.RECENT, as_of=T, window=Window(T))
    start_run(warehouse, run_, T)
    finish_run(warehouse, run_, Status.PHASE1_COMPLETE, "completed", T)
    run(monkeypatch, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["runs"]["state"] == "note"
    assert "acme: its older history is neither fetched nor waits" in checks["runs"]["message"]
    assert "prflow up" in checks["runs"]["hint"]


def test_doctor_is_content_with_what_suffices_to_start(
    github: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    monkeypatch.setenv("GROQ_API_KEY", "k")
    assert run(monkeypatch, "doctor") == 0
    said = capsys.readouterr().out
    assert "Nothing has been fetched yet" in said
    assert "4,999 of 5,000 points left" in said


def test_doctor_asks_github_about_each_token(
    github: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    soon = datetime.now(UTC) + timedelta(days=3)
    github.tokens.grant("ghp_of_ann", "ann", expires_at=soon.timestamp())
    github.tokens.grant("ghp_of_bob", "bob", scopes="gist")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_of_ann,ghp_of_bob,bad-token")
    monkeypatch.setenv("GROQ_API_KEY", "k")
    assert run(monkeypatch, "doctor", "--json") == 1
    checks = [check for check in json.loads(capsys.readouterr().out)["checks"] if check["name"] == "github"]
    assert [check["state"] for check in checks] == ["note", "fault", "fault"]
    assert f"token 1 of 3 expires on {soon:%d %B %Y}" in checks[0]["message"]
    assert "token 2 of 3 lacks the scope read:org" in checks[1]["message"]
    assert "Bad credentials" in checks[2]["message"]
    assert [check["message"].count(f"token {place} of 3") for place, check in enumerate(checks, 1)] == [2, 1, 1]


def test_doctor_says_that_github_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    assert run(monkeypatch, "doctor") == 1
    assert "no connection" in capsys.readouterr().out


def test_repositories_are_named_with_their_owner_or_without() -> None:
    assert onboarding_parameters("acme", ["web", "ACME/api"], T) == {
        "repositories": ["acme/web", "ACME/api"],
        "as_of": "2026-08-22T12:00:00+00:00",
    }


def test_all_repositories_and_now_unless_said() -> None:
    assert onboarding_parameters("acme", None, None) == {"repositories": None, "as_of": None}


@pytest.mark.parametrize("name", ["other/web", "acme/web/x"])
def test_a_repository_of_another_owner_is_refused(name: str) -> None:
    with pytest.raises(BadArgument, match="is not a repository of acme"):
        onboarding_parameters("acme", [name], None)


def test_a_longer_history_of_a_team_that_is_not_there_says_what_to_do(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    monkeypatch.setenv("GROQ_API_KEY", "k")
    assert run(monkeypatch, "history", "nobody") == 1
    assert "There is no team nobody.\nRun `prflow onboard nobody`" in capsys.readouterr().err


def test_a_longer_history_is_queued_only_where_prflow_runs(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    monkeypatch.setenv("GROQ_API_KEY", "k")
    onboard_acme(warehouse)
    assert run(monkeypatch, "history", "acme", "--months", "24") == 1
    assert "prflow is not running. Start it with `prflow up`" in capsys.readouterr().err


def test_settings_that_contradict_each_other_are_one_sentence_and_no_secret(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRFLOW_DAYS_BACK", "120")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_notforanyoneseyes")
    assert run(monkeypatch, "onboard", "acme") == 1
    said = capsys.readouterr()
    assert said.err.strip().count("\n") == 0
    assert "PRFLOW_DAYS_BACK (120)" in said.err
    assert "ghp_" not in said.out + said.err
