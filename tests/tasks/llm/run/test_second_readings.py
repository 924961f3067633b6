"""A drawn part of the answers is asked for twice, with the fields in another order, when nothing else is pending."""

import asyncio
import json
import time

import polars as pl
import pytest

from simulators.llm.faults import Fault, FaultKind
from simulators.llm.server import RunningSimulator
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run import second_readings
from tasks.llm.run.drawn import is_drawn
from tasks.llm.run.second_readings import SecondReadings, read_again
from tests.tasks.llm.conftest import MakeSettings, Team, pull_request_of
from warehouse.metrics.precision.flips import compute_flips
from warehouse.metrics.precision.intervals import share_interval
from warehouse.reads.second_readings import read_second_readings


def again(team: Team, settings: LlmSettings, run_id: str = "run-1") -> SecondReadings:
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))

    return asyncio.run(read_again(team.warehouse, team.start(run_id), settings, clock=time.time, sleep=sleep))


def test_a_twentieth_is_drawn_by_the_id_alone_and_a_larger_share_holds_the_smaller() -> None:
    ids = [f"PR_{number}" for number in range(20_000)]
    drawn = {id_ for id_ in ids if is_drawn(id_, 0.05)}
    assert 900 < len(drawn) < 1_100
    assert drawn < {id_ for id_ in ids if is_drawn(id_, 0.1)}
    assert not any(is_drawn(id_, 0.0) for id_ in ids)
    assert all(is_drawn(id_, 1.0) for id_ in ids)


def test_the_fields_come_in_another_order_and_nothing_else_differs() -> None:
    prompt = make_prompt(pull_request_of())
    other = prompt.reordered("seed")
    assert list(other.data) != list(prompt.data)
    assert other.data == prompt.data
    assert other.reordered("seed").data == prompt.reordered("seed").data
    assert list(other.data) == list(prompt.reordered("seed").data)
    assert other.input_hash == prompt.input_hash


def test_what_is_answered_is_read_twice_once_and_both_answers_are_kept(
    team: Team, make_settings: MakeSettings, model: RunningSimulator
) -> None:
    team.store_many(12)
    settings = make_settings(second_reading_share=1.0)
    team.analyse(settings)
    assert again(team, settings) == SecondReadings(12)
    assert again(team, settings, "run-2") == SecondReadings(0)
    first, second = (json.loads(body)["messages"][1]["content"] for body in model.simulator.bodies[::12])
    assert first.index('"title"') < first.index('"body"')
    assert sorted(first.split("\n")[2]) == sorted(second.split("\n")[2]) or first != second
    rows = read_second_readings(team.warehouse, "acme")
    assert rows.height == 12
    assert rows.select("first_work_type", "first_risk", "first_ai_level").null_count().sum_horizontal().item() == 0
    flips = {row["question"]: row for row in compute_flips(rows).to_dicts()}
    assert flips["work_type"]["read"] == 12


def test_what_fails_is_kept_as_a_failure_and_not_counted(
    team: Team, make_settings: MakeSettings, model: RunningSimulator
) -> None:
    team.store_many(3)
    settings = make_settings(second_reading_share=1.0)
    team.analyse(settings)
    model.faults.append(Fault(FaultKind.REFUSAL))
    assert again(team, settings).read == 3
    assert read_second_readings(team.warehouse, "acme").height == 2
    assert team.warehouse.read("SELECT error_code FROM second_readings WHERE error_code IS NOT NULL").height == 1


def test_it_stops_for_the_provider_and_for_the_cap_without_an_error(
    team: Team, make_settings: MakeSettings, model: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.store_many(3)
    settings = make_settings(second_reading_share=1.0)
    team.analyse(settings)
    dear = make_settings(second_reading_share=1.0, max_cost_usd=1e-9, price_prompt_usd=1.0, price_completion_usd=1.0)
    assert again(team, dear) == SecondReadings(0, "The run reached PRFLOW_LLM_MAX_COST_USD.")
    monkeypatch.setattr(second_readings, "MAX_A_RUN", 2)
    assert again(team, settings, "run-2").read == 2
    model.faults.append(Fault(FaultKind.DAILY_QUOTA, times=None))
    assert again(team, settings, "run-3") == SecondReadings(0, "The provider's daily quota is used up.")


def test_the_rate_of_flips_has_its_interval_for_each_question() -> None:
    rows = {
        "first_work_type": ["bugfix"] * 40,
        "second_work_type": ["bugfix"] * 38 + ["feature"] * 2,
        "first_risk": ["low"] * 40,
        "second_risk": ["low"] * 40,
        "first_ai_level": [None] * 40,
        "second_ai_level": ["none"] * 40,
    }
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String))
    types, risk, ai = compute_flips(frame).to_dicts()
    interval = share_interval(2, 40)
    assert interval is not None
    assert (types["read"], types["flipped"], types["share"]) == (40, 2, 0.05)
    assert (types["low"], types["high"]) == (interval.low, interval.high)
    assert (risk["flipped"], risk["share"]) == (0, 0.0)
    assert (ai["read"], ai["share"], ai["low"]) == (0, None, None)
