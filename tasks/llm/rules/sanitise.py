"""Make text safe to send: remove what a reader on GitHub does not see, and instructions to a model."""

import re
import unicodedata

# GitHub's limit of a body; anything beyond is ignored.
MAX_TEXT_LENGTH = 65_536

# Tokens of chat templates: they occur in real pull requests, and some models take them for instructions.
_TEMPLATE_TOKENS = re.compile(r"<\|[^|<>\n]{0,60}\|>|<</?SYS>>|\[/?INST\]|</?s>|<(?:start|end)_of_turn>", re.IGNORECASE)
_DATA_URI = re.compile(r"data:[\w.+/-]{1,80};base64,[A-Za-z0-9+/=]{40,}")
_BLOB = re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")
_BLANKS = re.compile(r"[ \t]{3,}")
_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_SPACE = re.compile(r"\s+")

# Phrases that address the model rather than describe the change. They only raise a flag, since a pull request may
# well be about prompts. They are harmless because the text is sent as data and the answer has closed values.
_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|all|your|system)\b"
    r"[^.\n]{0,30}\b(?:instructions?|prompts?|rules?|directions?|messages?)\b"
    r"|\byou are (?:now|no longer) (?:an?|the|in)\b|\bsystem prompt\b|\bnew instructions?\s*:|\bend of (?:data|input)\b"
    r"|\b(?:respond|reply|answer|output|return) (?:only |exactly )?(?:with|by)\b[^.\n]{0,40}"
    r"\b(?:json|work_type|risk)\b"
    r"|\bset (?:the )?(?:work_type|risk|ai_level|confidence)\b|\b(?:as|dear|attention,?) (?:an? )?(?:ai|llm|language)\b"
    r" (?:model|assistant|reviewer)|\bdeveloper mode\b|\bjailbreak\b|(?:^|\n)\s*(?:system|assistant)\s*:"
    r"|<<<(?:BEGIN|END) PULL REQUEST",
    re.IGNORECASE,
)


# Instructions that can only be meant for us: our field names or closed values, assigned as in code, and the phrase
# that typically begins such an attempt. Lines that contain one are removed. A list like this stops only careless
# attempts. A plain statement ("Risk: high") is the author's own description of the change and stays.
_OUR_FIELDS = r"work_type|risk_reasons|review_quality|ai_level|ai_evidence"
_INSTRUCTION = re.compile(
    rf"\b(?:{_OUR_FIELDS})\b[\"'`*]{{0,3}}\s{{0,5}}(?:=|:|to\b|as\b|is\b|must\b|should\b)"
    r"|\brisk[\"'`]?\s{0,5}=\s{0,5}[\"'`]?(?:low|medium|high)\b"
    r"|\bconfidence[\"'`*]{0,3}\s{0,5}[=:]\s{0,5}[\"'`*]{0,3}(?:low|medium|high)\b"
    r"|[\"'](?:risk|confidence)[\"']\s{0,5}:\s{0,5}[\"'](?:low|medium|high)\b"
    r"|\b(?:set|change|force|answer|respond|reply|output|return|rate|mark|classify|label|report|treat|score|grade)\b"
    r"[^.\n]{0,40}\b(?:risk|confidence|summary|work type|ai level)\b[^.\n]{0,12}\s(?:to|as|=)\s"
    r"|\b(?:ignore|disregard|forget|override)\b[^.\n]{0,30}\b(?:previous|prior|above|earlier|all|your)\b[^.\n]{0,20}"
    r"\b(?:instructions?|prompts?)\b",
    re.IGNORECASE,
)
INSTRUCTION_MARK = "[text to a model]"


def sanitise(text: str) -> str:
    """Return what a reader on GitHub sees of the text, without lines that instruct a model."""
    return remove_instructions(visible_text(text))


def remove_instructions(text: str) -> str:
    """Replace each line that contains an instruction to a model by a mark."""
    kept: list[str] = []
    position = 0
    for match in _INSTRUCTION.finditer(text):
        if match.end() <= position:
            continue
        start = text.rfind("\n", 0, match.start()) + 1
        kept += [text[position:start], INSTRUCTION_MARK] if start >= position else []
        end = text.find("\n", match.end())
        position = len(text) if end < 0 else end
    return "".join([*kept, text[position:]]) if position else text


def visible_text(text: str) -> str:
    """Remove comments, invisible and bidirectional characters, template tokens and binary blobs."""
    text = _without_invisible(_without_comments(text[:MAX_TEXT_LENGTH].replace("\r\n", "\n").replace("\r", "\n")))
    text = _TEMPLATE_TOKENS.sub("", text)
    text = _BLOB.sub("[blob]", _DATA_URI.sub("[image]", text))
    return _EMPTY_LINES.sub("\n\n", _BLANKS.sub("  ", text)).strip()


def sanitise_line(text: str) -> str:
    """Sanitise the text and join it to one line."""
    return _SPACE.sub(" ", sanitise(text)).strip()


def is_injection_suspected(raw: str, sanitised: str) -> bool:
    """Return True if the text addresses a model or contains invisible letters."""
    raw = raw[:MAX_TEXT_LENGTH]
    has_tags = any("\U000e0000" <= character <= "\U000e007f" for character in raw)  # invisible tag letters
    patterns = (_TEMPLATE_TOKENS, _INJECTION, _INSTRUCTION)
    addresses_model = any(pattern.search(raw) for pattern in patterns) or _INJECTION.search(sanitised)
    return bool(has_tags or INSTRUCTION_MARK in sanitised or addresses_model)


def _without_comments(text: str) -> str:
    """Remove HTML comments; one that is never closed hides the rest, as it does on GitHub.

    By hand, since the equivalent regular expression takes quadratic time on a text with many openings.
    """
    kept: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0:
        kept.append(text[position:start])
        end = text.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        position = end + 3
    kept.append(text[position:])
    return "".join(kept)


def _without_invisible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text if _is_visible(character))


def _is_visible(character: str) -> bool:
    """Return False for control, format (zero width, bidirectional, tag), private-use and variation characters."""
    if character in "\n\t":
        return True
    if "\ufe00" <= character <= "\ufe0f" or "\U000e0000" <= character <= "\U000e01ef" or character in _BLANK_LETTERS:
        return False
    return unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cs", "Cn"}


_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")  # letters that print as nothing
