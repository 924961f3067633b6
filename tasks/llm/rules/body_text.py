"""Divide the body of a pull request by what its parts can show: its author's own lines, comments, boxes, answers.

Fenced and inline code, quotes and the blocks that other bots write are left out: they show what somebody else said.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tasks.llm.rules.sanitise import MAX_TEXT_LENGTH

_FENCE = re.compile(r"^ {0,3}(?:[-*+] +|\d+\. +)?(```+|~~~+)")
_CODE_SPAN = re.compile(r"(`+)(?!`).{1,400}?(?<!`)\1(?!`)|<(code|kbd|samp)>.{0,400}?</\2>", re.IGNORECASE)
_QUOTE = re.compile(r"^ {0,3}(?:[-*+] +)?>")
_OPENING = re.compile(r"<(blockquote|pre)\b", re.IGNORECASE)
_CLOSING = re.compile(r"</(blockquote|pre)>", re.IGNORECASE)
_INDENTED = re.compile(r"^(?: {4}|\t)")

# Longer lines are no footer and no prose; without a bound, patterns would take long on them.
MAX_LINE_LENGTH = 4_000
MAX_SEARCHED_LENGTH = 600

# Blocks that bots insert into a person's text, between a comment that opens and one that closes them.
_BLOCK_OPENED = re.compile(
    r"^\s*(?:CURSOR_SUMMARY|This is an auto-generated (?:comment|description)|ELLIPSIS_HIDDEN"
    r"|Macroscope's .* starts here|greptile_comment|devin-review-badge-begin|MESA_?\w*|copilot:(?:all|summary)"
    r"|(?:start|begin)[: -].*\b(?:bot|review|summary|coderabbit|sourcery|qodo|pr[- ]agent|changelog|release notes)\b"
    r"|(?:bot|review|summary|coderabbit|sourcery|qodo|pr[- ]agent)\b.*[: -](?:start|begin)s?)",
    re.IGNORECASE,
)
_BLOCK_CLOSED = re.compile(
    r"^\s*(?:/|end\b|CURSOR_SUMMARY_END|ELLIPSIS_HIDDEN|Macroscope's .* ends here|devin-review-badge-end"
    r"|.*[: -]ends?\b)",
    re.IGNORECASE,
)
_BOT_HEADING = re.compile(
    r"^\s*#+\s*(?:summary|walkthrough|description|review|changes|notes) (?:by|from|of) "
    r"(?:code ?rabbit\w*|sourcery|cubic|copilot|ellipsis|greptile|bugbot|cursor bugbot|macroscope|graphite|gitar|qodo)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+\S|^\s*-{3,}\s*$")

_ANCHOR = re.compile(r"<a\b[^>]{0,500}?href=[\"']([^\"'>]{1,500})[\"'][^>]{0,200}>(.{0,500}?)</a>", re.IGNORECASE)
# An element that goes on in the next lines, such as a button with a picture.
_OPEN_ANCHOR = re.compile(r"<a\b[^>]{0,500}?href=[\"']([^\"'>]{1,500})[\"'][^>]{0,200}>(?!.*</a>)", re.IGNORECASE)
# An address in angle brackets is no tag.
_TAG = re.compile(r"</?[a-zA-Z](?![^<>\s]*@)[^<>]{0,500}>")
_IMAGE = re.compile(r"!\[[^\[\]]{0,200}\]\([^()\s]{0,500}\)")
_LINK = re.compile(r"\[([^\[\]]{0,300})\]\(<?([^()\s<>]{1,500})>?(?: \"[^\"]{0,200}\")?\)")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\ufe0f\u200d]")
_EMPHASIS = re.compile(r"\*\*|__|~~|(?<!\w)[*_]+|[*_]+(?!\w)")
_LEAD = re.compile(r"^(?:[^\w\"'“‘«(@#/<`\[]|#+(?=\s))+")
_BOX = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s*\[([ xX])\]\s*(.*)$")
_HINT = re.compile(
    r"^\s*[*_]{0,2}\(?(?:if (?:yes|so|you|any|ai|no)|please|describe|specify|otherwise|required|optional|delete|select"
    r"|choose|per our|according to)\b|^\s*(?P<mark>\*|_)(?![*_\s]).*\b(?:describe|specify|otherwise|enter|fill|required"
    r"|delete|please)\b.*(?<![*_\s])(?P=mark)\s*$",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(r"(?:yes|no|none|nope|n/?a)\b", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?])[)\"'”’]?\s+(?=\W{0,3}[A-Z0-9])")
# A line that announces an example of the text that follows.
_EXAMPLE = re.compile(
    r"\b(?:strip|remov|drop|hid|exampl|such as|like th|this line|these lines|footer|trailer|e\.g|pattern|match|append"
    r"|insert|ends? (?:with|in)|now reads?)\w*[^.]{0,60}:\s*$",
    re.IGNORECASE,
)
# A heading, label or question about AI, whose answer is the rest of the line or what follows.
_AI = r"(?:ai|gai|llms?|gen ?ai|generative ai|language models?|chatgpt|copilot)"
# A question is about how the change was made, and not about what it touches.
_ABOUT_WORK = (
    r"(?=[^?]*\b(?:us(?:e|ed|ing)|tool\w*|generat\w+|assist\w*|help\w*|author\w*|co-?author\w*|writ\w+|wrote|involved"
    r"|creat\w+|prepar\w+|disclos\w+)\b)(?![^?]*\b(?:affect|impact|touch|feature|service|endpoint|users?|customers?)\w*\b)"
)
_LABEL = re.compile(
    rf"^(?:{_AI}(?:[- /&](?:tools?|tool\(s\)|usage|use|used|assistance|assisted|assistant|disclosure|disclaimer"
    rf"|statement|involvement|generated|contributions?|declaration|transparency|code))+(?: \([^)]*\))?"
    rf"|use of {_AI}(?: tools?)?|disclosure of {_AI}(?: \w+)?"
    rf"|{_ABOUT_WORK}[^?:.]{{0,80}}\b{_AI}\b[^?:.]{{0,80}}(?=\?))\s*(?:[:?]\s*(?P<answer>.*)|)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Text:
    """A part of the body: `text` without markup, `raw` as it was written, `line` counted from 1."""

    text: str
    raw: str
    line: int


@dataclass
class BodyText:
    """The parts of a body. `footers` are all visible lines."""

    footers: list[Text] = field(default_factory=list)
    sentences: list[Text] = field(default_factory=list)
    markers: list[Text] = field(default_factory=list)
    ticked: list[Text] = field(default_factory=list)
    answers: list[Text] = field(default_factory=list)


def divide_body(body: str) -> BodyText:
    """Divide a body, of which anything beyond GitHub's limit is ignored."""
    parts = BodyText()
    text = body[:MAX_TEXT_LENGTH].replace("\r\n", "\n").replace("\r", "\n")
    visible = list(_without_examples(_visible_lines(text, parts.markers)))
    parts.footers = [replace(line, text=line.text[:MAX_SEARCHED_LENGTH]) for line in visible if line.text]
    parts.ticked = [box for line in visible if (box := _ticked(line))]
    parts.answers = list(_answers(visible))
    parts.sentences = [sentence for paragraph in _paragraphs(visible) for sentence in _sentences(paragraph)]
    return parts


def plain_line(raw: str) -> str:
    """Return a line without tags, emphasis, emoji and leading symbols, its links as "text address"."""
    text = _OPEN_ANCHOR.sub(r"\1 ", _ANCHOR.sub(r"\2 \1", raw)) if "<" in raw else raw
    text = _EMOJI.sub("", _LINK.sub(r"\1 \2", _IMAGE.sub("", _TAG.sub("", text))))
    return _LEAD.sub("", " ".join(_EMPHASIS.sub("", text).split()))


def _visible_lines(body: str, markers: list[Text]) -> Iterator[Text]:
    """Yield the author's own lines, empty ones included; the comments between them go to `markers`."""
    reader = _Reader(markers, body.split("\n"))
    for number, raw in enumerate(body.split("\n"), 1):
        seen = reader.read(raw, number)
        yield Text(plain_line(seen), raw.strip(), number) if seen.strip() else Text("", "", number)


class _Reader:
    """Reads line by line what is open: a fence, a comment, a quoted element, a bot's block."""

    def __init__(self, markers: list[Text], lines: list[str]) -> None:
        self._markers = markers
        self._fence = ""
        self._in_comment = self._in_block = self._in_element = self._in_section = False
        self._was_empty = True
        # If all lines are indented, that is the form of the text and not code.
        self._has_code_blocks = any(line.strip() and not _INDENTED.match(line) for line in lines)

    def read(self, raw: str, number: int) -> str:
        """Return what a reader sees of the line as the author's own."""
        if self._fence:
            closing = raw.strip()
            self._fence = "" if closing.startswith(self._fence) and not closing.strip("`~") else self._fence
            return ""
        if not self._in_comment and (fence := _FENCE.match(raw)):
            self._fence = fence.group(1)
            return ""
        is_short = len(raw) <= MAX_LINE_LENGTH and not self._in_comment
        seen = self._without_comments(_CODE_SPAN.sub("", raw) if is_short else raw, number)[:MAX_LINE_LENGTH]
        return "" if self._is_foreign(seen) else seen

    def _without_comments(self, text: str, number: int) -> str:
        kept = ""
        while text:
            if self._in_comment:
                inner, end, text = text.partition("-->")
                self._mark(inner, number)
                self._in_comment = not end
            else:
                outer, start, text = text.partition("<!--")
                kept += "" if self._in_block else outer
                self._in_comment = bool(start)
        return kept

    def _mark(self, comment: str, number: int) -> None:
        if self._in_block:
            self._in_block = not _BLOCK_CLOSED.match(comment)
        elif _BLOCK_OPENED.match(comment):
            self._in_block = True
        elif comment.strip():
            self._markers.append(Text(comment.strip(), comment.strip(), number))

    def _is_foreign(self, seen: str) -> bool:
        """Return True for quotes, indented code and sections of other bots."""
        was_empty, self._was_empty = self._was_empty, not seen.strip()
        if self._in_element or _OPENING.search(seen):
            self._in_element = not _CLOSING.search(seen)
            return True
        if _BOT_HEADING.match(seen):
            self._in_section = True
        elif self._in_section and _HEADING.match(seen):
            self._in_section = False
        is_code = bool(self._has_code_blocks and was_empty and _INDENTED.match(seen) and not _BULLET.match(seen))
        self._was_empty = self._was_empty or is_code
        return self._in_section or is_code or bool(_QUOTE.match(seen))


def _without_examples(lines: Iterable[Text]) -> Iterator[Text]:
    """Leave out the line that another one announces as an example."""
    before = ""
    for line in lines:
        yield Text("", "", line.line) if _EXAMPLE.search(before) else line
        before = line.text or before


def _ticked(line: Text) -> Text | None:
    box = _BOX.match(line.raw)
    return (
        Text(plain_line(box.group(2)[:MAX_SEARCHED_LENGTH]), line.raw, line.line)
        if line.text and box and box.group(1) != " "
        else None
    )


def _answers(lines: list[Text]) -> Iterator[Text]:
    """Yield what follows a label about AI: the rest of its line, else the next line that is not empty."""
    filled = [line for line in lines if line.text]
    for label, following in pairwise([*_without_hints(filled), Text("", "", 0)]):
        if (match := _LABEL.match(label.text[:MAX_SEARCHED_LENGTH])) is None:
            continue
        if answer := (match["answer"] or "").strip():
            yield Text(plain_line(answer), label.raw, label.line)
        elif following.text and not _HEADING.match(following.raw) and not _BOX.match(following.raw):
            yield following
    yield from _ticked_answers(filled)


def _without_hints(lines: list[Text]) -> Iterator[Text]:
    """Leave out what a template says about the answer: in italics, or as an instruction."""
    return (line for line in lines if not _HINT.match(line.raw))


def _ticked_answers(filled: list[Text]) -> Iterator[Text]:
    """Yield the ticked boxes "Yes" and "No" below a label about AI."""
    is_asked = False
    for line in filled:
        box = _BOX.match(line.raw)
        is_asked = bool(_LABEL.match(line.text[:MAX_SEARCHED_LENGTH])) or (is_asked and box is not None)
        if is_asked and (ticked := _ticked(line)) and _YES_OR_NO.match(ticked.text):
            yield ticked


def _paragraphs(lines: list[Text]) -> Iterator[list[Text]]:
    """Yield lines that belong together; boxes are no prose, and an item of a list is a paragraph of its own."""
    paragraph: list[Text] = []
    for line in [*lines, Text("", "", 0)]:
        if paragraph and (not line.text or _BULLET.match(line.raw) or _HEADING.match(line.raw)):
            yield paragraph
            paragraph = []
        if line.text and not _BOX.match(line.raw):
            paragraph = [*paragraph, line]


def _sentences(paragraph: list[Text]) -> Iterator[Text]:
    """Yield the sentences of a paragraph, each with the line on which it begins and that line as it was written."""
    joined, starts = "", []
    for line in paragraph:
        starts.append((len(joined), line))
        joined += _without_addresses(line.text) + " "
    position = 0
    for sentence in _SENTENCE_END.split(joined.strip()):
        position = joined.find(sentence, position)
        line = next(line for start, line in reversed(starts) if start <= position)
        yield Text(_LEAD.sub("", sentence)[:MAX_SEARCHED_LENGTH], line.raw, line.line)
        position += len(sentence)


def _without_addresses(text: str) -> str:
    return " ".join(word for word in text.split() if not word.startswith(("http://", "https://")))
