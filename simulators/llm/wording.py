"""The simulated model's sentences: a title said again in the third person, and the body's first reason."""

import re

from tasks.llm.rules.rules import CONVENTIONAL_TYPES

_PREFIX = re.compile(
    r"^(?:\[[^\]\n]{1,30}\]|[A-Z][A-Z0-9]{1,9}-\d{1,6}:?|#\d{1,6}:?|[a-z]+(?:\([^)\n]{1,60}\))?!?:)\s*", re.IGNORECASE
)
_TYPE = re.compile(r"^(?:[A-Z][A-Z0-9]{1,9}-\d{1,6}:?\s*)?([a-z]+)(\([^)\n]{1,60}\))?!?:\s", re.IGNORECASE)

# The verb that a title begins with says what kind of work it is.
VERBS: dict[str, str] = {
    "fix": "bugfix", "handle": "bugfix", "prevent": "bugfix", "correct": "bugfix", "avoid": "bugfix",
    "resolve": "bugfix", "repair": "bugfix", "stop": "bugfix", "ensure": "bugfix", "add": "feature",
    "show": "feature", "let": "feature", "allow": "feature", "support": "feature", "introduce": "feature",
    "implement": "feature", "enable": "feature", "create": "feature", "make": "feature", "export": "feature",
    "send": "feature", "rename": "refactor", "extract": "refactor", "split": "refactor", "move": "refactor",
    "simplify": "refactor", "refactor": "refactor", "remove": "refactor", "replace": "refactor", "rework": "refactor",
    "inline": "refactor", "speed": "performance", "cache": "performance", "reduce": "performance",
    "optimise": "performance", "optimize": "performance", "document": "docs", "explain": "docs", "describe": "docs",
    "test": "test", "cover": "test", "bump": "dependency", "upgrade": "dependency", "update": "chore",
    "tidy": "chore", "clean": "chore", "format": "chore", "deploy": "infra", "provision": "infra",
    "harden": "security", "sanitise": "security", "sanitize": "security", "escape": "security", "run": "test",
    "pin": "dependency", "drop": "refactor", "use": "refactor", "improve": "feature",
}  # fmt: skip
LEADS = {
    "feature": "Adds", "bugfix": "Fixes a fault:", "refactor": "Restructures", "performance": "Speeds up",
    "docs": "Documents", "test": "Tests", "build_ci": "Changes the build:", "dependency": "Updates",
    "infra": "Changes the operation:", "security": "Hardens", "chore": "Tidies up:",
}  # fmt: skip


def bare_title(title: str) -> str:
    """Without ticket numbers, tags and types at its head, of which there may be several."""
    title = title.strip()
    for _ in range(3):
        title = _PREFIX.sub("", title)
    return title.strip().rstrip(".")


def declared_work_type(title: str) -> str | None:
    """By the type before the colon, else by the verb that it begins with; None where neither says it."""
    declared = _TYPE.match(title.strip())
    if declared and declared.group(1).lower() in CONVENTIONAL_TYPES:
        return CONVENTIONAL_TYPES[declared.group(1).lower()]
    return VERBS.get(_first_word(bare_title(title)))


def summarise(title: str, body: str, work_type: str) -> str:
    """A sentence made of the title, and the body's first sentence of some length."""
    subject = bare_title(title) or "the project"
    verb, _, rest = subject.partition(" ")
    if verb.lower() in VERBS and rest:
        first = f"{third_person(verb)} {rest}."
    else:
        first = f"{LEADS[work_type]} {_lower(subject)}."
    sentences = re.split(r"(?<=[.!?])\s+", re.sub(r"\s+", " ", prose(body)))
    reason = next((sentence for sentence in sentences if 25 <= len(sentence) <= 180), "")
    return f"{first} {reason}".strip()[:300]


def third_person(verb: str) -> str:
    """fix -> Fixes, tidy -> Tidies, add -> Adds."""
    verb = verb.lower()
    if re.search(r"[^aeiou]y$", verb):
        verb = verb[:-1] + "ies"
    else:
        verb += "es" if verb.endswith(("s", "x", "ch", "sh")) else "s"
    return verb.capitalize()


def prose(body: str) -> str:
    """The body without headings, lists, tables and code."""
    body = re.sub(r"```.*?(```|$)", " ", body, flags=re.DOTALL)
    lines = [line.strip() for line in body.splitlines()]
    return " ".join(line for line in lines if line and not line.startswith(("#", "-", "*", "|", ">", "<", "!", "[")))


def _first_word(text: str) -> str:
    return re.split(r"\W", text.lower(), maxsplit=1)[0]


def _lower(subject: str) -> str:
    """A name in capitals or code stays as it is."""
    return subject if len(subject) < 2 or not subject[1].islower() else subject[0].lower() + subject[1:]
