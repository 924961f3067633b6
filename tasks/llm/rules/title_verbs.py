"""Guess the work type by the first words of a title without a type."""

import re
from collections.abc import Iterator

from tasks.llm.rules.title_words import EMOJI_AT_START

# What stands before the verb: a subsystem ("net/mlx5: "), a part in brackets, Django's ticket, a closed issue.
_SUBJECT = re.compile(r"^(?:[\w./*+@-]+(?:, ?[\w./*+-]+)*: ){1,2}(?=\S)")
_PART = re.compile(r"^(?:\[[^\]\n]{1,40}\]\s*)+[:-]?\s*(?=\S)")
_CLOSED = re.compile(
    r"^(?:fix(?:e[sd])?|refs?|close[sd]?|resolve[sd]?) (?:#\d+|[A-Z][A-Z0-9]+-\d+)(?:, ?#\d+)*\s*"
    r"(?:--|[:|–—-])?\s*(?=\S)",
    re.IGNORECASE,
)

# Subsystems beside the product: what is added to them is no feature, and what is fixed no bug of the product.
_ASIDE = re.compile(
    r"^(?:bench\w*|release[\w-]*|contrib|scripts?|tools?|hack|lint\w*|ci|gha|github|packaging|examples?"
    r"|fuzz\w*|changelog)\b[\w, ./-]*: ",
    re.IGNORECASE,
)
# A change that closes a vulnerability names its kind.
_VULNERABILITY = re.compile(
    r"\b(?:xss|csrf|ssrf|xxe|(?:sql|command|code|header|html) injection|(?:path|directory) traversal|zip slip"
    r"|open redirect|remote code execution|privilege escalation|auth\w* bypass|vulnerabilit(?:y|ies))\b",
    re.IGNORECASE,
)
_CLOSE = re.compile(r"^(?:patch|prevent|mitigate|close|block|(?:protect|guard) against)\w*\b", re.IGNORECASE)
_FIX = re.compile(
    r"^(?:fix(?:es|ed|ing)?|correct(?:s|ed)?|resolve[sd]?|repair(?:s|ed)?|hotfix|prevent(?:s|ed)?"
    r"|(?:do not|don['’]t|never) (?:crash|fail|throw|panic|hang|leak|lose|drop|send|show|return)\b"
    r"|(?:handle|check for|guard against) (?:a |an )?(?:null|nil|none|undefined|missing|empty|malformed|invalid)\b"
    r"|(?:null|nil) (?:pointer )?(?:check|dereference)"
    r"|(?:crash|panic|deadlock|segfault|race(?: condition)?|off[- ]by[- ]one|memory leak|regression"
    r"|wrong \w+|incorrect \w+|nullpointerexception|npe)\b(?! (?:report|test|log|suite)))",
    re.IGNORECASE,
)
_OTHER_FIX = re.compile(
    r"\b(?:typos?|spelling|grammar|docs?|documentation|readme|comments?|tests?|specs?|lint\w*|format\w*|ci|workflows?"
    r"|misspell\w*|docstrings?|spacing|capitali[sz]\w*|links?|articles?|conflicts?|naming|builds?"
    r"|pipelines?|warnings?"
    r"|types?|typing|imports?|changelog|vulnerabilit\w+|cve\S*|security|versions?|upgrades?)\b",
    re.IGNORECASE,
)
# What a user reads is part of the product.
_SHOWN_TYPO = re.compile(
    r"\b(?:typos?|spelling|wording) (?:in|of) (?:the |an? )?(?:\w+ ){0,2}"
    r"(?:message|label|text|button|output|string|title|tooltip|heading|placeholder|e-?mail|menu|dialog)s?\b",
    re.IGNORECASE,
)
_REFACTOR = re.compile(
    r"^(?:refactor\w*|rename[sd]?|simplif(?:y|ies|ied)|restructure[sd]?|reorgani[sz]e[sd]?|deduplicate[sd]?"
    r"|decouple[sd]?|extract(?:s|ed)? \S.* (?:from|into|out of|to)|move[sd]? \S.*\b(?:in)?to (?:its|their"
    r"|an?|the) (?:own )?(?:\w+ )?"
    r"(?:module|file|package|class|folder|crate|namespace|helper))\b",
    re.IGNORECASE,
)
_OPTIMISE = re.compile(
    r"^(?:optimi[sz]e[sd]?|speed(?:s|ed)? up|improve (?:the )?performance|make \S.* faster|faster"
    r"|add (?:an? |the |missing )?(?:\w+ )?index(?:es)? (?:on|to|for)"
    r"|(?:reduce|lower|cut|decrease)[sd]? .{0,40}\b(?:memory|allocations?|latency|contention|overhead|cpu"
    r"|load(?:ing)? time"
    r"|query count|queries|round ?trips|bundle size))\b",
    re.IGNORECASE,
)
_SUPPORT = re.compile(r"^(?:implement|introduce|support|allow)(?:s|ed|ing)?\b|^(?:let|enable) users?\b", re.IGNORECASE)
_ADD = re.compile(r"^add(?:s|ed|ing)?\b", re.IGNORECASE)
_NO_FEATURE = re.compile(
    r"\b(?:tests?|specs?|docs?|documentation|readme\w*|comments?|coverage|guides?|examples?|workflows?|ci"
    r"|(?:es)?lint\w*"
    r"|logs|logging|macros?|helpers?|utils?|utilit(?:y|ies)|changesets?|instructions|benchmarks?|config\w*|scripts?|templates?|types?|upgrades?)\b",
    re.IGNORECASE,
)
# "Add" is said of anything: what makes a product safer, faster or easier to work on is no feature.
_NO_ADDITION = re.compile(
    r"\b(?:pytest|mkdocs|guidelines?|typings?|javadocs?|jsdoc|tsdoc|docstrings?|changelog|articles?|tutorials?|notes?"
    r"|licen[sc]e|missing|validation|links?|mentions?|\w+\.md|pre-commit|dependabot|renovate|docker\w*"
    r"|github actions?"
    r"|makefile|fixtures?|mocks?|translations?|annotations?|hints?|deprecat\w+|check(?:s|ing)?|assert\w*"
    r"|index(?:es)?|cach(?:e|ing)"
    r"|(?:python|node|go) \d\S*|retry|retries|timeouts?|guards?|workaround|fuzz\w*|harness|migrations?|metrics|alerts?"
    r"|monitoring|terraform"
    r"|helm|codeowners)\b",
    re.IGNORECASE,
)


def guess_by_words(words: str) -> str | None:
    """Return the work type that the first words tell, unless the rest speaks of something else than the code."""
    if _ASIDE.match(words):
        return None
    return next((found for text in _readings(words) if (found := _guess(text))), None)


def _readings(words: str) -> Iterator[str]:
    """Yield the words after a subsystem, a part or a ticket that is closed, then the title as it is."""
    text = words
    for pattern in (EMOJI_AT_START, _PART, _CLOSED, _SUBJECT, EMOJI_AT_START):
        if before := pattern.match(text):
            text = text[before.end() :]
    yield text
    yield words


def _guess(text: str) -> str | None:
    if (_FIX.match(text) or _CLOSE.match(text)) and _VULNERABILITY.search(text):
        return "security"
    if _FIX.match(text) and (_SHOWN_TYPO.search(text) or not _OTHER_FIX.search(text)):
        return "bugfix"
    if _REFACTOR.match(text) and not _OTHER_FIX.search(text):
        return "refactor"
    if _OPTIMISE.match(text):
        return "performance"
    return "feature" if _is_addition(text) else None


def _is_addition(text: str) -> bool:
    if _NO_FEATURE.search(text):
        return False
    return bool(_SUPPORT.match(text) or (_ADD.match(text) and not _NO_ADDITION.search(text)))
