"""The simulated model's summaries: the title in the third person, and the first sentence of the body."""

import re

from tasks.llm.rules.title_words import CONVENTIONAL_TYPES

_PREFIX = re.compile(
    r"^(?:\[[^\]\n]{1,30}\]|[A-Z][A-Z0-9]{1,9}-\d{1,6}:?|#\d{1,6}:?|[a-z]+(?:\([^)\n]{1,60}\))?!?:)\s*", re.IGNORECASE
)
_TYPE = re.compile(r"^(?:[A-Z][A-Z0-9]{1,9}-\d{1,6}:?\s*)?([a-z]+)(\([^)\n]{1,60}\))?!?:\s", re.IGNORECASE)

# Kind of work by the verb that a title begins with.
_VERBS_BY_TYPE = {
    "bugfix": "fix handle prevent correct avoid resolve repair stop ensure",
    "feature": "add show let allow support introduce implement enable create make export send improve",
    "refactor": "rename extract split move simplify refactor remove replace rework inline drop use",
    "performance": "speed cache reduce optimise optimize",
    "docs": "document explain describe",
    "test": "test cover run",
    "dependency": "bump upgrade pin",
    "chore": "update tidy clean format",
    "infra": "deploy provision",
    "security": "harden sanitise sanitize escape",
}
VERBS = {verb: work_type for work_type, verbs in _VERBS_BY_TYPE.items() for verb in verbs.split()}
LEADS = {
    "feature": "Adds",
    "bugfix": "Fixes a fault:",
    "refactor": "Restructures",
    "performance": "Speeds up",
    "docs": "Documents",
    "test": "Tests",
    "build_ci": "Changes the build:",
    "dependency": "Updates",
    "infra": "Changes the operation:",
    "security": "Hardens",
    "chore": "Tidies up:",
}


def bare_title(title: str) -> str:
    """Remove up to three ticket numbers, tags and types from the beginning of a title."""
    title = title.strip()
    for _ in range(3):
        title = _PREFIX.sub("", title)
    return title.strip().rstrip(".")


def guess_work_type(title: str) -> str | None:
    """Return the work type by the type before the colon, else by the first verb; None if neither tells it."""
    declared = _TYPE.match(title.strip())
    if declared and declared.group(1).lower() in CONVENTIONAL_TYPES:
        return CONVENTIONAL_TYPES[declared.group(1).lower()]
    return VERBS.get(_first_word(bare_title(title)))


def make_summary(title: str, body: str, work_type: str) -> str:
    """Make a sentence of the title, followed by the body's first sentence of some length."""
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
    """Conjugate a verb: fix -> Fixes, tidy -> Tidies, add -> Adds."""
    verb = verb.lower()
    if re.search(r"[^aeiou]y$", verb):
        verb = verb[:-1] + "ies"
    else:
        verb += "es" if verb.endswith(("s", "x", "ch", "sh")) else "s"
    return verb.capitalize()


def prose(body: str) -> str:
    """Return the body without headings, lists, tables and code."""
    body = re.sub(r"```.*?(```|$)", " ", body, flags=re.DOTALL)
    lines = [line.strip() for line in body.splitlines()]
    return " ".join(line for line in lines if line and not line.startswith(("#", "-", "*", "|", ">", "<", "!", "[")))


def _first_word(text: str) -> str:
    return re.split(r"\W", text.lower(), maxsplit=1)[0]


def _lower(subject: str) -> str:
    """Lower the first letter, except of names in capitals and of code."""
    return subject if len(subject) < 2 or not subject[1].islower() else subject[0].lower() + subject[1:]
