"""The signatures of a team: those of `signatures.toml` with what the team switches off and adds."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace

from tasks.llm.rules.signatures import Signature, Signatures, load_signatures
from warehouse.metrics.outcomes.team_rules import AI_RULES, Rule

# Rule, place, level and tool of what a team adds. A box has the words anywhere, a trailer begins with them.
_ADDED = {
    Rule.AI_BOX: ("template", "assisted", "an AI tool", r".*{words}"),
    Rule.AI_BRANCH: ("branch", "authored", "an AI agent", r"^{words}$"),
    Rule.AI_TRAILER: ("trailer", "assisted", "an AI tool", r"^{words}"),
}


def make_team_signatures(settings: Iterable[tuple[str, str]]) -> Signatures:
    """Return the signatures under a team's settings, names and values of `team_settings`; others are left out."""
    ours = sorted((name, value) for name, value in settings if name in AI_RULES)
    shipped = load_signatures()
    if not ours:
        return shipped
    off = {value for name, value in ours if name == Rule.AI_OFF}
    added = tuple(_make_row(Rule(name), value) for name, value in ours if name != Rule.AI_OFF)
    rows = tuple(row for row in shipped.rows if row.id not in off)
    return replace(shipped, version=f"{shipped.version}-{_digest(ours)}", rows=(*rows, *added))


def _make_row(rule: Rule, value: str) -> Signature:
    place, level, tool, pattern = _ADDED[rule]
    words = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in value)
    compiled = re.compile(pattern.format(words=words), re.IGNORECASE)
    return Signature(f"team-{rule.value}-{_digest(value)}", tool, place, level, compiled, value, "", is_of_team=True)


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:8]
