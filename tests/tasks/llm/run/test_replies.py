"""Raw responses are stored with the answers, and read again without a request."""

import asyncio
import dataclasses
import time
from typing import Any

import pytest

from simulators.llm.faults import Fault, FaultKind
from tasks.llm.run import candidates
from tasks.llm.run.replies import replay_replies


def replay(team: Any, settings: Any, run_id: str) -> Any:
    async def show(_tally: Any) -> None:
        """Nobody watches."""

    return asyncio.run(replay_replies(team.warehouse, team.start(run_id), settings, clock=time.time, on_progress=show))


@pytest.fixture
def next_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an upgrade whose answers have another schema version."""
    newer = dataclasses.replace(candidates.Versions("some-model"), schema="next")
    for module in ("tasks.llm.run.replies", "tasks.llm.run.analysis"):
        monkeypatch.setattr(f"{module}.Versions", lambda model: dataclasses.replace(newer, model=model))


def test_a_new_schema_reads_stored_replies_and_sends_nothing(
    team: Any, model: Any, pull_request: Any, make_settings: Any, request: pytest.FixtureRequest
) -> None:
    team.store_many(4)
    model.faults.append(Fault(FaultKind.STATUS, status=500, times=3, match="importer 3 "))
    team.analyse(make_settings())
    before, asked = team.rows(), model.stats()["requests"]
    request.getfixturevalue("next_schema")
    tally = replay(team, make_settings(api_key="", base_url="http://127.0.0.1:9/v1"), "run-2")
    assert (tally.todo, tally.by_model, tally.left, tally.is_partial) == (4, 3, 1, True)
    after = team.rows()
    for one in ("PR_0", "PR_1", "PR_2"):
        changed = {name for name in after[one] if after[one][name] != before[one][name]}
        assert changed == {"run_id"}, "the same answer, its tokens and its latency, under the new version"
    run = team.warehouse.read_one("SELECT * FROM pipeline_runs WHERE run_id = 'run-2'")
    assert (run["llm_total"], run["llm_by_model"], run["llm_left"], run["llm_requests"]) == (4, 3, 1, 0)
    assert "without --replay" in run["llm_stopped"]
    assert replay(team, make_settings(), "run-3").todo == 1
    assert model.stats()["requests"] == asked
    assert team.analyse(make_settings(), run_id="run-4").by_model == 1


def test_a_reply_that_did_not_pass_is_kept_and_judged_again(team: Any, model: Any, make_settings: Any) -> None:
    team.store_many(2)
    model.faults.append(Fault(FaultKind.UNKNOWN_VALUE, times=None, match="importer 1 "))
    team.analyse(make_settings())
    kept = team.warehouse.read("SELECT pull_request_id FROM llm_replies ORDER BY ALL")["pull_request_id"].to_list()
    assert kept == ["PR_0", "PR_1"]
    tally = replay(team, make_settings(), "run-2")
    assert (tally.todo, tally.by_model, tally.left) == (1, 0, 1)


def test_replies_to_another_text_are_not_taken(team: Any, pull_request: Any, make_settings: Any) -> None:
    team.store(pull_request())
    team.analyse(make_settings())
    team.store(pull_request(body="Quite another text."), fetched_at=team.start("x").as_of.replace(year=2099))
    assert replay(team, make_settings(), "run-2").by_model == 0


def test_replies_are_not_kept_where_the_setting_says_so(team: Any, make_settings: Any) -> None:
    team.store_many(1)
    team.analyse(make_settings(keeps_replies=False))
    assert team.warehouse.read("SELECT 1 FROM llm_replies").is_empty()
