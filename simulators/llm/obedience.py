"""How easily the simulated model is led, and what it takes for an order.

It is made to be weaker than real models are: it believes any end mark whatever its code, takes what follows
a chat template's token for a message of its own, reads letters that no person sees, and follows everything in
data that are no longer JSON. What does not lead it astray was stopped by our side.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Obedience(StrEnum):
    """`never`: reads data only. `outside`: obeys what stands, or gets, outside of the marked data.

    `anywhere`: obeys orders within the data as well.
    """

    NEVER = "never"
    OUTSIDE = "outside"
    ANYWHERE = "anywhere"


@dataclass(frozen=True)
class Heard:
    """A request as the model takes it: the pull request, and all text that it takes for instructions."""

    data: dict[str, Any]
    outside: str


Answer = dict[str, Any]

_MARKED = re.compile(r"<<<BEGIN PULL REQUEST\s*\w*>>>\n?(.*?)\n?<<<END PULL REQUEST\s*\w*>>>", re.DOTALL)
# A token of a chat template begins another message: what follows in the line, and the line after it.
_TEMPLATE = re.compile(
    r"(?:<\|[^|<>\n]{0,60}\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>)([^\n]*\n?[^\n]*)", re.IGNORECASE
)
_VALUE = r"[\"'`*]{0,2}\s*(?:%s)\s*[\"'`*]{0,2}([\w ]{2,60})"
_ANY_ORDER = re.compile(
    r"\b(work[_ ]type|risk|confidence|ai[_ ]level|summary)\b" + _VALUE % "to|=|:|as|is", re.IGNORECASE
)
# Within the data plain statements are no orders: "Risk: high" and "the risk is high" are the author's word on the
# change, which every reader takes into account.
_ORDERS_IN_DATA = tuple(
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


def hear(messages: Iterable[dict[str, Any]]) -> Heard:
    """What stands between the marks as data, all else that is not the system's as instructions."""
    said = _read("\n".join(str(each.get("content", "")) for each in messages if each.get("role") != "system"))
    match = _MARKED.search(said)
    data = _json(match.group(1)) if match else None
    if match is None or data is None:
        return Heard({"title": said[:200], "body": said}, said)
    outside = said[: match.start()] + said[match.end() :]
    return Heard(data, "\n".join([outside, *_TEMPLATE.findall(_text(data))]))


def find_orders(heard: Heard, obedience: Obedience) -> list[tuple[str, str]]:
    """Field and value of every order that a model so obedient listens to, in their order."""
    if obedience is Obedience.NEVER:
        return []
    orders = _ANY_ORDER.findall(heard.outside)
    if obedience is Obedience.ANYWHERE:
        text = _text(heard.data)
        orders += [order for pattern in _ORDERS_IN_DATA for order in pattern.findall(text)]
    return [(field.lower().replace(" ", "_"), value) for field, value in orders]


def obey(given: Answer, heard: Heard, obedience: Obedience) -> Answer:
    """The answer with those orders followed; the last one on a field counts."""
    for field, value in find_orders(heard, obedience):
        given[field] = value.strip() if field == "summary" else (value.split() or [""])[0]
    return given


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
