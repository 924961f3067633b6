"""A valid answer has closed values, a plain sentence, and a quote that occurs in the text."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.llm.errors import AnswerUnusable
from tasks.llm.prompt.answer_schema import Answer, answer_json_schema, parse_answer, plain_text

GOOD: dict[str, Any] = {
    "summary": "Skips empty lines.",
    "work_type": "bugfix",
    "risk": "low",
    "risk_reasons": ["touches_data"],
    "ai_level": "none",
    "ai_evidence": "",
    "technologies": ["Python"],
    "confidence": "high",
}
SENT = "Make the importer skip empty lines\nWritten in Python with the help of\nChatGPT.\nclaude is a name"


def parse(**changes: Any) -> Answer:
    return parse_answer(json.dumps(GOOD | changes), SENT)


def test_a_good_answer_is_kept_as_it_is() -> None:
    assert parse().model_dump() == GOOD


@pytest.mark.parametrize(
    "changes",
    [
        {"work_type": "bug"},
        {"work_type": None},
        {"risk": "HIGH"},
        {"risk": 2},
        {"risk_reasons": ["because"]},
        {"risk_reasons": "touches_data"},
        {"confidence": 0.9},
        {"ai_level": "yes"},
        {"summary": ""},
        {"summary": "   "},
        {"summary": "x" * 601},
        {"summary": ["a"]},
        {"technologies": "Python"},
        {"note": "more"},
        {"review_quality": "none"},
    ],
    ids=str,
)
def test_anything_but_the_asked_values_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(AnswerUnusable) as caught:
        parse(**changes)
    assert caught.value.code == "schema_violation"


@pytest.mark.parametrize("content", ["", "null", "[]", "{", "bugfix", '{"summary": "a"}', "9" * 30_000, "[" * 9_000])
def test_anything_but_the_object_is_refused(content: str) -> None:
    with pytest.raises(AnswerUnusable):
        parse_answer(content, SENT)


LEAVES = st.none() | st.booleans() | st.integers() | st.text()
NAMES = st.sampled_from(sorted(GOOD)) | st.text()


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner)))
def test_whatever_comes_back_is_an_answer_or_refused(content: Any) -> None:
    with suppress(AnswerUnusable):
        assert isinstance(parse_answer(json.dumps(content), SENT), Answer)


def test_a_refusal_of_an_answer_does_not_repeat_it() -> None:
    with pytest.raises(AnswerUnusable) as caught:
        parse(work_type="a secret that the text held")
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("level", "quote", "kept"),
    [
        ("assisted", "with the help of ChatGPT", True),
        ("assisted", "with the help of\nChatGPT", True),
        ("assisted", "WITH THE HELP OF CHATGPT", True),
        ("assisted", "with the help of Claude", False),
        ("assisted", "skip empty lines", False),
        ("assisted", "", False),
        ("assisted", "GPT", False),
        ("none", "with the help of ChatGPT", False),
    ],
)
def test_a_quote_must_stand_in_the_text_and_speak_of_a_tool(level: str, quote: str, kept: bool) -> None:
    answer = parse(ai_level=level, ai_evidence=quote)
    assert (answer.ai_level, bool(answer.ai_evidence)) == ((level, True) if kept else ("none", False))


def test_technologies_must_be_named_in_the_text() -> None:
    answer = parse(technologies=["Python", "Rust", "<script>", "python " * 9, "Python", "https://evil.example"])
    assert answer.technologies == ["Python"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**Fixes** the `parser`.", "Fixes the parser."),
        ("See [the docs](https://evil.example/x).", "See the docs."),
        ("Click https://evil.example now", "Click now"),
        ("<img src=x onerror=alert(1)>Fixes it.", "Fixes it."),
        ("two\nlines\u202e", "two lines"),
        ("![pixel](https://evil.example/p.png) Done", "pixel Done"),
    ],
)
def test_a_summary_is_plain_text(text: str, plain: str) -> None:
    assert plain_text(text) == plain
    assert parse(summary=text).summary == plain


def test_the_wire_schema_has_every_field_and_no_bounds() -> None:
    schema = answer_json_schema()
    assert set(schema["required"]) == set(schema["properties"]) == set(Answer.model_fields)
    assert schema["additionalProperties"] is False
    bounds = {"minLength", "maxLength", "minItems", "maxItems", "pattern", "minimum", "maximum", "$ref", "$defs"}
    assert not bounds & set(json.dumps(schema).replace('"', " ").replace(":", " ").split())
