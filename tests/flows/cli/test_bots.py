"""`prflow bots`: the list, and the decisions of a person."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app as cli
from warehouse import schema
from warehouse.accounts import UnknownAccount
from warehouse.connection import Warehouse
from warehouse.progress import Run, start_run
from warehouse.store import Merge, commit
from warehouse.windows import Phase, Window

T = datetime(2026, 8, 22, 12, tzinfo=UTC)
PEOPLE = [
    {"login": "acme-qa", "kind": "User", "is_bot": False, "bot_reason": None, "quick_answers_share": 0.95},
    {"login": "renovate", "kind": "Bot", "is_bot": True, "bot_reason": "type", "quick_answers_share": None},
    {"login": "ann", "kind": "User", "is_bot": False, "bot_reason": None, "quick_answers_share": None},
]


@pytest.fixture
def acme(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warehouse:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRFLOW_HOME", str(warehouse.settings.home))
    start_run(
        warehouse,
        Run(
            run_id="00000000-0000-0000-0000-000000000001",
            team_id="acme",
            flow="onboarding",
            phase=Phase.RECENT,
            as_of=T,
            window=Window(T),
        ),
        T,
    )
    rows = [{"team_id": "acme", "account_id": f"U_{row['login']}", **row} for row in PEOPLE]
    commit(warehouse, Merge(schema.people, schema.frame(schema.people, rows, rows[0])))
    return warehouse


def prflow(*arguments: str) -> str:
    answer = CliRunner().invoke(cli.app, ["bots", *arguments], catch_exceptions=False)
    assert answer.exit_code == 0
    return answer.output


def test_the_list_says_why_and_how_to_decide(acme: Warehouse) -> None:
    said = prflow("acme")
    assert "proposed: 95 % answered within 60 s" in said
    assert "renovate" in said
    assert "ann" not in said
    assert "--bot LOGIN or --human LOGIN" in said


def test_a_decision_is_kept_and_shown(acme: Warehouse) -> None:
    assert "Saved. The numbers change with the next run." in prflow("acme", "--bot", "acme-qa", "--human", "renovate")
    listed = {one["login"]: one for one in json.loads(prflow("--json"))}
    assert (listed["acme-qa"]["is_bot"], listed["acme-qa"]["bot_reason"]) == (True, "behaviour")
    assert (listed["renovate"]["is_bot"], listed["renovate"]["bot_reason"]) == (False, None)
    prflow("--by-rules", "renovate")
    assert {one["login"]: one["bot_reason"] for one in json.loads(prflow("--json"))}["renovate"] == "type"


def test_an_unknown_login_is_refused_and_the_list_is_not_shown(acme: Warehouse) -> None:
    with pytest.raises(UnknownAccount, match="No account nobody"):
        prflow("acme", "--bot", "nobody")
