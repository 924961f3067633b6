"""A change of a team's rules, with its preview: the same for `prflow rules` and for the page of settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from flows.lifecycle.clock import now
from tasks.llm.rules.signatures import load_signatures
from warehouse.connection import Warehouse
from warehouse.metrics.outcomes.preview import Preview, compute_preview
from warehouse.metrics.outcomes.team_rules import Rule
from warehouse.read_facts import read_facts
from warehouse.teams.settings import InvalidRule, Setting, apply_changes, parse_rule, plan_settings, read_settings


@dataclass(frozen=True)
class RuleChanges:
    """Rules to add and to remove."""

    added: Sequence[Setting]
    removed: Sequence[Setting]

    @classmethod
    def parse(cls, added: Sequence[str], removed: Sequence[str]) -> "RuleChanges":
        """Read rules as KIND=VALUE. Raises InvalidRule, also for a sign of AI assistance that does not exist."""
        found = cls([parse_rule(text) for text in added], [parse_rule(text) for text in removed])
        _check_signs(found.added)
        return found


def change_rules(warehouse: Warehouse, team_id: str, changes: RuleChanges, *, save: bool) -> Preview:
    """Return what the changes move; keep them with `save`. Raises InvalidRule if one to remove is not there."""
    at = now()
    settings = plan_settings(read_settings(warehouse, team_id), changes.added, changes.removed, at)
    preview = compute_preview(read_facts(warehouse, team_id), settings, _read_as_of(warehouse, team_id))
    if save:
        apply_changes(warehouse, team_id, changes.added, changes.removed, at)
    return preview


def _check_signs(added: Sequence[Setting]) -> None:
    """Raise InvalidRule for a sign of AI assistance that does not exist."""
    known = {row.id for row in load_signatures().rows}
    for name, value in added:
        if name == Rule.AI_OFF and value not in known:
            near = get_close_matches(value, sorted(known), n=4, cutoff=0.3) or sorted(known)[:4]
            raise InvalidRule(f"There is no sign of AI assistance “{value}”.", f"For example: {', '.join(near)}.")


def _read_as_of(warehouse: Warehouse, team_id: str) -> datetime:
    """Return the time of the numbers that are shown now."""
    row = warehouse.read_one("SELECT max(as_of) AS as_of FROM pull_request_metrics WHERE team_id = ?", [team_id])
    return row["as_of"] if row and row["as_of"] else now()
