"""Which changes make an analysis stale."""

from dataclasses import replace
from typing import Any

import pytest

from tasks.llm.prompt.prompt import make_prompt
from tasks.llm.run.candidates import StoredAnalysis, Versions

NOW = Versions("some-model")


@pytest.mark.parametrize(
    ("change", "is_answered"),
    [
        ({}, True),
        ({"model": "another"}, False),
        ({"prompt": "next"}, False),
        ({"schema": "next"}, False),
        ({"rules": "next"}, True),  # the rules' part is brought up to date without a call
    ],
)
def test_a_new_version_outdates_what_it_made_and_nothing_else(
    pull_request: Any, change: dict[str, str], is_answered: bool
) -> None:
    prompt = make_prompt(pull_request())
    row = {
        "source": "llm",
        "status": "done",
        "prompt_version": NOW.prompt,
        "schema_version": NOW.schema,
        "model": NOW.model,
        "input_hash": prompt.input_hash,
        "failed_runs": 0,
    }
    assert StoredAnalysis(row).is_answered(prompt, replace(NOW, **change)) is is_answered
    other = make_prompt(pull_request(body="Quite another text."))
    assert not StoredAnalysis(row).is_answered(other, NOW)
