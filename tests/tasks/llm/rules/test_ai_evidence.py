"""Each row of signatures.toml by its own example, and the choice of the strongest evidence."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.github.pull_requests.messages import parse_headline, parse_trailers
from tasks.llm.rules.ai_evidence import USE, find_all_evidence, find_evidence, gather_evidence
from tasks.llm.rules.body_text import divide_body
from tasks.llm.rules.pull_request import Commit
from tasks.llm.rules.signatures import LEVELS, PLACES, Signature, load_signatures
from tests.recorded_data import FOLDER
from tests.tasks.llm.rules.evidence_cases import CASES, Case, told
from tests.tasks.llm.rules.evidence_seen import SEEN

ROWS = load_signatures().rows
PERSON = Commit("Skip empty lines", "jane", "Jane Doe")


def shown_in_its_place(pull_request: Any, signature: Signature, text: str) -> Any:
    """Make a pull request that contains the text where the signature searches for it."""
    name, _, domain = text.partition(" <@")
    changes: dict[str, dict[str, Any]] = {
        "author": {"author_login": text},
        "branch": {"head_ref": text},
        "commit": {"commits": (Commit("Skip empty lines", text, "Somebody"),)},
        "name": {"commits": (Commit("Skip empty lines", None, name, (), domain.removesuffix(">") or None),)},
        "trailer": {"commits": (PERSON, Commit("Skip", "jane", "Jane Doe", (text,)))},
        "merge": {"commits": (PERSON, Commit(text, "jane", "Jane Doe"))},
        "merged": {"commits": (PERSON, Commit(text, "jane", "Jane Doe"))},
        "template": {"body": f"## Checklist\n{text}\n"},
    }
    return pull_request(**changes.get(signature.place, {"body": f"It skips them.\n\n{text}\n"}))


@pytest.mark.parametrize("signature", [row for row in ROWS if row.alone], ids=lambda row: row.id)
def test_a_signature_finds_its_example(pull_request: Any, signature: Signature) -> None:
    found = {
        one.signature: one for one in find_all_evidence(shown_in_its_place(pull_request, signature, signature.example))
    }
    evidence = found[signature.id]
    assert evidence.level == {"contains": "assisted"}.get(signature.level, signature.level)
    assert evidence.quote
    assert evidence.quote in signature.example


@pytest.mark.parametrize("signature", [row for row in ROWS if not row.alone], ids=lambda row: row.id)
def test_a_name_that_people_use_counts_with_another_sign_of_the_same_tool(
    pull_request: Any, signature: Signature
) -> None:
    by_itself = shown_in_its_place(pull_request, signature, signature.example)
    assert find_all_evidence(by_itself) == []
    footer = next(row for row in ROWS if row.tool == signature.tool and row.place in {"footer", "author"} and row.alone)
    where = "body" if footer.place == "footer" else "author_login"
    both = replace(by_itself, **{where: footer.example})
    assert {signature.id, footer.id} <= {one.signature for one in find_all_evidence(both)}


@pytest.mark.parametrize("signature", ROWS, ids=lambda row: row.id)
def test_a_signature_passes_over_its_near_miss(pull_request: Any, signature: Signature) -> None:
    near_miss = shown_in_its_place(pull_request, signature, signature.unlike)
    assert signature.id not in {trace.signature for trace in find_all_evidence(near_miss)}


def test_rows_have_names_of_their_own_and_places_that_exist() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert {row.place for row in ROWS} == set(PLACES)
    assert {row.level for row in ROWS} == set(LEVELS) - {"none"}
    assert load_signatures().reviewed_on >= date(2026, 11, 28)


def test_a_changed_row_is_a_new_version() -> None:
    """Rows decide what is read anew by their version alone: whoever changes one changes both of these."""
    rows = [(row.id, row.tool, row.place, row.level, row.alone, row.pattern.pattern) for row in ROWS]
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()[:12]
    assert (load_signatures().version, digest) == ("2026-11-6", "bb6bb4a6ebf1")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_counts_is_the_place_and_not_the_words(pull_request: Any, case: Case) -> None:
    evidence = find_evidence(pull_request(**case.changes))
    assert (evidence.level if evidence else None) == case.level
    assert not case.tool or (evidence and evidence.tool == case.tool)


def test_signs_as_tools_write_them_name_the_tool_and_near_misses_none(pull_request: Any) -> None:
    found = [(text, tool, find_evidence(pull_request(**told(place, text)))) for place, text, tool in SEEN]
    named = [(text, tool, one.tool if one and one.level in USE else "") for text, tool, one in found]
    assert [one for one in named if one[1] != one[2]] == []


def test_signs_of_today_and_near_misses_are_told_apart(pull_request: Any) -> None:
    path = FOLDER / "ai-evidence.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not here: these cases lie outside of the project")
    wrong = [
        case["case"] for case in map(json.loads, path.read_text().splitlines()) if not _is_right(pull_request, case)
    ]
    assert wrong == []


def _is_right(pull_request: Any, case: dict[str, Any]) -> bool:
    commits = tuple(
        Commit(parse_headline(text), made["login"], made["name"], tuple(parse_trailers(text)))
        for made in case["commits"]
        if (text := made["message"])
    )
    fields = {name: case[name] for name in ("title", "body")}
    fields |= {"author_login": case["author"], "author_kind": case["author_type"], "head_ref": case["branch"]}
    evidence = find_evidence(pull_request(**fields, commits=commits))
    expected = case["expected"]
    if evidence is None or evidence.level not in USE:
        return bool(expected["level"] == "none or mentioned")
    return bool(expected["level"] == "authored or assisted" and evidence.tool == expected["tool"])


def test_several_tools_are_a_list_and_the_share_of_their_commits_is_told(pull_request: Any) -> None:
    trailers = ("Co-authored-by: Claude <noreply@anthropic.com>", "Made-with: Cursor")
    commits = (PERSON, PERSON, *[Commit("a", "jane", "Jane", (trailer,)) for trailer in trailers])
    found = gather_evidence(pull_request(commits=commits, body="I asked ChatGPT about this."))
    assert set(found.tools) == {"Claude Code", "Cursor"}
    assert set(found.signatures) >= {"claude-trailer", "cursor-made-with-trailer", "we-used-it"}
    assert found.commit_share == 0.5
    nothing = gather_evidence(pull_request(commits=(PERSON,)))
    assert (nothing.strongest, nothing.tools, nothing.signatures, nothing.commit_share) == (None, (), (), 0.0)


@given(st.text(alphabet="<>!-`~*[](){}|# \n\tabcAI😀:/.x", max_size=400))
def test_no_body_breaks_its_division(body: str) -> None:
    parts = divide_body(body)
    assert all(1 <= line.line <= body.count("\n") + 1 for line in parts.footers)


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


TRAILER = "Co-authored-by: Claude <noreply@anthropic.com>"


@pytest.mark.parametrize(
    ("changes", "kind", "where"),
    [
        ({"author_login": "devin-ai-integration"}, "author", "author of the pull request"),
        ({"head_ref": "codex/fix-date-parsing"}, "branch", "head branch"),
        ({"commits": (PERSON, Commit("a", "cursoragent"))}, "commit", "author of commit 2 of 2"),
        ({"commits": (PERSON, Commit("a", "jane", "Jane", (TRAILER,)))}, "commit", "trailer of commit 2 of 2"),
        ({"commits": (Commit("Merge branch 'main' into codex/fix-it"),)}, "commit", "headline of commit 1 of 1"),
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
    assert evidence.quote == "An LLM was given [github_token]"


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
    assert find_evidence(pull_request(head_ref="codex/fix-a-bug", created_at=datetime(2021, 6, 28, tzinfo=UTC))) is None
    assert (
        find_evidence(pull_request(head_ref="codex/fix-a-bug", created_at=datetime(2021, 6, 29, tzinfo=UTC)))
        is not None
    )


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
    evidence = find_evidence(pull_request(body=body))
    assert evidence is None or evidence.level == "denied"
