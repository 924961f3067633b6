"""What a pull request shows by itself: free, exact, and over whatever a model says.

Everything here is stored for every pull request. Those that the rules settle are not sent to a model.
"""

import re
from dataclasses import dataclass

from tasks.llm.rules.clean import clean_line
from tasks.llm.rules.evidence import Evidence, bare_login, find_evidence, load_signatures
from tasks.llm.rules.languages import languages_of
from tasks.llm.rules.material import PullRequest
from tasks.llm.rules.redact import redact
from warehouse.metrics.people import DEPENDENCY_BOTS, bot_reason, is_ai_reviewer
from warehouse.metrics.reverts import find_named, is_revert
from warehouse.metrics.size import is_generated

# The first number is that of the rules in code and of the lists of bots.
RULES_VERSION = f"3+{load_signatures().version}"

# Upper bounds of changed lines. 400 is where the metrics begin to call a pull request large.
SIZE_BUCKETS = (("xs", 10), ("s", 100), ("m", 400), ("l", 1000))

# Types of conventionalcommits.org and of the Angular convention that it grew from.
CONVENTIONAL_TYPES = {
    "feat": "feature",
    "feature": "feature",
    "fix": "bugfix",
    "bugfix": "bugfix",
    "hotfix": "bugfix",
    "refactor": "refactor",
    "style": "refactor",
    "perf": "performance",
    "docs": "docs",
    "doc": "docs",
    "test": "test",
    "tests": "test",
    "ci": "build_ci",
    "build": "build_ci",
    "deps": "dependency",
    "infra": "infra",
    "ops": "infra",
    "sec": "security",
    "security": "security",
    "chore": "chore",
}
_CONVENTIONAL = re.compile(r"^(?P<type>[a-z]+)(?:\((?P<scope>[^()\n]{1,60})\))?!?:\s", re.IGNORECASE)
_DEPENDENCY_SCOPE = re.compile(r"^(deps|deps-dev|dependencies)$", re.IGNORECASE)
# Branches that update bots name, under whatever account an organisation runs them.
_DEPENDENCY_BRANCH = re.compile(r"^(?:dependabot|renovate|depfu|greenkeeper)/|^(?:snyk-(?:fix|upgrade)|pyup-\w+)-")
_DEPENDENCY_TITLE = re.compile(
    r"^(?:[a-z]+(?:\([^()\n]{1,60}\))?!?:\s*)?"
    r"(?:bump|upgrade|update)s?\s(?:dependency\s|the\s\S+\sgroup\b|[^\n]{1,120}?\bfrom\s\W?v?\d\S*\s+to\s\W?v?\d)",
    re.IGNORECASE,
)

_HOTFIX = re.compile(r"(?<![\w-])hot-?fix(?![\w])", re.IGNORECASE)
_HOTFIX_BRANCH = re.compile(r"(^|/)hot-?fix[/_-]", re.IGNORECASE)

_BUMP = re.compile(r"\b(?:from|to) v?(\d{1,6})\.[\w.+-]*\s+to v?(\d{1,6})\.", re.IGNORECASE)
_TEST_PATH = re.compile(r"(^|/)(tests?|spec|__tests__)/|(^|/)test_|[._]tests?\.|\.spec\.")
FEW_LINES = 5
MAX_SUMMARY_LENGTH = 300


@dataclass(frozen=True)
class Settled:
    """What a model would have said, where the rules know it without one."""

    why: str
    work_type: str
    summary: str
    risk: str
    risk_reasons: tuple[str, ...]


@dataclass(frozen=True)
class Ruling:
    """What the rules say of one pull request. `work_type` is None where only the text can tell."""

    is_bot: bool
    is_revert: bool
    reverts_number: int | None
    is_hotfix: bool
    size_lines: int
    size_bucket: str
    languages: tuple[str, ...]
    is_ai_reviewed: bool
    evidence: Evidence | None
    work_type: str | None
    settled: Settled | None


def judge(pull_request: PullRequest) -> Ruling:
    lines = size_lines(pull_request)
    reverts, reverts_number = find_revert(pull_request)
    return Ruling(
        is_bot=is_bot(pull_request),
        is_revert=reverts,
        reverts_number=reverts_number,
        is_hotfix=is_hotfix(pull_request),
        size_lines=lines,
        size_bucket=size_bucket(lines),
        languages=tuple(languages_of(pull_request.files)),
        is_ai_reviewed=any(is_ai_reviewer(reviewer.login, reviewer.kind) for reviewer in pull_request.reviewers),
        evidence=find_evidence(pull_request),
        work_type=declared_work_type(pull_request.title),
        settled=settle(pull_request, lines),
    )


def is_bot(pull_request: PullRequest) -> bool:
    if pull_request.is_known_bot is not None:
        return pull_request.is_known_bot
    return bot_reason(pull_request.author_login, pull_request.author_kind) is not None


def size_lines(pull_request: PullRequest) -> int:
    """Lines added and deleted, generated and lock files left out; GitHub's total where no file is known."""
    if not pull_request.files:
        return pull_request.additions + pull_request.deletions
    return sum(file.lines for file in pull_request.files if not is_generated(file.path))


def size_bucket(lines: int) -> str:
    return next((name for name, most in SIZE_BUCKETS if lines <= most), "xl")


def find_revert(pull_request: PullRequest) -> tuple[bool, int | None]:
    """Return whether it reverts another, and the number of that one if branch, body or title name it."""
    said = (pull_request.title, pull_request.body, pull_request.head_ref)
    named = find_named(*said)
    return is_revert(*said), named[0].number if named else None


def is_hotfix(pull_request: PullRequest) -> bool:
    texts = (pull_request.title, *pull_request.labels)
    return bool(any(_HOTFIX.search(text) for text in texts) or _HOTFIX_BRANCH.search(pull_request.head_ref))


def conventional_work_type(title: str) -> str | None:
    """The work type that a conventional-commit title declares; None where it declares none."""
    match = _CONVENTIONAL.match(title.strip())
    if match is None:
        return None
    if _DEPENDENCY_SCOPE.match(match["scope"] or ""):
        return "dependency"
    return CONVENTIONAL_TYPES.get(match["type"].lower())


def declared_work_type(title: str) -> str | None:
    """The same, where a version that moves from one number to another says more than the type before it."""
    return "dependency" if _DEPENDENCY_TITLE.match(title.strip()) else conventional_work_type(title)


def is_by_dependency_bot(pull_request: PullRequest) -> bool:
    """By login; else by a branch that only such a bot names, where the author is a bot or the title an update's."""
    if bare_login(pull_request.author_login).lower() in DEPENDENCY_BOTS:
        return True
    is_update = is_bot(pull_request) or declared_work_type(pull_request.title) == "dependency"
    return bool(_DEPENDENCY_BRANCH.match(pull_request.head_ref)) and is_update


def settle(pull_request: PullRequest, lines: int) -> Settled | None:
    """The whole answer where it needs no model: dependency bots, lock files only, reverts by button, tiny ones."""
    title = plain_title(pull_request.title)
    if is_by_dependency_bot(pull_request):
        return _dependency("dependency bot", title)
    if pull_request.files and all(is_lock_file(file.path) for file in pull_request.files):
        return _dependency("lock files only", title)
    if _is_automatic_revert(pull_request):
        return Settled("automatic revert", "bugfix", title, "medium", ("reverts_earlier_change",))
    if not pull_request.body.strip() and pull_request.files and lines <= FEW_LINES:
        return Settled("few lines and no text", _tiny_work_type(pull_request), title, "low", ("small_change",))
    return None


def plain_title(title: str) -> str:
    """The title as a summary: one clean line without secrets."""
    return redact(clean_line(title)).text[:MAX_SUMMARY_LENGTH] or "(no title)"


def is_lock_file(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return is_generated(path) and ("lock" in name or name in {"go.sum", "npm-shrinkwrap.json", "go.work.sum"})


def _dependency(why: str, title: str) -> Settled:
    bump = _BUMP.search(title)
    if bump and bump.group(1) != bump.group(2):
        return Settled(why, "dependency", title, "medium", ("major_upgrade",))
    return Settled(why, "dependency", title, "low", ("dependency_update",))


def _is_automatic_revert(pull_request: PullRequest) -> bool:
    """By GitHub's button: its title, and its branch or the one line of its body, with nothing added."""
    body = pull_request.body.strip()
    by_button = find_named("", body, pull_request.head_ref)
    return bool(pull_request.title.startswith('Revert "') and by_button and body.count("\n") == 0 and len(body) < 120)


def _tiny_work_type(pull_request: PullRequest) -> str:
    """By title, else by the kind of files: the same that a reader would go by."""
    declared = declared_work_type(pull_request.title)
    if declared is not None:
        return declared
    names = [file.path.lower() for file in pull_request.files]
    if all(name.endswith((".md", ".rst", ".txt", ".adoc")) for name in names):
        return "docs"
    if all(name.startswith(".github/") or name.endswith(("dockerfile", ".cmake", "makefile")) for name in names):
        return "build_ci"
    if all(_TEST_PATH.search(name) for name in names):
        return "test"
    return "bugfix" if re.search(r"\b(fix|fixes|bug|typo|broken)\b", pull_request.title, re.IGNORECASE) else "chore"
