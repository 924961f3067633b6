"""A team that begins without a model: rules alone, by choice, until there is a key."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.analyse import analyse
from tasks.llm.errors import KeyMissing
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.tally import Tally
from warehouse import schema
from warehouse.store import Merge, commit


async def show(_tally: Tally) -> None:
    return


def read(team: Any, settings: LlmSettings, run_id: str) -> Tally:
    return asyncio.run(analyse(team.warehouse, team.start(run_id), settings, show))


def choose(team: Any, choice: bool) -> None:
    row = {"team_id": "acme", "is_without_model": choice}
    commit(team.warehouse, Merge(schema.teams, schema.frame(schema.teams, [row], row)))


def chosen(team: Any) -> bool:
    return bool(team.warehouse.read_one("SELECT is_without_model FROM teams")["is_without_model"])


@pytest.fixture
def filled(team: Any, pull_request: Any) -> Any:
    team.store(
        pull_request(id="PR_fix", title="fix: skip empty lines", body="Made with [Cursor](https://cursor.com)"),
        pull_request(id="PR_text", title="Skip empty lines", number=2),
        pull_request(id="PR_bot", title="Bump x from 1.0 to 1.1", number=3, author_login="dependabot"),
    )
    return team


def test_without_a_key_and_without_the_choice_nothing_is_read(filled: Any, make_settings: Any) -> None:
    with pytest.raises(KeyMissing, match="GROQ_API_KEY"):
        read(filled, make_settings(api_key=""), "run-1")
    assert filled.rows() == {}


def test_by_choice_rules_alone_read_and_nothing_is_sent(filled: Any, model: Any, make_settings: Any) -> None:
    choose(filled, True)
    tally = read(filled, make_settings(api_key=""), "run-1")
    rows = filled.rows()
    assert (tally.todo, tally.by_rule, tally.left, model.stats()["requests"]) == (3, 3, 0, 0)
    assert {row["source"] for row in rows.values()} == {"rule"}
    assert (rows["PR_fix"]["work_type"], rows["PR_text"]["work_type"]) == ("bugfix", None)
    assert (rows["PR_fix"]["ai_level"], rows["PR_fix"]["ai_tool"]) == ("assisted", "Cursor")
    assert chosen(filled)
    assert read(filled, make_settings(api_key=""), "run-2").todo == 0


def test_the_first_run_with_a_key_reads_them_with_the_model(filled: Any, model: Any, make_settings: Any) -> None:
    choose(filled, True)
    read(filled, make_settings(api_key=""), "run-1")
    tally = read(filled, make_settings(), "run-2")
    assert (tally.by_model, model.stats()["requests"]) == (2, 2)
    assert filled.rows()["PR_text"]["source"] == "llm"
    assert not chosen(filled)
    with pytest.raises(KeyMissing):
        read(filled, make_settings(api_key=""), "run-3")


def test_an_answer_of_a_model_stays_if_the_key_is_taken_away(
    filled: Any, pull_request: Any, make_settings: Any
) -> None:
    read(filled, make_settings(), "run-1")
    before = filled.rows()["PR_text"]
    choose(filled, True)
    changed = pull_request(id="PR_text", title="Skip all empty lines", number=2)
    filled.store(changed, fetched_at=datetime(2099, 1, 1, tzinfo=UTC))
    read(filled, make_settings(api_key=""), "run-2")
    after = filled.rows()["PR_text"]
    assert (after["source"], after["work_type"], after["summary"]) == ("llm", before["work_type"], before["summary"])
