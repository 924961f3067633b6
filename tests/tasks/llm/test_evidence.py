"""Each row of signatures.toml by its own example, and how the strongest trace is chosen."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.llm.evidence import PLACES, Signature, find_evidence, load_signatures
from tasks.llm.material import Commit

ROWS = load_signatures().rows


def shown_in_its_place(pull_request: Any, signature: Signature, text: str) -> Any:
    """A pull request that holds the text where the signature looks for it."""
    person = Commit("Skip empty lines", "jane", "Jane Doe")
    changes: dict[str, dict[str, Any]] = {
        "author": {"author_login": text},
        "branch": {"head_ref": text},
        "commit": {"commits": (Commit("Skip empty lines", None, text),)},
        "trailer": {"commits": (person, Commit("Skip", "jane", "Jane Doe", (text,)))},
        "body": {"body": f"It skips them.\n\n{text}\n"},
        "template": {"body": f"## Checklist\n{text}\n"},
    }
    return pull_request(**changes[signature.place])


@pytest.mark.parametrize("signature", ROWS, ids=lambda row: row.id)
def test_a_signature_finds_its_example(pull_request: Any, signature: Signature) -> None:
    evidence = find_evidence(shown_in_its_place(pull_request, signature, signature.example))
    assert evidence is not None
    assert evidence.level == signature.level
    assert evidence.quote
    assert evidence.quote in signature.example


@pytest.mark.parametrize("signature", [row for row in ROWS if row.unlike], ids=lambda row: row.id)
def test_a_signature_passes_over_its_near_miss(pull_request: Any, signature: Signature) -> None:
    assert signature.unlike is not None
    given = shown_in_its_place(pull_request, signature, signature.unlike)
    evidence = find_evidence(given)
    assert evidence is None or evidence.signature != signature.id


def test_rows_have_names_of_their_own_and_places_that_exist() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert {row.place for row in ROWS} <= set(PLACES)
    assert {row.level for row in ROWS} == {"authored", "assisted", "mentioned"}


def test_the_strongest_trace_is_kept(pull_request: Any) -> None:
    given = pull_request(body="I asked ChatGPT about this.", head_ref="codex/skip-empty-lines")
    evidence = find_evidence(given)
    assert evidence is not None
    assert (evidence.level, evidence.tool, evidence.kind) == ("authored", "OpenAI Codex", "branch")


@pytest.mark.parametrize(
    ("by_agent", "by_person", "level"), [(3, 0, "authored"), (2, 2, "authored"), (1, 3, "assisted")]
)
def test_an_agents_commits_make_it_the_agents_where_they_are_half(
    pull_request: Any, by_agent: int, by_person: int, level: str
) -> None:
    commits = [Commit("a", "cursoragent", "Cursor Agent")] * by_agent + [Commit("b", "jane", "Jane")] * by_person
    evidence = find_evidence(pull_request(commits=tuple(commits)))
    assert evidence is not None
    assert evidence.level == level


def test_before_the_first_tool_there_is_no_evidence(pull_request: Any) -> None:
    assert find_evidence(pull_request(head_ref="codex/x", created_at=datetime(2021, 6, 28, tzinfo=UTC))) is None
    assert find_evidence(pull_request(head_ref="codex/x", created_at=datetime(2021, 6, 29, tzinfo=UTC))) is not None


@pytest.mark.parametrize(
    "body",
    [
        "- [ ] This change was made with AI assistance",
        "- [x] I did not use AI for this change",
        "- [x] Written without any LLM",
        "Moves the cursor to the end of the line",
        "Devin Smith found this; Jules reviewed it",
        "Adds a Gemini exchange connector for trading",
        "Uses the codex of rules in chapter 4",
        "The assistant role may now edit pages",
    ],
)
def test_words_that_only_look_like_tools_are_no_evidence(pull_request: Any, body: str) -> None:
    assert find_evidence(pull_request(body=body)) is None
