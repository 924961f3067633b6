"""A week in words: facts from the warehouse, sentences by a model over HTTP, and only those that hold are kept."""

import asyncio
import time
from datetime import date, timedelta

import pytest

from simulators.llm.faults import Fault, FaultKind
from simulators.llm.server import RunningSimulator
from tasks.llm.prompt.week import WeekQuestion, WordedSentence, WordedWeek
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.week import WeekWriter, WordedWeeks, choose_sentences
from tests.tasks.llm.conftest import MakeSettings
from tests.warehouse.events.rows import put
from tests.warehouse.week.seed import HOSTILE, WEEK, put_acme, put_insight
from warehouse.connection import Warehouse
from warehouse.schema import pull_request_metrics
from warehouse.store import Delete, commit
from warehouse.week.fact import say
from warehouse.week.source import WeekNotComplete, read_facts_of_week
from warehouse.week.words import read_week


@pytest.fixture
def acme(warehouse: Warehouse) -> Warehouse:
    put_acme(warehouse)
    put_insight(warehouse)
    return warehouse


def write(warehouse: Warehouse, settings: LlmSettings, week: date | None = None) -> WordedWeeks:
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))

    writer = WeekWriter(warehouse, "acme", settings, clock=time.time, sleep=sleep, run_id="run-1")
    return asyncio.run(writer.write(week))


def test_facts_are_counted_measured_and_found_with_their_pull_requests(acme: Warehouse) -> None:
    facts = {fact.key: fact for fact in read_facts_of_week(acme, "acme", WEEK)}
    count, cycle = facts["merged_prs:week"], facts["cycle_time_p50_hours:weeks"]
    insight = facts["insight:slowed_repository:review_p50_hours:R_web"]
    assert (count.now, count.before, count.direction, len(count.pull_request_ids)) == (8.0, 8.0, "unclear", 8)
    assert (cycle.now, cycle.before, cycle.n, cycle.n_before, cycle.direction) == (22.0, 11.0, 30, 30, "up")
    assert say(insight) == (
        "Median review time in acme/web: 14 hours in recent weeks, up from 5 hours in the weeks before "
        "(n = 30 against 61)."
    )
    assert facts["longest_cycle_time:now-4"].reference == "acme/web#4"


def test_the_sentences_that_hold_are_stored_with_receipts_and_shown(
    acme: Warehouse, make_settings: MakeSettings
) -> None:
    done = write(acme, make_settings(provider="simulated"), WEEK)
    week = read_week(acme, "acme")
    assert (done.weeks, done.kept, done.dropped, done.stopped_because) == (1, 4, 1, "")
    assert week is not None
    assert (week.week_start, week.model, len(week.sentences)) == (WEEK, "some-model", 4)
    assert all(one.pull_request_ids for one in week.sentences)
    stored = acme.read("SELECT provider, dropped_count, dropped_because, cost_usd FROM week_summaries").row(0)
    assert stored == ("simulated", 1, ["it does not name what is measured"], 0.0)


def test_the_same_facts_are_asked_about_once_and_other_facts_again(
    acme: Warehouse, make_settings: MakeSettings, model: RunningSimulator
) -> None:
    settings = make_settings()
    assert write(acme, settings).weeks == 4
    assert write(acme, settings).weeks == 0
    assert len(model.simulator.bodies) == 4
    commit(acme, Delete(pull_request_metrics, {"pull_request_id": ["now-1"]}))
    assert write(acme, settings, WEEK).weeks == 1


def test_a_sentence_that_no_longer_holds_is_not_shown(acme: Warehouse, make_settings: MakeSettings) -> None:
    write(acme, make_settings(), WEEK)
    commit(acme, Delete(pull_request_metrics, {"pull_request_id": [f"now-{place}" for place in range(12)]}))
    week = read_week(acme, "acme", WEEK)
    assert week is not None
    assert [fact.key for one in week.sentences for fact in one.facts] == [
        "insight:slowed_repository:review_p50_hours:R_web"
    ]


def test_without_a_model_the_plain_sentences_stand(acme: Warehouse, make_settings: MakeSettings) -> None:
    done = write(acme, make_settings(api_key="", provider="groq"))
    week = read_week(acme, "acme")
    assert (done.weeks, done.stopped_because) == (0, "There is no key for the model.")
    assert week is not None
    assert (week.model, len(week.sentences)) == ("", 5)
    assert week.sentences[0].text.startswith("8 pull requests were merged in the week of 23 November, against 8")


def test_a_wrapped_or_broken_answer_ends_in_sentences_and_a_false_one_in_plain_ones(
    acme: Warehouse, make_settings: MakeSettings, model: RunningSimulator
) -> None:
    usable = (FaultKind.FENCED, FaultKind.BROKEN_ANSWER, FaultKind.WRONG_TYPE, FaultKind.EMPTY)
    for kind in (*usable, FaultKind.UNKNOWN_VALUE, FaultKind.INVENTED_QUOTE, FaultKind.LONG_SUMMARY):
        model.faults[:] = [Fault(kind)]
        done = write(acme, make_settings(model=f"model-{kind}"), WEEK)
        week = read_week(acme, "acme", WEEK)
        assert done.kept == (4 if kind in usable else 0), kind
        assert week is not None
        assert (week.model, len(week.sentences)) == ((f"model-{kind}", 4) if kind in usable else ("", 5))


def test_a_model_that_is_away_stops_nothing(
    acme: Warehouse, make_settings: MakeSettings, model: RunningSimulator
) -> None:
    model.faults.append(Fault(FaultKind.KEY_REVOKED, times=None))
    done = write(acme, make_settings())
    assert (done.weeks, done.stopped_because) == (0, "The provider refused the key (HTTP 401).")


def test_no_title_is_sent_and_none_is_said(
    acme: Warehouse, make_settings: MakeSettings, model: RunningSimulator
) -> None:
    write(acme, make_settings(), WEEK)
    assert model.simulator.bodies
    assert not any(HOSTILE[:20] in body or "Mallory" in body for body in model.simulator.bodies)


def test_a_run_costs_no_more_than_it_may(acme: Warehouse, make_settings: MakeSettings) -> None:
    prices = {"price_prompt_usd": 1.0, "price_completion_usd": 1.0}
    done = write(acme, make_settings(max_cost_usd=0.000001, **prices), WEEK)
    assert (done.weeks, done.stopped_because) == (0, "The run reached PRFLOW_LLM_MAX_COST_USD.")
    put(acme, "pipeline_runs", {"run_id": "run-1", "team_id": "acme", "llm_cost_usd": 0.9999})
    assert write(acme, make_settings(max_cost_usd=1.0, **prices), WEEK).weeks == 0


def test_a_week_that_is_not_complete_is_refused(acme: Warehouse, make_settings: MakeSettings) -> None:
    with pytest.raises(WeekNotComplete, match="is not a complete week of acme"):
        read_week(acme, "acme", WEEK + timedelta(weeks=1))


def test_a_fact_is_said_once_and_five_sentences_are_kept(acme: Warehouse) -> None:
    facts = read_facts_of_week(acme, "acme", WEEK)
    question = WeekQuestion.of(facts)
    said = [WordedSentence(text=say(fact), facts=[f"F{place}"]) for place, fact in enumerate(question.facts, start=1)]
    kept, faults = choose_sentences(WordedWeek(sentences=[said[0], *said, *said]), question)
    assert (len(kept), set(faults)) == (5, {"its fact is said already"})
    none, why = choose_sentences(WordedWeek(sentences=[WordedSentence(text=say(facts[0]), facts=["F99"])]), question)
    assert (none, why) == ([], ["it cites no fact, or one that it was not given"])
