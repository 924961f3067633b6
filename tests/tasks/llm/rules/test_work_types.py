"""Work types by title, paths and author."""

import json
from typing import Any

import pytest

from tasks.llm.rules.paths import kind_of
from tasks.llm.rules.pull_request import ChangedFile
from tasks.llm.rules.rules import apply_rules
from tasks.llm.rules.title_words import strip_prefixes
from tasks.llm.rules.work_types import decide_work_type, declared_work_type
from tests.recorded_data import FOLDER
from tests.tasks.llm.rules.titles_seen import TITLES

SRC, TESTS, DOCS, CI, LOCK = "src/app.py", "tests/test_app.py", "docs/use.md", ".github/workflows/ci.yml", "uv.lock"


def files(*paths: str) -> tuple[ChangedFile, ...]:
    return tuple(ChangedFile(path, 20, 5) for path in paths)


KNOWN = [
    ("feat: export to CSV", (SRC, TESTS), "feature"),
    ("feat(api)!: drop version 1", (SRC,), "feature"),
    ("Fix: skip empty lines", (SRC,), "bugfix"),
    ("fix(ci): pin the runner", (CI,), "build_ci"),
    ("feat(docs): a page on retention", (DOCS,), "docs"),
    ("chore: cover the parser", (TESTS,), "test"),
    ("Fix a typo in the README", ("README.md",), "docs"),
    ("fix: flaky clock", (TESTS, "tests/conftest.py"), "test"),
    ("perf: cache the index", (SRC,), "performance"),
    ("BUG: off by one in nanmedian", ("numpy/core.py",), "bugfix"),
    ("ENH: accept a path", ("pandas/io.py", "pandas/tests/test_io.py"), "feature"),
    ("[FIX] sale: wrong total", ("addons/sale/models/sale.py",), "bugfix"),
    ("[REF] account: split the wizard", ("addons/account/wizard.py",), "refactor"),
    ("PROJ-12: feat: saved filters", (SRC,), "feature"),
    ("[PROJ-12][1/3] fix: null check", (SRC,), "bugfix"),
    ("#42 fix: null check", (SRC,), "bugfix"),
    ("[WIP] refactor: split the parser", (SRC,), "refactor"),
    ("✨ feat: dark mode", (SRC,), "feature"),
    (":bug: fix: cleanup after paging", (SRC,), "bugfix"),
    ("fix/login-redirect", (SRC,), "bugfix"),
    ("(fix) crash at start", (SRC,), "bugfix"),
    ("[Backport 8.x] fix: null check", (SRC,), "bugfix"),
    ("Backport #1234 to 8.x: fix: null check", (SRC,), "bugfix"),
    ("Bump lodash from 4.17.20 to 4.17.21", ("package.json", "yarn.lock"), "dependency"),
    ("Update Go to 1.26", ("go.mod", CI), "dependency"),
    ("build(deps): bump actions/checkout from 3 to 4", (CI,), "dependency"),
    ("deps: update dependencies", ("pyproject.toml", LOCK), "dependency"),
    ("security: bump openssl to 3.0.14", ("conanfile.txt",), "security"),
    ("Fix CVE-2026-1234 in the parser", (SRC,), "security"),
    ("chore(main): release 1.2.3", ("CHANGELOG.md", "package.json"), "chore"),
    ("Bump version from 1.2.0 to 1.3.0", ("pyproject.toml",), "chore"),
    ("Update the Go version to 1.26", ("go.mod", CI), "dependency"),
    ("Translated using Weblate (French)", ("po/fr.po",), "chore"),
    ("Move the cluster to eu-west-1", ("terraform/main.tf", "terraform/vars.tf"), "infra"),
    ("Cache wheels", (CI, ".github/actions/setup/action.yml"), "build_ci"),
    ("test: cover the parser", (), "test"),
    ("docs: say how to install", (), "docs"),
    ("chore(deps): bump lodash", (), "dependency"),
    ("fix(npm): scoped packages", (SRC,), "bugfix"),
]
GUESSED = [
    ("chore: fix a wrong message", (SRC,), "bugfix"),
    ("chore: tidy", (SRC,), "chore"),
    ("Fix crash when the list is empty", (SRC,), "bugfix"),
    ("net/mlx5: Fix possible deadlock on teardown", ("drivers/net/mlx5.c",), "bugfix"),
    ("🐛 wrong total in the cart", (SRC,), "bugfix"),
    ("docs: explain the flag", (SRC,), "docs"),
    ("test: bump the limits", (SRC,), "test"),
    ("Remove feature flag new_checkout", (SRC, TESTS), "chore"),
    ("Fix SQL injection in search", (SRC,), "security"),
    ("Refactor the parser", (SRC,), "refactor"),
    ("style: run prettier", (SRC,), "refactor"),
    ("[IMP] web: keyboard shortcut", (SRC,), "feature"),
    ("Rename the module", (SRC, TESTS), "refactor"),
    ("Backport #1234 to 8.x: null check in parser", (SRC,), "bugfix"),
    ("Release 4.2.0", (SRC,), "chore"),
    ("Fix typo in error message", (SRC,), "bugfix"),
]
UNKNOWN = [
    ("Bump the retry limit from 3 to 5", (SRC,)),
    ("Bump the retry limit from 3 to 5", ()),
    ("Update the text from the draft to the final one", (SRC,)),
    ("Add an upgrade from 1.0 to 2.0", (SRC,)),
    ("Note: this is no type", (SRC,)),
    ("parser: skip empty lines", (SRC,)),
    ("Fix the documentation of the tests", (SRC,)),
    ("Add eslint", ("package.json", "package-lock.json")),
    ("Move the button", (SRC, TESTS)),
    ("Backport #1234 to 8.x: the parser", (SRC,)),
    ("DEP: deprecate the old names", (SRC,)),
    ("Translate the page of errors", (SRC,)),
    ("bench: add an option", (SRC,)),
    ("Add a fuzzing harness", (SRC,)),
]


@pytest.mark.parametrize(("title", "paths", "work_type"), KNOWN)
def test_title_and_paths_settle_a_work_type(
    pull_request: Any, title: str, paths: tuple[str, ...], work_type: str
) -> None:
    found = decide_work_type(pull_request(title=title, files=files(*paths)))
    assert found is not None
    assert (found.work_type, found.is_guess) == (work_type, False)


@pytest.mark.parametrize(("title", "paths", "work_type"), GUESSED)
def test_a_loose_word_is_a_guess_that_a_model_may_correct(
    pull_request: Any, title: str, paths: tuple[str, ...], work_type: str
) -> None:
    found = decide_work_type(pull_request(title=title, files=files(*paths)))
    assert found is not None
    assert (found.work_type, found.is_guess) == (work_type, True)


@pytest.mark.parametrize(("title", "paths"), UNKNOWN)
def test_what_neither_title_nor_paths_tell_is_left_to_the_model(
    pull_request: Any, title: str, paths: tuple[str, ...]
) -> None:
    assert decide_work_type(pull_request(title=title, files=files(*paths))) is None


@pytest.mark.parametrize(
    ("changes", "work_type", "risk"),
    [
        ({"title": "fix(deps): update lodash to v4.17.22 [SECURITY]"}, "security", "medium"),
        ({"head_ref": "renovate/npm-lodash-vulnerability"}, "security", "medium"),
        ({"author_login": "snyk-bot", "title": "[Snyk] Security upgrade x from 1.1.0 to 1.2.0"}, "security", "medium"),
        ({"body": "You can disable automated security fix PRs for this repo."}, "security", "medium"),
        ({"body": "Release notes: fixes CVE-2026-1234 and a security issue."}, "dependency", "low"),
        ({"title": "Bump react from 17.0.2 to 18.2.0"}, "dependency", "medium"),
    ],
)  # fmt: skip
def test_a_bots_security_update_is_security_and_not_low(
    pull_request: Any, changes: Any, work_type: str, risk: str
) -> None:
    given = {"author_login": "renovate[bot]", "author_kind": "Bot", "title": "Update dependency lodash to v4.17.22"}
    answer = apply_rules(pull_request(**(given | changes))).answer
    assert answer is not None
    assert (answer.work_type, answer.risk) == (work_type, risk)


def test_titles_labelled_by_hand_are_told_or_left(pull_request: Any) -> None:
    """At most 1 in 20 of what the rules say may be wrong, and they say at least 25 of the 30."""
    path = FOLDER / "work-types.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not here: these titles lie outside of the project")
    said = [
        (case["expected"], found)
        for case in map(json.loads, path.read_text().splitlines())
        if (found := _said(pull_request, case))
    ]
    assert len(said) >= 25
    assert sum(expected != found for expected, found in said) <= len(said) / 20


def test_titles_as_projects_write_them_are_told_or_left(pull_request: Any) -> None:
    """At most 1 in 20 of what the rules say may be wrong, and they may leave 1 in 10 to the model."""
    found = [
        (title, expected, decide_work_type(pull_request(title=title, files=files(*paths))))
        for title, expected, paths in TITLES
    ]
    said = [(title, expected, one.work_type) for title, expected, one in found if one]
    assert len(said) >= 0.9 * len(TITLES)
    wrong = [one for one in said if one[1] != one[2]]
    assert len(wrong) <= len(said) / 20, wrong


def _said(pull_request: Any, case: dict[str, Any]) -> str | None:
    fields = {"title": case["title"], "body": case["body"], "head_ref": case["branch"]}
    changed = tuple(ChangedFile(**file) for file in case["files"])
    rules = apply_rules(
        pull_request(**fields, author_login=case["author"], author_kind=case["author_type"], files=changed)
    )
    return rules.answer.work_type if rules.answer else rules.work_type


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("[WEB-91] feat: saved filters", "feat: saved filters"),
        ("WEB-91 | saved filters", "saved filters"),
        ("[#12] Retry", "Retry"),
        ("UTF-8", "UTF-8"),
        ("[release-1.2] Retry", "Retry"),
        ("WIP: Retry", "Retry"),
        ("COVID-19 page", "page"),
    ],
)
def test_tickets_and_states_are_not_part_of_the_words(title: str, words: str) -> None:
    assert strip_prefixes(title) == words


def test_a_loose_word_declares_nothing() -> None:
    assert (declared_work_type("chore: tidy"), declared_work_type("fix: skip lines")) == (None, "bugfix")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/contest.py", "source"),
        ("src/latest/api.ts", "source"),
        ("web/button.spec.ts", "test"),
        ("pkg/server_test.go", "test"),
        ("Dockerfile", "build"),
        ("services/api/Dockerfile.prod", "build"),
        ("charts/api/templates/deployment.yaml", "infra"),
        ("locales/fr.json", "translation"),
        ("src/lang/parser.py", "source"),
        ("docs/conf.py", "docs"),
        ("Cargo.lock", "dependency"),
        (".github/CODEOWNERS", "housekeeping"),
    ],
)
def test_a_path_tells_what_a_file_is_about(path: str, kind: str) -> None:
    assert kind_of(path) == kind
