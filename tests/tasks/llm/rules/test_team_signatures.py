"""A team switches off a sign of AI assistance, or adds the line of its own template."""

from typing import Any

import pytest

from tasks.llm.rules.ai_evidence import find_evidence
from tasks.llm.rules.pull_request import Commit
from tasks.llm.rules.signatures import load_signatures
from tasks.llm.rules.team_signatures import make_team_signatures


def level(pull_request: Any, *settings: tuple[str, str]) -> str | None:
    evidence = find_evidence(pull_request, make_team_signatures(settings))
    return evidence.level if evidence else None


def test_a_prefix_that_is_the_teams_own_is_switched_off(pull_request: Any) -> None:
    ours = pull_request(head_ref="codex/fix-annotation-parsing")
    assert level(ours) == "authored"
    assert level(ours, ("ai-off", "codex-branch")) is None
    assert level(pull_request(head_ref="devin/1739452013-add-x"), ("ai-off", "codex-branch")) == "authored"


@pytest.mark.parametrize(
    ("setting", "changes", "expected"),
    [
        (("ai-box", "help of our assistant"), {"body": "- [x] With the help of our assistant"}, "assisted"),
        (("ai-box", "help of our assistant"), {"body": "- [ ] Done with the help of our assistant"}, None),
        (("ai-box", "help of our assistant"), {"body": "Done with the help of our assistant"}, None),
        (("ai-branch", "robo/*"), {"head_ref": "robo/12"}, "authored"),
        (("ai-branch", "robo/*"), {"head_ref": "fix/robo/12"}, None),
        (("ai-trailer", "X-Agent: *"), {"commits": (Commit("a", "jane", "Jane", ("X-Agent: Robo",)),)}, "assisted"),
        (("ai-box", "a (very+ odd] line"), {"body": "- [x] a (very+ odd] line"}, "assisted"),
        (("exclude-label", "x"), {"head_ref": "robo/12"}, None),
    ],
)  # fmt: skip
def test_what_a_team_adds_counts(
    pull_request: Any, setting: tuple[str, str], changes: dict[str, Any], expected: str | None
) -> None:
    assert level(pull_request(**changes)) is None
    assert level(pull_request(**changes), setting) == expected


def test_other_settings_are_another_version_of_the_rules() -> None:
    shipped = load_signatures().version
    assert make_team_signatures([("exclude-label", "x")]).version == shipped
    off, on = make_team_signatures([("ai-off", "codex-branch")]), make_team_signatures([("ai-box", "x")])
    assert len({shipped, off.version, on.version}) == 3
