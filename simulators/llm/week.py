"""The simulated model's words for the facts of a week, and at their end a cause that no fact gives."""

import json
import re
from collections.abc import Iterable
from typing import Any

_MARKED = re.compile(r"<<<BEGIN FACTS\s*\w*>>>\n?(.*?)\n?<<<END FACTS\s*\w*>>>", re.DOTALL)
_FROM = re.compile(
    r"^(?P<what>[^:]+): (?P<new>[^,(]+?) (?P<when>in [^,(]+), (?P<way>up|down) from (?P<old>.+?) in the .*?before"
)
VERBS = {"up": "rose", "down": "fell"}
MAX_SENTENCES = 4


def find_facts(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Return the facts of a request that asks for the words of a week, None for any other request."""
    text = "\n".join(str(each.get("content", "")) for each in messages if each.get("role") == "user")
    match = _MARKED.search(text)
    return list(json.loads(match.group(1))["facts"]) if match else None


def word_facts(facts: list[dict[str, Any]]) -> dict[str, Any]:
    """Word the first facts one by one. The last sentence gives a cause that is in no fact, as real models do."""
    worded = [{"text": _word(str(fact["says"])), "facts": [fact["id"]]} for fact in facts[:MAX_SENTENCES]]
    guess = {"text": "The team was busy with its next release, which is why reviews took longer.", "facts": ["F1"]}
    return {"sentences": [*worded, guess]}


def _word(says: str) -> str:
    """Say a change as a verb, anything else with a verb in place of the colon."""
    if moved := _FROM.match(says):
        what = moved["what"][:1].lower() + moved["what"][1:]
        verb = f"{VERBS[moved['way']]} from {moved['old']} to {moved['new']}"
        return f"The {what} {verb} {moved['when']}{says[moved.end() :]}"
    has_verb = says[:1].isdigit() or " had " in says
    return says if has_verb else re.sub(r"^([^:]+?): (\d)", r"\1 was \2", says)
