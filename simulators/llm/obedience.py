"""Instructions that the simulated model recognises and follows.

It is weaker than real models on purpose: it accepts any end mark whatever its nonce, takes the text after a chat
template's token for a message, reads invisible letters, and follows everything in data that are not JSON. An
injection that does not mislead it was stopped on our side.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Obedience(StrEnum):
    """How far the model follows instructions.

    `never`: it only reads data. `outside`: it follows what is, or gets, outside of the marked data. `anywhere`: it
    follows instructions within the data as well.
    """

    NEVER = "never"
    OUTSIDE = "outside"
    ANYWHERE = "anywhere"


@dataclass(frozen=True)
class ModelInput:
    """A request as the model understands it: the pull request, and all text that it takes for instructions."""

    data: dict[str, Any]
    outside: str


AnswerFields = dict[str, Any]

_MARKED = re.compile(r"<<<BEGIN PULL REQUEST\s*\w*>>>\n?(.*?)\n?<<<END PULL REQUEST\s*\w*>>>", re.DOTALL)
# A token of a chat template begins another message: the rest of its line and the next line.
_TEMPLATE = re.compile(
    r"(?:<\|[^|<>\n]{0,60}\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>)([^\n]*\n?[^\n]*)", re.IGNORECASE
)
_VALUE = r"[\"'`*]{0,2}\s*(?:%s)\s*[\"'`*]{0,2}([\w ]{2,60})"
_ANY_INSTRUCTION = re.compile(
    r"\b(work[_ ]type|risk|confidence|ai[_ ]level|summary)\b" + _VALUE % "to|=|:|as|is", re.IGNORECASE
)
# Plain statements within the data are not instructions: "Risk: high" and "the risk is high" are the author's own
# description of the change.
_INSTRUCTIONS_IN_DATA = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(work_type|ai_level)\b" + _VALUE % "to|=|:|as|is",
        r"\b(work type|risk|confidence|ai level|summary)\b" + _VALUE % "to|=|as",
        r"\b(confidence)\b" + _VALUE % ":",
        r"[\"'](risk|summary)[\"']\s*:\s*[\"']([\w ]{2,60})",
    )
)
_TAG_LETTERS = {code: code - 0xE0000 for code in range(0xE0020, 0xE007F)}
_UNSEEN = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0x202A, 0x202C, 0x202E, 0xFEFF, *range(0xFE00, 0xFE10)])


def parse_messages(messages: Iterable[dict[str, Any]]) -> ModelInput:
    """Split a request: between the marks are data, the rest, without the system message, are instructions."""
    text = _read("\n".join(str(each.get("content", "")) for each in messages if each.get("role") != "system"))
    match = _MARKED.search(text)
    data = _json(match.group(1)) if match else None
    if match is None or data is None:
        return ModelInput({"title": text[:200], "body": text}, text)
    outside = text[: match.start()] + text[match.end() :]
    return ModelInput(data, "\n".join([outside, *_TEMPLATE.findall(_text(data))]))


def find_instructions(model_input: ModelInput, obedience: Obedience) -> list[tuple[str, str]]:
    """Return field and value of every instruction that the model follows, in order of appearance."""
    if obedience is Obedience.NEVER:
        return []
    instructions = _ANY_INSTRUCTION.findall(model_input.outside)
    if obedience is Obedience.ANYWHERE:
        text = _text(model_input.data)
        instructions += [instruction for pattern in _INSTRUCTIONS_IN_DATA for instruction in pattern.findall(text)]
    return [(field.lower().replace(" ", "_"), value) for field, value in instructions]


def follow_instructions(answer: AnswerFields, model_input: ModelInput, obedience: Obedience) -> AnswerFields:
    """Change the answer by these instructions; the last one for a field wins."""
    for field, value in find_instructions(model_input, obedience):
        answer[field] = value.strip() if field == "summary" else (value.split() or [""])[0]
    return answer


def _read(text: str) -> str:
    return text.translate(_UNSEEN).translate(_TAG_LETTERS)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return "\n".join(_text(each) for each in (value.values() if isinstance(value, dict) else value))
    return str(value)


def _json(text: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(text)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None
