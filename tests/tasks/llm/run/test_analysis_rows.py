"""Rows of `pr_analysis`: what the rules and the model say, and which of them counts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.llm.prompt.answer_schema import Answer
from tasks.llm.prompt.answered import ParsedCompletion
from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.provider.responses import Usage
from tasks.llm.rules.rules import apply_rules
from tasks.llm.run.analysis_rows import RunContext, answer_row, refreshed_row
from tasks.llm.run.candidates import RULE_COLUMNS, STATE_COLUMNS, Candidate, Row, StoredAnalysis, Versions

NOW = datetime(2026, 11, 27, tzinfo=UTC)
CONTEXT = RunContext("run-1", "acme", "groq", Versions("some-model"), None)
ANSWER: dict[str, Any] = {
    "summary": "It skips empty lines.",
    "work_type": "feature",
    "risk": "low",
    "risk_reasons": [],
    "ai_level": "none",
    "ai_evidence": "",
    "technologies": [],
    "confidence": "high",
}


def candidate_of(pull_request: Any, stored: Row | None = None, **changes: Any) -> Candidate:
    given = pull_request(**changes)
    row = None if stored is None else StoredAnalysis(dict.fromkeys((*STATE_COLUMNS, *RULE_COLUMNS)) | stored)
    return Candidate(given, apply_rules(given), make_prompt(given), row)


def row_of(candidate: Candidate, **answer: Any) -> Row:
    usage = Usage()
    parsed = ParsedCompletion(Answer(**(ANSWER | answer)), "some-model", None, "stop", usage, 1, 1, False, "{}")
    return answer_row(candidate, parsed, CONTEXT, NOW)


@pytest.mark.parametrize(
    ("title", "confidence", "work_type", "source"),
    [
        ("chore: tidy", "high", "feature", "llm"),
        ("chore: tidy", "medium", "feature", "llm"),
        ("chore: tidy", "low", "chore", "rule"),
        ("fix: skip empty lines", "high", "bugfix", "rule"),
        ("Skip empty lines", "low", "feature", "llm"),
    ],
)
def test_a_model_that_is_sure_corrects_a_guess_and_nothing_else(
    pull_request: Any, title: str, confidence: str, work_type: str, source: str
) -> None:
    candidate = candidate_of(pull_request, title=title)
    row = row_of(candidate, confidence=confidence)
    assert (row["work_type"], row["work_type_source"]) == (work_type, source)
    assert (row["work_type_by_rule"], row["work_type_by_model"]) == (candidate.rules.work_type, "feature")


def test_new_rules_are_combined_with_the_stored_answer(pull_request: Any) -> None:
    old = {"source": "llm", "status": "done", "work_type": "feature", "work_type_source": "llm", "confidence": "high"}
    row = refreshed_row(candidate_of(pull_request, old, title="fix: skip empty lines"), CONTEXT)
    assert row is not None
    assert (row["work_type"], row["work_type_by_rule"], row["work_type_by_model"]) == ("bugfix", "bugfix", "feature")
    guess = refreshed_row(candidate_of(pull_request, old, title="chore: tidy"), CONTEXT)
    assert guess is not None
    assert (guess["work_type"], guess["work_type_source"], guess["work_type_by_rule"]) == ("feature", "llm", "chore")


def test_all_tools_and_signs_are_stored_beside_the_strongest(pull_request: Any) -> None:
    body = "Made with [Cursor](https://cursor.com)\n\nCo-Authored-By: Claude <noreply@anthropic.com>"
    row = row_of(candidate_of(pull_request, body=body))
    assert (row["ai_level"], set(row["ai_tools"])) == ("assisted", {"Cursor", "Claude Code"})
    assert {"cursor-footer", "claude-trailer"} <= set(row["ai_signatures"])
    assert row["ai_commit_share"] == 0.0


def test_what_the_author_denies_is_not_asked_of_the_model(pull_request: Any) -> None:
    row = row_of(candidate_of(pull_request, body="No AI was used."), ai_level="assisted", ai_evidence="No AI was used.")
    assert (row["ai_level"], row["ai_evidence_kind"]) == ("denied", "body")


def test_risks_are_what_the_model_reads_and_the_facts_that_code_knows(pull_request: Any) -> None:
    row = row_of(candidate_of(pull_request, title="Raise the engine from 1.4 to 2.0"), risk_reasons=["touches_data"])
    assert row["risk_reasons"] == ["touches_data", "major_upgrade"]
    assert row["review_quality"] is None


def test_what_the_model_cannot_tell_is_unclear_and_corrects_no_guess(pull_request: Any) -> None:
    unclear = {"work_type": "unclear", "risk": "unclear"}
    row = row_of(candidate_of(pull_request, title="Things"), **unclear)
    assert (row["work_type"], row["work_type_source"], row["risk"]) == ("unclear", "llm", "unclear")
    guess = row_of(candidate_of(pull_request, title="chore: tidy"), **unclear)
    assert (guess["work_type"], guess["work_type_source"], guess["work_type_by_model"]) == ("chore", "rule", "unclear")
