"""Text made safe to send: what a reader on GitHub would not see is taken out before a model could."""

import re
import unicodedata

# More than GitHub lets anyone write in a body: nothing beyond is looked at.
MAX_TEXT_LENGTH = 65_536

# Marks of chat templates: met in real pull requests, and read as instructions by some models.
_TEMPLATE_TOKENS = re.compile(r"<\|[^|<>\n]{0,60}\|>|<</?SYS>>|\[/?INST\]|</?s>|<(?:start|end)_of_turn>", re.IGNORECASE)
_DATA_URI = re.compile(r"data:[\w.+/-]{1,80};base64,[A-Za-z0-9+/=]{40,}")
_BLOB = re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")
_BLANKS = re.compile(r"[ \t]{3,}")
_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_SPACE = re.compile(r"\s+")

# Phrases that speak to the model rather than of the change. They only raise a flag: a pull request may
# rightly be about prompts. What keeps them harmless is that the text is data and the answers are closed.
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


# What can only be meant for us: our own field names or closed values assigned as a program would, and the
# phrase that every such attempt begins with. Lines that hold one are taken out. A list like this stops the
# careless and no one else; a plain statement ("Risk: high") is the author's word on the change, and stays.
_OUR_FIELDS = r"work_type|risk_reasons|review_quality|ai_level|ai_evidence"
_ORDER = re.compile(
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
ORDER_MARK = "[text to a model]"


def clean(text: str) -> str:
    """What a reader on GitHub would see of it, without lines that give orders to a model."""
    return without_orders(visible_text(text))


def without_orders(text: str) -> str:
    """Each line that an order touches gives way to a mark."""
    kept: list[str] = []
    position = 0
    for match in _ORDER.finditer(text):
        if match.end() <= position:
            continue
        start = text.rfind("\n", 0, match.start()) + 1
        kept += [text[position:start], ORDER_MARK] if start >= position else []
        end = text.find("\n", match.end())
        position = len(text) if end < 0 else end
    return "".join([*kept, text[position:]]) if position else text


def visible_text(text: str) -> str:
    """Without comments, invisible and bidirectional characters, template tokens and binary blobs."""
    text = _without_invisible(_without_comments(text[:MAX_TEXT_LENGTH].replace("\r\n", "\n").replace("\r", "\n")))
    text = _TEMPLATE_TOKENS.sub("", text)
    text = _BLOB.sub("[blob]", _DATA_URI.sub("[image]", text))
    return _EMPTY_LINES.sub("\n\n", _BLANKS.sub("  ", text)).strip()


def clean_line(text: str) -> str:
    """The same on one line."""
    return _SPACE.sub(" ", clean(text)).strip()


def is_injection_suspected(raw: str, cleaned: str) -> bool:
    """True where the text speaks to a model, or hides something that no reader would see."""
    raw = raw[:MAX_TEXT_LENGTH]
    has_tags = any("\U000e0000" <= character <= "\U000e007f" for character in raw)  # letters that no one sees
    signs = (_TEMPLATE_TOKENS, _INJECTION, _ORDER)
    is_told = any(sign.search(raw) for sign in signs) or _INJECTION.search(cleaned)
    return bool(has_tags or ORDER_MARK in cleaned or is_told)


def _without_comments(text: str) -> str:
    """HTML comments taken out; one that is never closed hides the rest, as it does on GitHub.

    By hand: the expression that says the same takes quadratic time on a text of many openings.
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
    """False for control and format characters (zero width, bidirectional, tags), private use, variation selectors."""
    if character in "\n\t":
        return True
    if "\ufe00" <= character <= "\ufe0f" or "\U000e0000" <= character <= "\U000e01ef" or character in _BLANK_LETTERS:
        return False
    return unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cs", "Cn"}


_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")  # letters that print as nothing
