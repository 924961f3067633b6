"""Complete runs with a real warehouse and a simulated model over HTTP."""

import asyncio
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulators.llm.faults import Fault, FaultKind
from tasks.analyse import analyse
from tasks.llm.errors import AnswersUnusable, KeyRefused, ProviderDown
from tasks.llm.rules.pull_request import Reviewer
from tasks.llm.run.analysis import analyse_pending
from warehouse import schema
from warehouse.connection import Warehouse
from warehouse.store import Merge, commit
from warehouse.windows import Phase


def test_every_pending_pull_request_is_read_once_and_a_second_run_has_nothing_to_do(
    team: Any, model: Any, make_settings: Any
) -> None:
    team.store_many(40)
    tally = team.analyse(make_settings())
    assert (tally.todo, tally.by_model, tally.left, tally.requests) == (40, 40, 0, 40)
    assert model.stats()["requests"] == 40
    rows = team.rows()
    assert len(rows) == 40
    assert {row["status"] for row in rows.values()} == {"done"}
    assert team.leases() == []
    again = team.analyse(make_settings(), run_id="run-2")
    assert (again.todo, again.requests, model.stats()["requests"]) == (0, 0, 40)


def test_what_rules_settle_costs_no_call(team: Any, model: Any, pull_request: Any, make_settings: Any) -> None:
    bump = pull_request(title="Bump lodash from 4.17.20 to 4.17.21", author_login="dependabot", author_kind="Bot")
    team.store(bump)
    tally = team.analyse(make_settings())
    row = team.rows()["PR_1"]
    assert (tally.by_rule, tally.by_model, model.stats()["requests"]) == (1, 0, 0)
    assert (row["source"], row["work_type"], row["is_bot"], row["model"]) == ("rule", "dependency", True, None)


def test_the_rules_part_is_stored_where_the_model_answers_too(team: Any, pull_request: Any, make_settings: Any) -> None:
    team.store(pull_request(head_ref="codex/skip-empty-lines", reviewers=(Reviewer("coderabbitai", "Bot"),)))
    team.analyse(make_settings())
    row = team.rows()["PR_1"]
    assert row["source"] == "llm"
    assert row["summary"]
    assert (row["ai_level"], row["ai_tool"], row["ai_evidence_kind"]) == ("authored", "OpenAI Codex", "branch")
    assert (row["size_lines"], row["size_bucket"], row["languages"]) == (35, "s", ["Python"])
    assert row["is_ai_reviewed"]
    assert (row["prompt_tokens"] > 0, row["latency_ms"] >= 0, row["finish_reason"]) == (True, True, "stop")


def test_the_newest_are_read_first(team: Any, model: Any, make_settings: Any) -> None:
    team.store_many(6)
    team.analyse(make_settings(limit=2))
    assert set(team.rows()) == {"PR_0", "PR_1"}


def test_a_limit_leaves_the_rest_to_the_next_run(team: Any, model: Any, make_settings: Any) -> None:
    team.store_many(6)
    first = team.analyse(make_settings(limit=4))
    second = team.analyse(make_settings(), run_id="run-2")
    assert (first.by_model, first.left, first.is_partial) == (4, 2, True)
    assert (second.todo, second.by_model, second.is_partial) == (2, 2, False)


def test_a_limit_that_suffices_leaves_nothing(team: Any, make_settings: Any) -> None:
    team.store_many(3)
    assert not team.analyse(make_settings(limit=3)).is_partial


def test_a_run_that_has_read_long_enough_ends_partial_and_keeps_what_was_in_flight(
    team: Any, model: Any, make_settings: Any
) -> None:
    """By a clock that each request moves by a third of a second."""
    team.store_many(60)
    began = time.time()
    clock = lambda: began + model.stats()["requests"] / 3  # noqa: E731
    tally = team.analyse(make_settings(max_seconds=1.0, in_flight=4), clock=clock)
    assert "PRFLOW_LLM_MAX_SECONDS" in str(tally.stopped_because)
    assert 0 < tally.by_model < 60
    assert tally.by_model == model.stats()["requests"] == team.count()
    run = team.warehouse.read_one("SELECT * FROM pipeline_runs")
    assert (run["llm_total"], run["llm_by_model"], run["llm_left"]) == (60, tally.by_model, 60 - tally.by_model)
    assert run["llm_stopped"] == tally.stopped_because


def test_a_cap_of_money_on_a_model_without_a_price_is_refused_before_anything_is_sent(
    team: Any, model: Any, make_settings: Any
) -> None:
    with pytest.raises(ValueError, match="PRFLOW_LLM_PRICE_PROMPT_USD"):
        team.analyse(make_settings(max_cost_usd=1.0))
    assert model.stats()["requests"] == 0


def test_only_the_phases_up_to_the_runs_are_read(team: Any, pull_request: Any, make_settings: Any) -> None:
    team.store(pull_request(id="PR_new"), phase=Phase.RECENT)
    team.store(pull_request(id="PR_old"), phase=Phase.HISTORY)
    team.analyse(make_settings(), phase=Phase.RECENT)
    assert set(team.rows()) == {"PR_new"}
    team.analyse(make_settings(), run_id="run-2", phase=Phase.HISTORY)
    assert set(team.rows()) == {"PR_new", "PR_old"}


def test_another_model_reads_again_what_a_model_has_read(
    team: Any, model: Any, pull_request: Any, make_settings: Any
) -> None:
    team.store_many(3)
    team.store(pull_request(id="PR_bump", title="Bump a from 1.0.0 to 1.0.1", author_login="dependabot"))
    team.analyse(make_settings())
    tally = team.analyse(make_settings(model="another-model"), run_id="run-2")
    assert (tally.todo, tally.by_rule) == (3, 0)


def test_a_changed_text_is_read_again_and_nothing_else(
    team: Any, model: Any, pull_request: Any, make_settings: Any
) -> None:
    team.store_many(3)
    team.analyse(make_settings())
    now = datetime.now(UTC)
    changed = pull_request(id="PR_1", body="Quite another text.", created_at=now)
    touched = pull_request(id="PR_2", title="Make importer 2 skip empty lines", created_at=now)
    team.store(changed, touched, fetched_at=now + timedelta(hours=1))
    tally = team.analyse(make_settings(), run_id="run-2")
    assert (tally.todo, tally.by_model) == (1, 1)
    assert team.rows()["PR_1"]["run_id"] == "run-2"
    assert team.rows()["PR_2"]["run_id"] == "run-1"


def test_the_rules_part_is_brought_up_to_date_without_a_call(
    team: Any, model: Any, pull_request: Any, make_settings: Any
) -> None:
    team.store(pull_request())
    team.analyse(make_settings())
    later = datetime.now(UTC) + timedelta(hours=1)
    team.store(pull_request(reviewers=(Reviewer("coderabbitai", "Bot"),)), fetched_at=later)
    tally = team.analyse(make_settings(), run_id="run-2")
    row = team.rows()["PR_1"]
    assert (tally.todo, model.stats()["requests"]) == (0, 1)
    assert (row["is_ai_reviewed"], row["run_id"], row["source"]) == (True, "run-1", "llm")


def test_a_sign_that_the_team_switches_off_no_longer_counts_and_nothing_is_sent_again(
    team: Any, model: Any, pull_request: Any, make_settings: Any
) -> None:
    team.store(pull_request(head_ref="codex/skip-empty-lines"))
    team.analyse(make_settings())
    assert team.rows()["PR_1"]["ai_level"] == "authored"
    row = {"team_id": "acme", "name": "ai-off", "value": "codex-branch", "set_at": datetime.now(UTC)}
    commit(team.warehouse, Merge(schema.team_settings, schema.frame(schema.team_settings, [row])))
    assert team.analyse(make_settings(), run_id="run-2").todo == 0
    assert (team.rows()["PR_1"]["ai_level"], model.stats()["requests"]) == ("none", 1)


def test_a_failure_is_tried_in_three_runs_and_then_left(team: Any, model: Any, make_settings: Any) -> None:
    team.store_many(3)
    model.faults.append(Fault(FaultKind.UNKNOWN_VALUE, times=None, match="importer 1 "))
    for run in (1, 2, 3):
        tally = team.analyse(make_settings(), run_id=f"run-{run}")
        assert (tally.failed, team.rows()["PR_1"]["failed_runs"]) == (1, run)
    row = team.rows()["PR_1"]
    assert (row["status"], row["error_code"], row["attempts"]) == ("failed", "schema_violation", 3)
    assert row["size_lines"] == 35
    assert team.analyse(make_settings(), run_id="run-4").todo == 0
    model.faults.clear()
    assert team.analyse(make_settings(model="another-model"), run_id="run-5").by_model == 3
    assert team.rows()["PR_1"]["status"] == "done"


def test_a_failure_under_a_new_version_keeps_the_old_answer(team: Any, model: Any, make_settings: Any) -> None:
    team.store_many(2)
    team.analyse(make_settings())
    before = team.rows()["PR_1"]["summary"]
    model.faults.append(Fault(FaultKind.UNKNOWN_VALUE, times=None, match="importer 1 "))
    team.analyse(make_settings(model="another-model"), run_id="run-2")
    row = team.rows()["PR_1"]
    assert (row["status"], row["summary"]) == ("failed", before)


def test_a_refusal_is_recorded_and_not_asked_again(team: Any, model: Any, make_settings: Any) -> None:
    team.store_many(2)
    model.faults.append(Fault(FaultKind.REFUSAL, match="importer 1 "))
    tally = team.analyse(make_settings())
    assert (tally.by_model, tally.refused) == (1, 1)
    assert (team.rows()["PR_1"]["status"], team.rows()["PR_1"]["error_code"]) == ("refused", "refusal")
    assert team.analyse(make_settings(), run_id="run-2").todo == 0


def test_one_request_that_is_not_accepted_ends_nothing_once_others_were(
    team: Any, model: Any, make_settings: Any
) -> None:
    team.store_many(4)
    model.faults.append(Fault(FaultKind.STATUS, status=400, times=None, after=1, match="importer 2 "))
    tally = team.analyse(make_settings(in_flight=1))
    assert (tally.by_model, len(team.rows())) == (3, 4)
    assert (team.rows()["PR_2"]["status"], team.rows()["PR_2"]["error_code"]) == ("failed", "http_400")


def test_a_key_that_is_revoked_ends_the_run_and_keeps_what_is_done(team: Any, model: Any, make_settings: Any) -> None:
    team.store_many(60)
    model.faults.append(Fault(FaultKind.KEY_REVOKED, times=None, after=39))
    with pytest.raises(KeyRefused) as caught:
        team.analyse(make_settings(in_flight=1))
    assert "GROQ_API_KEY" in caught.value.hint
    assert len(team.rows()) == 39
    assert model.stats()["requests"] == 40, "one call is refused, and none follows"
    assert team.leases() == []


def test_a_used_up_quota_ends_the_run_partial_and_the_next_does_the_rest(
    team: Any, model: Any, make_settings: Any
) -> None:
    team.store_many(30)
    model.faults.append(Fault(FaultKind.DAILY_QUOTA, times=None, after=20))
    tally = team.analyse(make_settings(rpm=3_000))
    assert (tally.by_model, tally.left, tally.is_partial) == (20, 10, True)
    model.faults.clear()
    assert team.analyse(make_settings(), run_id="run-2").by_model == 10


def test_a_cap_of_money_counts_what_is_in_flight(team: Any, model: Any, make_settings: Any) -> None:
    team.store_many(30)
    settings = make_settings(model="openai/gpt-oss-120b", max_cost_usd=0.003)
    tally = team.analyse(settings)
    assert tally.is_partial
    assert 0 < tally.by_model < 30
    assert tally.cost_usd is not None
    assert tally.cost_usd <= 0.003
    assert sum(row["cost_usd"] for row in team.rows().values()) == pytest.approx(tally.cost_usd)


def test_twelve_failures_in_a_row_stop_the_run_and_mark_nothing(team: Any, model: Any, make_settings: Any) -> None:
    team.store_many(40)
    model.faults.append(Fault(FaultKind.STATUS, status=503, times=None, after=5))
    with pytest.raises(ProviderDown, match="12 consecutive pull requests"):
        team.analyse(make_settings(rpm=6_000))
    assert {row["status"] for row in team.rows().values()} == {"done"}
    assert len(team.rows()) == 5


@pytest.mark.parametrize("fault", [Fault(FaultKind.STATUS, status=503), Fault(FaultKind.DROP)], ids=["503", "dropped"])
def test_a_provider_that_goes_away_and_comes_back_is_waited_for(
    team: Any, model: Any, make_settings: Any, fault: Fault
) -> None:
    team.store_many(16)
    model.faults.append(replace(fault, times=40, after=2))
    tally = team.analyse(make_settings(in_flight=14))
    assert (tally.by_model, tally.failed, tally.is_partial) == (16, 0, False)


def test_a_pull_request_that_brings_the_server_down_each_time_fails_alone(
    team: Any, model: Any, make_settings: Any
) -> None:
    team.store_many(4)
    model.faults.append(Fault(FaultKind.DROP, times=None, match="importer 1 "))
    tally = team.analyse(make_settings(in_flight=2))
    assert (tally.by_model, tally.failed, tally.is_partial) == (3, 1, False)
    assert team.rows()["PR_1"]["error_code"] == "unreachable"


def test_twelve_answers_that_cannot_be_read_are_those_pull_requests_own_failure(
    team: Any, model: Any, make_settings: Any
) -> None:
    team.store_many(30)
    model.faults.append(Fault(FaultKind.BROKEN_ANSWER, times=3 * 15))
    tally = team.analyse(make_settings(rpm=6_000, in_flight=1))
    assert (tally.failed, tally.by_model, tally.is_partial) == (15, 15, False)


def test_a_model_that_never_answers_as_it_is_asked_to_stops_the_run_and_is_not_called_down(
    team: Any, model: Any, make_settings: Any
) -> None:
    team.store_many(60)
    model.faults.append(Fault(FaultKind.BROKEN_ANSWER, times=None))
    with pytest.raises(AnswersUnusable, match="50 consecutive answers") as caught:
        team.analyse(make_settings(rpm=60_000, in_flight=1))
    assert "PRFLOW_LLM_MODEL" in caught.value.hint


def test_a_pull_request_too_large_for_the_providers_minute_is_given_up_and_not_asked_again(
    team: Any, model: Any, make_settings: Any
) -> None:
    team.store_many(6)
    model.faults.append(Fault(FaultKind.TOO_LARGE_FOR_THE_MINUTE, times=None, match="importer 1 "))
    tally = team.analyse(make_settings())
    assert (tally.by_model, tally.failed, tally.is_partial) == (5, 1, False)
    assert (team.rows()["PR_1"]["error_code"], team.rows()["PR_1"]["status"]) == ("too_long", "failed")
    asked = model.stats()["requests"]
    assert team.analyse(make_settings(), run_id="run-2").todo == 0
    assert model.stats()["requests"] == asked


def test_a_rate_limit_that_only_one_request_meets_is_that_ones(team: Any, model: Any, make_settings: Any) -> None:
    team.store_many(6)
    model.faults.append(Fault(FaultKind.RATE_LIMITED, times=None, match="importer 1 ", retry_after="0"))
    tally = team.analyse(make_settings(in_flight=2))
    assert (tally.by_model, tally.failed, tally.is_partial) == (5, 1, False)
    assert team.rows()["PR_1"]["error_code"] == "rate_limited"


def test_after_rate_limits_without_end_the_next_run_begins_with_others(
    team: Any, model: Any, make_settings: Any
) -> None:
    team.store_many(6)
    model.faults.append(Fault(FaultKind.RATE_LIMITED, times=20, retry_after="0"))
    assert team.analyse(make_settings(in_flight=1)).is_partial
    row = team.rows()["PR_0"]
    assert (row["status"], row["error_code"], row["failed_runs"]) == ("failed", "postponed", 0)
    before = len(model.simulator.bodies)
    assert team.analyse(make_settings(in_flight=1), run_id="run-2").by_model == 6
    assert "importer 1 " in model.simulator.bodies[before]
    assert "importer 0 " in model.simulator.bodies[-1]


def test_a_provider_that_is_not_there_fails_the_run_even_for_one(team: Any, make_settings: Any) -> None:
    team.store_many(1)
    with pytest.raises(ProviderDown, match="unreachable"):
        team.analyse(make_settings(base_url="http://127.0.0.1:9/v1"))
    assert team.rows() == {}


@pytest.mark.slow
def test_two_runs_at_once_read_nothing_twice(team: Any, model: Any, make_settings: Any) -> None:
    """Each claims 32 at a time, reads them, and asks for more until the other has read the rest."""
    team.store_many(70)
    tallies: dict[str, Any] = {}

    def read(run_id: str) -> None:
        with Warehouse(team.warehouse.settings) as own:
            tallies[run_id] = type(team)(own).analyse(make_settings(rpm=320), run_id=run_id, max_sleep=0.5)

    threads = [threading.Thread(target=read, args=(run_id,)) for run_id in ("run-1", "run-2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(tally.by_model for tally in tallies.values()) == 70
    assert all(tally.by_model for tally in tallies.values())
    assert model.stats()["requests"] == 70
    assert team.count() == 70


def test_progress_is_committed_with_the_answers(team: Any, make_settings: Any) -> None:
    team.store_many(10)
    team.analyse(make_settings(model="openai/gpt-oss-120b"))
    run = team.warehouse.read_one("SELECT * FROM pipeline_runs WHERE run_id = 'run-1'")
    assert (run["llm_total"], run["llm_requests"], run["waiting_until"]) == (10, 10, None)
    assert run["llm_tokens"] == sum(r["prompt_tokens"] + r["completion_tokens"] for r in team.rows().values())
    assert run["llm_cost_usd"] > 0


def test_a_resumed_run_counts_what_it_had_done_before(team: Any, make_settings: Any) -> None:
    team.store_many(10)
    team.analyse(make_settings(limit=4))
    team.analyse(make_settings())
    run = team.warehouse.read_one("SELECT * FROM pipeline_runs WHERE run_id = 'run-1'")
    assert (run["llm_total"], run["llm_by_model"], run["llm_left"], run["llm_requests"]) == (10, 10, 0, 10)
    assert run["llm_tokens"] == sum(r["prompt_tokens"] + r["completion_tokens"] for r in team.rows().values())


def test_rules_win_over_the_model(team: Any, pull_request: Any, make_settings: Any) -> None:
    team.store(
        pull_request(id="PR_typed", title="perf: skip empty lines"),
        pull_request(id="PR_mention", body="Adds a page on how ChatGPT answers, for those who ask."),
        pull_request(id="PR_says", body="The parser was rewritten. Its tests came by ChatGPT, and pass."),
        pull_request(id="PR_early", body="Made with ChatGPT.", created_at=datetime(2020, 1, 1, tzinfo=UTC)),
    )
    team.analyse(make_settings())
    rows = team.rows()
    assert (rows["PR_typed"]["work_type"], rows["PR_typed"]["work_type_source"]) == ("performance", "rule")
    assert (rows["PR_mention"]["ai_level"], rows["PR_mention"]["ai_evidence_kind"]) == ("mentioned", "body")
    assert (rows["PR_says"]["ai_level"], rows["PR_says"]["ai_evidence_kind"]) == ("assisted", "llm")
    assert "ChatGPT" in rows["PR_says"]["ai_evidence"]
    assert rows["PR_early"]["ai_level"] == "none"


def test_a_simulated_answer_is_called_simulated(team: Any, make_settings: Any) -> None:
    team.store_many(1)
    team.analyse(make_settings(provider="groq"))
    assert team.rows()["PR_0"]["provider"] == "simulated"


def test_the_stage_says_on_the_team_whether_its_analysis_is_simulated(team: Any, make_settings: Any) -> None:
    async def show(_tally: Any) -> None:
        """Nobody watches."""

    team.store_many(1)
    for provider, expected in (("simulated", True), ("groq", False)):
        run = team.start(f"run-{provider}")
        asyncio.run(analyse(team.warehouse, run, make_settings(provider=provider), show))
        row = team.warehouse.read_one("SELECT is_analysis_simulated FROM teams")
        assert row["is_analysis_simulated"] is expected


def test_a_pause_of_the_provider_is_shown_with_its_end(team: Any, model: Any, make_settings: Any) -> None:
    """The wait goes on until it has been seen, and is over in no time after that."""
    team.store_many(2)
    model.faults.append(Fault(FaultKind.RATE_LIMITED, retry_after="30"))
    seen: list[dict[str, Any]] = []
    ahead = 0.0

    async def scenario() -> None:
        was_seen = asyncio.Event()

        async def sleep(seconds: float) -> None:
            nonlocal ahead
            if seconds > 5:
                await was_seen.wait()
            ahead += seconds

        async def show(tally: Any) -> None:
            row = team.warehouse.read_one("SELECT waiting_until, waiting_for FROM pipeline_runs")
            if tally.waiting_until is not None and row["waiting_until"] is not None:
                seen.append(row)
                was_seen.set()

        run, home = team.start(), team.warehouse.settings.home
        await analyse_pending(
            team.warehouse, run, make_settings(), home, clock=lambda: time.time() + ahead, sleep=sleep, on_progress=show
        )

    asyncio.run(scenario())
    assert seen[0]["waiting_for"] == "llm"
    assert team.warehouse.read_one("SELECT waiting_until FROM pipeline_runs")["waiting_until"] is None
    assert team.count() == 2
