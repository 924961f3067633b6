"""Each row of signatures.toml by its own example, and the choice of the strongest evidence."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.llm.rules.ai_evidence import PLACES, Signature, find_all_evidence, find_evidence, load_signatures
from tasks.llm.rules.pull_request import Commit

ROWS = load_signatures().rows


def shown_in_its_place(pull_request: Any, signature: Signature, text: str) -> Any:
    """Make a pull request that contains the text where the signature searches for it."""
    person = Commit("Skip empty lines", "jane", "Jane Doe")
    changes: dict[str, dict[str, Any]] = {
        "author": {"author_login": text},
        "branch": {"head_ref": text},
        "commit": {"commits": (Commit("Skip empty lines", None, text),)},
        "trailer": {"commits": (person, Commit("Skip", "jane", "Jane Doe", (text,)))},
        "body": {"body": f"It skips them.\n\n{text}\n"},
        "merge": {"commits": (person, Commit(text, "jane", "Jane Doe"))},
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


@pytest.mark.parametrize("signature", ROWS, ids=lambda row: row.id)
def test_a_signature_passes_over_its_near_miss(pull_request: Any, signature: Signature) -> None:
    near_miss = shown_in_its_place(pull_request, signature, signature.unlike)
    assert signature.id not in {trace.signature for trace in find_all_evidence(near_miss)}


def test_rows_have_names_of_their_own_and_places_that_exist() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert {row.place for row in ROWS} <= set(PLACES)
    assert {row.level for row in ROWS} == {"authored", "assisted", "mentioned"}


def test_a_changed_row_is_a_new_version() -> None:
    """Rows decide what is read anew by their version alone: whoever changes one changes both of these."""
    rows = [(row.id, row.tool, row.place, row.level, row.pattern.pattern) for row in ROWS]
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()[:12]
    assert (load_signatures().version, digest) == ("2026-11-1", "0e642d54e8a7")


@pytest.mark.parametrize("login", ["copilot-swe-agent", "Copilot", "copilot-swe-agent[bot]", "Copilot[bot]"])
@pytest.mark.parametrize("kind", ["Bot", "User"])
def test_an_agent_is_known_by_its_login_as_graphql_and_as_rest_give_it(
    pull_request: Any, login: str, kind: str
) -> None:
    opened = find_evidence(pull_request(author_login=login, author_kind=kind))
    pushed = find_evidence(pull_request(commits=(Commit("Skip empty lines", login, None),)))
    assert opened is not None
    assert pushed is not None
    assert (opened.kind, opened.quote) == ("author", login.removesuffix("[bot]"))
    assert (pushed.kind, pushed.level) == ("commit", "authored")


PERSON = Commit("Skip empty lines", "jane", "Jane Doe")
TRAILER = "Co-authored-by: Claude <noreply@anthropic.com>"


@pytest.mark.parametrize(
    ("changes", "kind", "where"),
    [
        ({"author_login": "devin-ai-integration"}, "author", "author of the pull request"),
        ({"head_ref": "codex/fix-parsing"}, "branch", "head branch"),
        ({"commits": (PERSON, Commit("a", "cursoragent"))}, "commit", "author of commit 2 of 2"),
        ({"commits": (PERSON, Commit("a", "jane", "Jane", (TRAILER,)))}, "commit", "trailer of commit 2 of 2"),
        ({"commits": (Commit("Merge branch 'main' into codex/fix"),)}, "commit", "headline of commit 1 of 1"),
        ({"body": "Why.\n\nI used Claude to find it."}, "body", "body, line 3"),
        ({"title": "AI-generated tests"}, "body", "title"),
        ({"body": "## Boxes\n- [x] Made with an LLM"}, "template", "body, line 2"),
    ],
)
def test_where_a_trace_stood_is_said_to_the_line(pull_request: Any, changes: Any, kind: str, where: str) -> None:
    evidence = find_evidence(pull_request(**changes))
    assert evidence is not None
    assert (evidence.kind, evidence.where) == (kind, where)


def test_a_quote_holds_no_secret(pull_request: Any) -> None:
    token = "ghp_" + "a1B2" * 9
    evidence = find_evidence(pull_request(body=f"- [x] An LLM was given {token}"))
    assert evidence is not None
    assert evidence.quote == "- [x] An LLM was given [github_token]"


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
        "- [x] LLM code review passed",
        "Moves the cursor to the end of the line",
        "Devin Smith found this; Jules reviewed it",
        "Adds a Gemini exchange connector for trading",
        "Uses the codex of rules in chapter 4",
        "The assistant role may now edit pages",
    ],
)
def test_words_that_only_look_like_tools_are_no_evidence(pull_request: Any, body: str) -> None:
    assert find_evidence(pull_request(body=body)) is None
