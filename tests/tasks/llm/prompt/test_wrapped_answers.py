"""An answer is read in whatever wrapping it comes, if there is exactly one."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tasks.llm.errors import AnswerUnusable, RateLimited
from tasks.llm.prompt.answer_schema import Answer, parse_answer
from tasks.llm.provider.responses import parse_completion, parse_usage

GOOD: dict[str, Any] = {
    "summary": "Skips empty lines and </think> marks {as they are}.",
    "work_type": "bugfix",
    "risk": "low",
    "risk_reasons": [],
    "ai_level": "none",
    "ai_evidence": "",
    "technologies": [],
    "confidence": "high",
}
PLAIN = GOOD | {"summary": "Skips empty lines."}
TEXT = json.dumps(PLAIN)
OTHER = json.dumps(PLAIN | {"risk": "high"})


def reply(content: object, **more: object) -> str:
    message = {"role": "assistant", "content": content} | more
    return json.dumps({"id": "1", "model": "m", "choices": [{"message": message, "finish_reason": "stop"}]})


def stream(*pieces: str, end: str = "data: [DONE]\n\n") -> str:
    """https://platform.openai.com/docs/api-reference/chat-streaming"""

    def event(delta: Mapping[str, object], finish_reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return f"data: {json.dumps({'id': '1', 'model': 'm', 'choices': [choice]})}\n\n"

    usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}}
    events = [event({"role": "assistant", "content": ""}), *(event({"content": piece}) for piece in pieces)]
    return ": keep-alive\n\n" + "".join(events) + event({}, "stop") + f"data: {json.dumps(usage)}\n\n" + end


def read(body: str) -> Answer:
    return parse_answer(parse_completion(body).content, "")


@pytest.mark.parametrize(
    "body",
    [
        # https://github.com/microsoft/autogen/pull/8154: content as a list of parts
        reply([{"type": "text", "text": TEXT}]),
        reply([{"type": "text", "text": TEXT[:40]}, {"type": "text", "text": TEXT[40:]}]),
        reply([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": TEXT}]),
        reply([TEXT]),
        reply(f"<think>{OTHER}</think>{TEXT}"),
        # templates of vLLM that swallow the beginning of a thought
        reply(f'I look at it. {{"x": 1}} {{\n</think>\n\n{TEXT}'),
        reply(f"one</think>two {OTHER}</think>{TEXT}"),
        reply(f"Here it is:\n```json\n{TEXT}\n```"),
        reply(f"```json\n{TEXT}\n```\nAnything else?"),
        reply(f"The {{fields}} are as you asked: {TEXT} {{ }}"),
        reply(f"[{TEXT}]"),
        reply("\ufeff" + TEXT),
        "\ufeff" + reply(TEXT),
        reply(TEXT + " " * 21_000),
        reply(json.dumps(PLAIN | {"review_quality": "not_given"})),
        reply("\n" * 21_000 + TEXT),
        reply("x" * 30_000 + "</think>" + TEXT),
        reply('{"risk": "low", ' + TEXT[1:]),
        stream(TEXT[:30], TEXT[30:]),
        stream(*TEXT, end=""),
        stream(TEXT).replace("\n", "\r\n"),
    ],
)
def test_one_valid_answer_is_read_whatever_surrounds_it(body: str) -> None:
    assert read(body).model_dump() == PLAIN


def test_the_end_of_a_thought_within_the_answer_is_its_own_text() -> None:
    assert read(reply(json.dumps(GOOD))).summary.startswith("Skips empty lines and")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"risk": "high", ' + TEXT[1:], "schema_violation"),
        (f"{TEXT} or {OTHER}", "schema_violation"),
        (f"[{TEXT}, {TEXT}]", "schema_violation"),
        (json.dumps({"answer": PLAIN}), "schema_violation"),
        (f"<think>{TEXT}", "broken_json"),
        (f"{TEXT}</think>", "broken_json"),
        ("{" * 15_000, "broken_json"),
        ('{"a":' * 3_000, "broken_json"),
        (TEXT + " x" * 11_000, "schema_violation"),
        ("no object", "broken_json"),
    ],
)
def test_none_or_several_or_contradicting_answers_are_refused(content: str, code: str) -> None:
    with pytest.raises(AnswerUnusable) as caught:
        read(reply(content))
    assert caught.value.code == code
    assert not caught.value.is_provider_fault


@pytest.mark.parametrize(
    ("body", "is_fault"),
    [
        (reply({"text": TEXT}), False),
        ("<html>Sign in</html>", True),
        ("data: <html>\n\n", True),
        ("[" * 5_000, True),
        ("data: {}\n\n", True),
    ],
)
def test_a_wrapping_that_is_not_known_is_not_a_provider_that_is_down(body: str, is_fault: bool) -> None:
    with pytest.raises(AnswerUnusable) as caught:
        read(body)
    assert caught.value.is_provider_fault is is_fault


def test_the_usage_of_a_stream_counts() -> None:
    assert parse_usage(stream(TEXT)).total == 12


@pytest.mark.parametrize("code", ["²", "9" * 5_000, "overloaded", None, True, 12, 4_290, [429]])
def test_an_error_in_a_response_with_status_200_is_a_fault_whatever_its_code_is(code: object) -> None:
    with pytest.raises(AnswerUnusable):
        parse_completion(json.dumps({"error": {"code": code, "message": "Provider returned an error"}}))


@pytest.mark.parametrize("code", [429, "429"])
def test_a_rate_limit_in_a_response_with_status_200_is_one(code: object) -> None:
    with pytest.raises(RateLimited):
        parse_completion(json.dumps({"error": {"code": code, "message": "slow down"}}))
