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
        # thoughts between the marks of Mistral, Kimi, Seed and gpt-oss, each with a draft of the answer
        reply(f"[THINK]{OTHER}[/THINK]{TEXT}"),
        reply(f"◁think▷{OTHER}◁/think▷{TEXT}"),
        reply(f"<seed:think>{OTHER}</seed:think>{TEXT}"),
        reply(f'<scratchpad kind="notes">{OTHER}</scratchpad >{TEXT}'),
        reply(f"<|channel|>analysis<|message|>{OTHER}<|end|><|start|>assistant<|channel|>final<|message|>{TEXT}"),
        # what is no JSON, and that many models write
        reply(TEXT.replace('"risk"', '// why: "{}"\n"risk"', 1)),
        reply(TEXT.replace('"risk"', '/* why: {"risk": "high"}, */ "risk"', 1)),
        reply(TEXT[:-1] + ",}"),
        reply(json.dumps(TEXT)),
        # lesser fields of other types than documented
        json.dumps(json.loads(reply(TEXT)) | {"id": 5, "usage": "n/a", "error": False, "model": None}),
        json.dumps(json.loads(reply(TEXT)) | {"usage": {"prompt_tokens": 12.5, "prompt_tokens_details": []}}),
        json.dumps({"choices": [*json.loads(reply(TEXT, refusal=False))["choices"], "another"]}),
        stream(TEXT[:30], TEXT[30:]),
        stream(*TEXT, end=""),
        stream(TEXT).replace("\n", "\r\n"),
    ],
)
def test_one_valid_answer_is_read_whatever_surrounds_it(body: str) -> None:
    assert read(body).model_dump() == PLAIN


def test_a_line_break_within_a_text_and_half_of_an_emoji_are_read() -> None:
    assert read(reply(TEXT.replace("empty", "empty\n"))).summary == "Skips empty lines."
    assert read(reply(TEXT.replace("empty", "empty \ud83d"))).summary == "Skips empty ? lines."


def test_marks_of_comments_within_a_text_are_its_own() -> None:
    text = json.dumps(PLAIN | {"summary": "Reads https://acme.test /* and */ [1,] again."})
    assert read(reply(text[:-1] + ",}")).summary == "Reads /* and */ [1,] again.".replace("*", "")


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
        (f"[THINK]{TEXT}", "broken_json"),
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
        ('data: {"choices": 5}\n\n', True),
        ('{"choices": [null]}', True),
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


@pytest.mark.parametrize("counts", [10**30, -3, "many", True, [1], 1e300])
def test_a_count_of_tokens_that_cannot_be_is_none(counts: object) -> None:
    body = json.dumps({"usage": {"prompt_tokens": counts, "completion_tokens": "5"}})
    assert parse_usage(body).total == 5


def test_a_limit_within_the_choice_is_one() -> None:
    choice = {"error": {"code": 429, "message": "slow down"}, "message": {"content": ""}}
    with pytest.raises(RateLimited):
        parse_completion(json.dumps({"choices": [choice]}))


@pytest.mark.parametrize("code", [429, "429"])
def test_a_rate_limit_in_a_response_with_status_200_is_one(code: object) -> None:
    with pytest.raises(RateLimited):
        parse_completion(json.dumps({"error": {"code": code, "message": "slow down"}}))
