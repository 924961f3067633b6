"""Find the answer's object in what a model wrote: after its thoughts, in a fence, among words, in a list of one.

What many models add to JSON is read over: comments, a comma too many, line breaks within a text, and quotes around the
whole answer.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from tasks.llm.errors import AnswerUnusable

MAX_CONTENT_LENGTH = 20_000
# Braces that may begin an object; each costs a reading of the rest.
MAX_BEGINNINGS = 50
_THOUGHT = r"(?:seed:)?think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|analysis"
# Besides tags there are the marks of Mistral, of Kimi, and of gpt-oss, whose answer follows in a channel of its own:
# https://cookbook.openai.com/articles/openai-harmony
_END_OF_THOUGHT = re.compile(
    rf"</(?:{_THOUGHT})\s*>|\[/THINK\]|◁/think▷|<\|channel\|>\s*final[^{{}}]{{0,60}}?<\|message\|>", re.IGNORECASE
)
_BEGINNING_OF_THOUGHT = re.compile(
    rf"\s*(?:<(?:{_THOUGHT})(?:\s[^<>]*)?>|\[THINK\]|◁think▷|<\|channel\|>\s*analysis)", re.IGNORECASE
)
# Strings are matched first, so that nothing within them is taken for a comment or a comma too many.
_TEXT = r'"(?:[^"\\]|\\.)*"'
_COMMENT = re.compile(rf"{_TEXT}|//[^\n]*|/\*.{{0,200}}?\*/", re.DOTALL)
_COMMA = re.compile(rf"{_TEXT}|,(?=\s*[}}\]])", re.DOTALL)

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
    answer = _unquote(content[ends[-1] :] if ends else content)
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
            found, place = _read_object(text, place)
            yield found, place
        except _TwoValues:
            raise
        except (ValueError, RecursionError):
            place += 1


def _read_object(text: str, place: int) -> tuple[Object, int]:
    """Return the object that begins at this place, and where it ends; without what is no JSON, if it needs that."""
    try:
        return _DECODER.raw_decode(text, place)
    except _TwoValues:
        raise
    except ValueError:
        plain = _COMMA.sub(_blank, _COMMENT.sub(_blank, text[place:]))
        found, end = _DECODER.raw_decode(plain)
        return found, place + end


def _blank(match: re.Match[str]) -> str:
    """Return a string as it is, and as many blanks as anything else has characters: all places stay."""
    return match[0] if match[0].startswith('"') else " " * len(match[0])


def _unquote(text: str) -> str:
    """Return the text that a JSON string holds: an answer that was encoded twice."""
    if not text.strip().startswith('"'):
        return text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, str) else text


def _without_doubles(pairs: list[tuple[str, Any]]) -> Object:
    made: Object = {}
    for name, value in pairs:
        if name in made and made[name] != value:
            raise _TwoValues(repr(name[:40]))
        made[name] = value
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_without_doubles, strict=False)
