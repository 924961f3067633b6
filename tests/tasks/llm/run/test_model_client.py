"""Every faulty response over HTTP: the outcome for the pull request and the run, and the attempts."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from simulators.llm.faults import Fault, FaultKind
from tasks.llm.errors import (
    AnswerRefused,
    AnswerUnusable,
    InputTooLong,
    KeyRefused,
    LlmError,
    ModelNotFound,
    QuotaExhausted,
    RequestUnsupported,
)
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.rate_limiter import open_rate_limiter
from tasks.llm.run.model_client import ModelClient

PASSING = [
    pytest.param(Fault(FaultKind.STATUS, status=status), f"http_{status}", id=f"http {status}")
    for status in (408, 409, 425, 498, 500, 502, 503, 504, 529)
] + [
    pytest.param(Fault(kind), code, id=kind)
    for kind, code in {
        FaultKind.JSON_VALIDATE_FAILED: "json_validate_failed",
        FaultKind.BROKEN_JSON: "broken_reply",
        FaultKind.HTML: "broken_reply",
        FaultKind.ERROR_INSIDE: "http_502",
        FaultKind.DROP: "unreachable",
        FaultKind.BROKEN_ANSWER: "broken_json",
        FaultKind.EMPTY: "empty",
        FaultKind.NULL_CONTENT: "empty",
        FaultKind.NULL_CHOICES: "no_choices",
        FaultKind.NO_CHOICES: "no_choices",
        FaultKind.TRUNCATED: "truncated",
        FaultKind.UNKNOWN_VALUE: "schema_violation",
        FaultKind.MISSING_FIELD: "schema_violation",
        FaultKind.EXTRA_FIELD: "schema_violation",
        FaultKind.WRONG_TYPE: "schema_violation",
        FaultKind.LONG_SUMMARY: "schema_violation",
    }.items()
]


@pytest.mark.parametrize(("fault", "code"), PASSING)
def test_a_passing_fault_is_tried_again(model: Any, ask: Any, fault: Fault, code: str) -> None:
    fault.times = 2
    model.faults.append(fault)
    reading = ask()
    assert reading.attempts == 3
    assert model.stats()["requests"] == 3


@pytest.mark.parametrize(("fault", "code"), PASSING)
def test_after_three_tries_the_pull_request_is_left(model: Any, ask: Any, fault: Fault, code: str) -> None:
    fault.times = None
    model.faults.append(fault)
    with pytest.raises(AnswerUnusable) as caught:
        ask()
    assert (caught.value.code, caught.value.attempts) == (code, 3)
    assert model.stats()["requests"] == 3


@pytest.mark.parametrize("kind", [FaultKind.HANG, FaultKind.TRICKLE])
def test_an_answer_that_does_not_come_in_time_is_given_up(model: Any, ask: Any, kind: FaultKind) -> None:
    model.faults.append(Fault(kind, seconds=6.0))
    reading = ask(timeout_seconds=1.5)
    assert reading.attempts == 2


def test_a_server_that_is_not_there_is_unreachable(ask: Any) -> None:
    with pytest.raises(AnswerUnusable, match="cannot be reached") as caught:
        ask(base_url="http://127.0.0.1:9/v1")
    assert caught.value.is_provider_fault


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(FaultKind.KEY_REVOKED), KeyRefused),
        (Fault(FaultKind.STATUS, status=403), KeyRefused),
        (Fault(FaultKind.UNKNOWN_MODEL), ModelNotFound),
        (Fault(FaultKind.REDIRECT), RequestUnsupported),
        (Fault(FaultKind.UNSUPPORTED), RequestUnsupported),
        (Fault(FaultKind.NO_CREDIT), QuotaExhausted),
        (Fault(FaultKind.INSUFFICIENT_QUOTA), QuotaExhausted),
        (Fault(FaultKind.DAILY_QUOTA), QuotaExhausted),
        (Fault(FaultKind.RATE_LIMITED, retry_after="3600"), QuotaExhausted),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else None,
)
def test_what_another_try_cannot_help_stops_at_once(model: Any, ask: Any, fault: Fault, error: type[LlmError]) -> None:
    model.faults.append(fault)
    with pytest.raises(error) as caught:
        ask()
    assert model.stats()["requests"] == 1
    assert caught.value.hint


@pytest.mark.parametrize(
    ("kind", "code"), [(FaultKind.REFUSAL, "refusal"), (FaultKind.CONTENT_FILTER, "content_filter")]
)
def test_a_refusal_is_final(model: Any, ask: Any, kind: FaultKind, code: str) -> None:
    model.faults.append(Fault(kind))
    with pytest.raises(AnswerRefused) as caught:
        ask()
    assert (caught.value.code, model.stats()["requests"]) == (code, 1)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.CONTEXT_TOO_LONG),
        Fault(FaultKind.STATUS, status=413),
        Fault(FaultKind.TOO_LARGE_FOR_THE_MINUTE, retry_after="600"),
    ],
    ids=["400", "413", "429"],
)
def test_an_input_that_is_too_long_is_halved(model: Any, ask: Any, pull_request: Any, fault: Fault) -> None:
    model.faults.append(fault)
    reading = ask(pull_request(body="The importer stopped. " * 200))
    first, second = map(len, model.simulator.bodies)
    assert reading.is_truncated
    assert second < 0.75 * first


@pytest.mark.parametrize("kind", [FaultKind.CONTEXT_TOO_LONG, FaultKind.TOO_LARGE_FOR_THE_MINUTE])
def test_an_input_that_is_too_long_in_half_and_in_a_quarter_is_given_up(model: Any, ask: Any, kind: FaultKind) -> None:
    model.faults.append(Fault(kind, times=None))
    waits: list[float] = []
    with pytest.raises(InputTooLong) as caught:
        ask(waits=waits)
    assert (caught.value.code, model.stats()["requests"]) == ("too_long", 3)
    assert not any(wait > 1 for wait in waits), "the others go on at their rate"


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [("7", 7.0), ("0.5", 0.5), ("Thu, 01 Oct 2026 12:00:30 GMT", 30.0), (None, 5.0)]
)
def test_a_rate_limit_costs_no_try(model: Any, ask: Any, retry_after: str | None, seconds: float) -> None:
    model.faults.append(Fault(FaultKind.RATE_LIMITED, retry_after=retry_after))
    waits: list[float] = []
    reading = ask(waits=waits)
    assert reading.attempts == 1
    assert waits == [pytest.approx(seconds, abs=0.2)]


def test_a_rate_limit_inside_of_a_reply_is_one(model: Any, ask: Any) -> None:
    model.faults.append(Fault(FaultKind.LIMIT_INSIDE))
    waits: list[float] = []
    assert ask(waits=waits).attempts == 1
    assert waits == [pytest.approx(7.0, abs=0.2)]


@pytest.mark.parametrize(
    "fault", [Fault(FaultKind.RATE_LIMITED, retry_after="1"), Fault(FaultKind.LIMIT_INSIDE)], ids=["status", "inside"]
)
def test_rate_limits_without_end_stop_the_run(model: Any, ask: Any, fault: Fault) -> None:
    fault.times = None
    model.faults.append(fault)
    with pytest.raises(QuotaExhausted, match="20 consecutive requests"):
        ask()


def test_refusals_of_calls_that_were_in_flight_together_count_as_one(
    model: Any, tmp_path: Path, make_settings: Any, pull_request: Any, fake_time: Any
) -> None:
    model.faults.append(Fault(FaultKind.RATE_LIMITED, times=30, retry_after="7"))

    async def scenario() -> list[int]:
        limiter = open_rate_limiter(make_settings(), tmp_path, clock=fake_time, sleep=fake_time.sleep)
        async with ModelClient(make_settings(), limiter, clock=fake_time) as client:
            completions = await asyncio.gather(*(client.complete(make_prompt(pull_request())) for _ in range(30)))
        return [reading.attempts for reading in completions]

    assert asyncio.run(scenario()) == [1] * 30


def test_an_answer_in_a_fence_is_read(model: Any, ask: Any) -> None:
    model.faults.append(Fault(FaultKind.FENCED))
    assert ask().attempts == 1


def test_an_invented_quote_is_dropped(model: Any, ask: Any) -> None:
    model.faults.append(Fault(FaultKind.INVENTED_QUOTE))
    answer = ask().answer
    assert (answer.ai_level, answer.ai_evidence) == ("none", "")


def test_a_reply_without_usage_is_an_answer_all_the_same(model: Any, ask: Any) -> None:
    model.faults.append(Fault(FaultKind.NO_USAGE))
    assert ask().usage.total == 0


def test_a_truncated_answer_may_be_longer_the_next_time(model: Any, ask: Any) -> None:
    model.faults.append(Fault(FaultKind.TRUNCATED))
    ask(max_completion_tokens=100)
    asked = ['"max_completion_tokens":100' in body for body in model.simulator.bodies]
    assert asked == [True, False]


def test_a_length_that_one_answer_needed_is_asked_for_from_then_on(
    model: Any, make_settings: Any, tmp_path: Path, pull_request: Any
) -> None:
    model.faults.append(Fault(FaultKind.TRUNCATED))
    settings = make_settings(max_completion_tokens=100)

    async def ask_twice() -> None:
        limiter = open_rate_limiter(settings, tmp_path, clock=time.time, sleep=_no_sleep)
        try:
            async with ModelClient(settings, limiter, clock=time.time) as client:
                await client.complete(make_prompt(pull_request()))
                await client.complete(make_prompt(pull_request(title="Another")))
        finally:
            limiter.close()

    asyncio.run(ask_twice())
    asked = [json.loads(body)["max_completion_tokens"] for body in model.simulator.bodies]
    assert asked == [100, 200, 200]


async def _no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("changes", "effort"),
    [
        ({"provider": "groq", "model": "openai/gpt-oss-120b"}, "low"),
        ({"provider": "openai", "model": "gpt-6-luna"}, "low"),
        ({"provider": "ollama", "model": "gpt-oss:20b"}, "low"),
        ({"provider": "vllm", "model": "openai/gpt-oss-20b"}, "low"),
        ({"provider": "openrouter", "model": "openai/gpt-oss-120b"}, "low"),
        ({"provider": "openai", "model": "gpt-4.1"}, None),
        ({"provider": "custom", "model": "gpt-oss"}, None),
        ({"provider": "custom", "model": "mine", "reasoning_effort": "none"}, "none"),
        ({"provider": "groq", "model": "openai/gpt-oss-120b", "reasoning_effort": "off"}, None),
    ],
)
def test_a_reasoning_model_is_asked_to_reason_little(
    model: Any, ask: Any, changes: dict[str, str], effort: str | None
) -> None:
    ask(**changes)
    assert json.loads(model.simulator.bodies[0]).get("reasoning_effort") == effort


def test_a_router_may_choose_only_providers_that_know_all_parameters(model: Any, ask: Any) -> None:
    ask(provider="openrouter")
    ask(provider="groq")
    first, second = map(json.loads, model.simulator.bodies)
    assert first["provider"] == {"require_parameters": True}
    assert "provider" not in second


@pytest.mark.parametrize(("provider", "counted"), [("groq", 400), ("openai", 0)])
def test_tokens_from_groqs_cache_do_not_count_towards_its_limits(
    model: Any, make_settings: Any, tmp_path: Path, pull_request: Any, provider: str, counted: int
) -> None:
    model.simulator.cached_tokens = 400
    settings = make_settings(provider=provider)

    async def ask_once() -> int:
        limiter = open_rate_limiter(settings, tmp_path, clock=time.time, sleep=_no_sleep)
        try:
            async with ModelClient(settings, limiter, clock=time.time) as client:
                completion = await client.complete(make_prompt(pull_request()))
                assert completion.usage.cached_tokens == 400
                logged = limiter._log.tokens_since(0)
                return completion.usage.prompt_tokens + settings.max_completion_tokens - logged[0][1]
        finally:
            limiter.close()

    assert asyncio.run(ask_once()) == counted


def test_tokens_of_failed_tries_count(model: Any, ask: Any) -> None:
    model.faults.append(Fault(FaultKind.UNKNOWN_VALUE))
    assert ask().usage.prompt_tokens > 1.9 * ask().usage.prompt_tokens


@pytest.mark.parametrize(
    ("provider", "answer_format"),
    [("groq", "json_schema"), ("openai", "json_schema"), ("llamacpp", "json_object"), ("custom", None)],
)
def test_providers_are_asked_in_the_way_that_they_know(
    model: Any, ask: Any, provider: str, answer_format: str | None
) -> None:
    ask(provider=provider)
    body = model.simulator.bodies[0]
    assert ('"response_format"' in body) == (answer_format is not None)
    assert answer_format is None or f'"type":"{answer_format}"' in body
