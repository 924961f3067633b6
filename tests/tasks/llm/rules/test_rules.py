"""The rules on pull requests."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.llm.rules.ai_evidence import USE, find_all_evidence
from tasks.llm.rules.pull_request import ChangedFile, Commit, Reviewer
from tasks.llm.rules.rules import (
    answer_by_rule,
    apply_rules,
    find_revert,
    is_hotfix,
    size_bucket,
    size_lines,
)
from tasks.llm.rules.work_types import declared_work_type, is_by_dependency_bot
from tests.recorded_data import FOLDER


@pytest.mark.parametrize(
    ("title", "is_update"),
    [
        ("Bump lodash from 4.17.20 to 4.17.21", True),
        ("chore: bump lodash from 4.17.20 to 4.17.21 in /web", True),
        ("fix(web): upgrade react from `17.0.2` to `18.2.0`", True),
        ("Update dependency lodash to v5", True),
        ("Bump the minor group with 3 updates", True),
        ("Update actions/checkout requirement from v3 to v4", True),
        ("Bump the limit of retries", False),
        ("Update the text from the draft to the final one", False),
        ("Add an upgrade from 1.0 to 2.0", False),
    ],
)
def test_a_title_that_moves_a_version_is_a_dependency_update(title: str, is_update: bool) -> None:
    assert (declared_work_type(title) == "dependency") is is_update


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"author_login": "renovate[bot]"}, True),
        ({"author_login": "acme-renovate", "author_kind": "Bot", "head_ref": "renovate/lodash-5.x"}, True),
        ({"author_login": "jane", "head_ref": "dependabot/npm/x", "title": "Bump x from 1.0 to 1.1"}, True),
        ({"author_login": "jane", "head_ref": "renovate/the-lobby", "title": "Paint the lobby"}, False),
        ({"author_login": "acme-ci", "author_kind": "Bot", "head_ref": "main"}, False),
    ],
)
def test_an_update_bot_is_told_by_login_or_by_its_branch(pull_request: Any, changes: Any, expected: bool) -> None:
    given = pull_request(**changes)
    assert is_by_dependency_bot(given, is_bot=apply_rules(given).is_bot) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": 'Revert "Add cache"', "body": "Reverts acme/shop#41"}, (True, 41)),
        ({"title": 'Revert "Add cache"', "head_ref": "revert-41-add-cache"}, (True, 41)),
        ({"title": "Undo the cache", "body": "Reverts  #12"}, (True, 12)),
        ({"title": "Undo the cache", "body": "Reverts\tacme/shop#12"}, (True, 12)),
        ({"title": "Undo the cache", "body": f"{'Why, at length. ' * 200}\nReverts #12"}, (True, 12)),
        ({"title": 'Revert "Add cache"'}, (True, None)),
        ({"title": "revert: add cache"}, (True, None)),
        ({"title": "Revert #41"}, (True, 41)),
        ({"title": "Revert PR #41: add cache"}, (True, 41)),
        ({"title": "Undo the cache", "body": "This reverts commit 3f786850e387550f."}, (True, None)),
        ({"title": "Fix the cache", "body": "Unlike #40, which says:\nThis reverts commit 3f786850e3."}, (False, None)),
        ({"title": 'Revert "Add cache (#41)"', "body": "This reverts commit 3f786850e387550f."}, (True, 41)),
        ({"title": "Revert to the old font"}, (False, None)),
        ({"title": "Make it possible to revert orders"}, (False, None)),
        ({"title": "Cherry-pick", "body": "Reverts are hard, see #41"}, (False, None)),
    ],
)
def test_a_revert_is_told_by_title_branch_or_body(pull_request: Any, changes: Any, expected: Any) -> None:
    assert find_revert(pull_request(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "Hotfix: empty lines"}, True),
        ({"labels": ("hotfix",)}, True),
        ({"head_ref": "hotfix/empty-lines"}, True),
        ({"head_ref": "hot-fix-lines"}, True),
        ({"title": "Document the hotfixes page"}, False),
        ({"head_ref": "feature/hotfixable"}, False),
    ],
)
def test_a_hotfix_is_told_by_title_label_or_branch(pull_request: Any, changes: Any, expected: bool) -> None:
    assert is_hotfix(pull_request(**changes)) is expected


@pytest.mark.parametrize(
    ("lines", "bucket"),
    [(0, "xs"), (10, "xs"), (11, "s"), (100, "s"), (101, "m"), (400, "m"), (401, "l"), (1000, "l"), (1001, "xl")],
)
def test_buckets_of_size(lines: int, bucket: str) -> None:
    assert size_bucket(lines) == bucket


def test_generated_and_lock_files_do_not_count_to_the_size(pull_request: Any) -> None:
    files = (ChangedFile("src/a.py", 10, 2), ChangedFile("yarn.lock", 900, 800), ChangedFile("dist/a.min.js", 5000, 1))
    assert size_lines(pull_request(files=files, additions=5910, deletions=803)) == 12
    assert size_lines(pull_request(files=(), additions=7, deletions=1)) == 8


def test_languages_come_by_lines(pull_request: Any) -> None:
    lines = {"a.py": 5, "web/b.tsx": 50, "Dockerfile": 1, "LICENSE": 9}
    files = tuple(ChangedFile(path, count) for path, count in lines.items())
    assert apply_rules(pull_request(files=files)).languages == ("TypeScript", "Python", "Dockerfile")


LOCK = (ChangedFile("yarn.lock", 30, 20), ChangedFile("api/go.sum", 4, 2))
ONE_LINE = (ChangedFile("README.md", 1, 1),)


@pytest.mark.parametrize(
    ("changes", "work_type", "risk"),
    [
        ({"author_login": "dependabot", "title": "Bump lodash from 4.17.20 to 4.17.21"}, "dependency", "low"),
        ({"author_login": "dependabot[bot]", "title": "Bump react from 17.0.2 to 18.2.0"}, "dependency", "medium"),
        ({"author_login": "renovate", "title": "Update all non-major dependencies"}, "dependency", "low"),
        ({"files": LOCK}, "dependency", "low"),
        ({"title": 'Revert "Add cache"', "body": "Reverts acme/shop#41"}, "bugfix", "medium"),
        ({"title": 'Revert "Add cache (#41)"', "body": "This reverts commit 3f786850e387550f."}, "bugfix", "medium"),
        ({"title": "Mend a typo", "body": " ", "files": ONE_LINE}, "docs", "low"),
        ({"title": "fix: mend a typo", "body": "", "files": ONE_LINE}, "docs", "low"),
    ],
)
def test_what_needs_no_model_is_settled(pull_request: Any, changes: Any, work_type: str, risk: str) -> None:
    changed = pull_request(**changes)
    answer = answer_by_rule(changed, size_lines(changed))
    assert answer is not None
    assert (answer.work_type, answer.risk) == (work_type, risk)
    assert answer.summary == changed.title


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"files": (*LOCK, ChangedFile("package.json", 1, 1))},
        {"title": 'Revert "Add cache"', "body": "Reverts acme/shop#41\n\nIt lost orders, see the incident."},
        {"title": "Mend", "body": "", "files": (ChangedFile("a.py", 5, 1),)},
        {"title": "Mend", "body": "Because.", "files": ONE_LINE},
        {"title": "Mend", "body": "", "files": ()},
    ],
    ids=["a person's", "more than locks", "a revert with a reason", "six lines", "a text", "no files known"],
)
def test_what_has_a_meaning_is_left_to_the_model(pull_request: Any, changes: Any) -> None:
    changed = pull_request(**changes)
    assert answer_by_rule(changed, size_lines(changed)) is None


def test_what_a_person_decided_of_a_bot_stands(pull_request: Any) -> None:
    assert apply_rules(pull_request(author_login="drahtbot")).is_bot
    assert not apply_rules(pull_request(author_login="drahtbot", is_known_bot=False)).is_bot
    assert apply_rules(pull_request(is_known_bot=True)).is_bot


def test_ai_review_is_another_thing_than_ai_authorship(pull_request: Any) -> None:
    rules = apply_rules(pull_request(reviewers=(Reviewer("coderabbitai", "Bot"), Reviewer("jane", "User"))))
    assert rules.is_ai_reviewed
    assert rules.evidence is None


def test_a_summary_by_rule_holds_no_secret(pull_request: Any) -> None:
    token = "ghp_" + "a1B2" * 9
    changed = pull_request(title=f"Bump {token}", author_login="dependabot")
    answer = apply_rules(changed).answer
    assert answer is not None
    assert answer.summary == "Bump [github_token]"


def lines_of(name: str) -> list[dict[str, Any]]:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{path} is not here: real pull requests lie outside of the project")
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def _trailers(message: str) -> tuple[str, ...]:
    return tuple(line for line in message.splitlines() if ": " in line and " " not in line.split(":")[0])


def test_agents_are_found_in_their_real_pull_requests(pull_request: Any) -> None:
    found: dict[str, list[bool]] = {}
    for line in lines_of("aidev-agent-prs.jsonl.gz"):
        commits = tuple(
            Commit(message.split("\n")[0], made["author"], None, _trailers(message))
            for made in line["commits"]
            if (message := made["message"] or "") is not None
        )
        given = pull_request(
            title=line["title"] or "",
            body=line["body"] or "",
            author_login=line["user"],
            commits=commits,
            head_ref="",
            created_at=datetime.fromisoformat(line["created_at"]),
        )
        evidence = apply_rules(given).evidence
        found.setdefault(line["agent"], []).append(evidence is not None and evidence.level in USE)
    recall = {agent: sum(hits) / len(hits) for agent, hits in found.items()}
    assert recall["Devin"] == recall["Copilot"] == recall["Claude_Code"] == 1.0
    assert recall["Cursor"] >= 0.97
    assert recall["OpenAI_Codex"] >= 0.5  # the branch, which the data leave out, tells the other half


def test_nothing_from_before_the_first_tool_is_taken_for_ai(pull_request: Any) -> None:
    early = [
        line["pull"]
        for line in lines_of("secp256k1.jsonl.gz")
        if datetime.fromisoformat(line["pull"]["created_at"]) < datetime(2021, 6, 29, tzinfo=UTC)
    ]
    found = [
        (pull["number"], trace.signature)
        for pull in early
        for trace in find_all_evidence(
            pull_request(
                title=pull["title"],
                body=pull.get("body") or "",
                head_ref=pull["head"]["ref"],
                commits=(),
                author_login=(pull.get("user") or {}).get("login") or "ghost",
            )
        )
    ]
    assert len(early) > 500
    assert found == []
