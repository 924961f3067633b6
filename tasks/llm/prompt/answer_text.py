"""Find the answer's object in what a model wrote: after its thoughts, in a fence, among words, in a list of one."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tasks.llm.errors import AnswerUnusable

MAX_CONTENT_LENGTH = 20_000
# Braces that may begin an object; each costs a reading of the rest.
MAX_BEGINNINGS = 50
_END_OF_THOUGHT = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_BEGINNING_OF_THOUGHT = re.compile(r"\s*<(?:think|thinking|thought|reasoning)>", re.IGNORECASE)

Object = dict[str, Any]


class _TwoValues(ValueError):
    """One key is given twice, with two values: the answer says both."""


def find_objects(content: str) -> list[Object]:
    """Return the outermost JSON objects of an answer, after the end of the last thought.

    Raises AnswerUnusable if it is too long, if a thought does not end, or if a key of an object has two values.
    """
    content = content.strip("\ufeff \t\r\n")
    ends = [match.end() for match in _END_OF_THOUGHT.finditer(content)]
    if not ends and _BEGINNING_OF_THOUGHT.match(content):
        raise AnswerUnusable("broken_json", "the answer ends within the model's thoughts")
    answer = content[ends[-1] :] if ends else content
    if len(answer.strip()) > MAX_CONTENT_LENGTH:
        raise AnswerUnusable("schema_violation", "the answer is far too long")
    try:
        found = [each for each, _ in _read_objects(answer)]
        if not found and ends and len(content) <= MAX_CONTENT_LENGTH:
            # The mark may be part of the answer's own text: then it is within an object.
            found = [each for each, end in _read_objects(content) if end > ends[-1]]
    except _TwoValues as error:
        raise AnswerUnusable("schema_violation", f"the answer gives two values for {error}") from None
    return found


def _read_objects(text: str) -> Iterator[tuple[Object, int]]:
    """Yield each outermost object of a text, and where it ends."""
    place = tries = 0
    while (place := text.find("{", place)) >= 0 and tries < MAX_BEGINNINGS:
        tries += 1
        try:
            found, place = _DECODER.raw_decode(text, place)
            yield found, place
        except _TwoValues:
            raise
        except (ValueError, RecursionError):
            place += 1


def _without_doubles(pairs: list[tuple[str, Any]]) -> Object:
    made: Object = {}
    for name, value in pairs:
        if name in made and made[name] != value:
            raise _TwoValues(repr(name[:40]))
        made[name] = value
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_without_doubles)
