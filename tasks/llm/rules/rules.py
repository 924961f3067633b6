"""Classify a pull request by rules: free, exact, and with precedence over the model's answer.

The results are stored for every pull request. Those that the rules answer completely are not sent to a model.
"""

import re
from dataclasses import dataclass

from tasks.llm.rules.ai_evidence import AiEvidence, AiFindings, gather_evidence
from tasks.llm.rules.commit_signs import bare_login
from tasks.llm.rules.languages import detect_languages
from tasks.llm.rules.pull_request import PullRequest
from tasks.llm.rules.redact import redact
from tasks.llm.rules.sanitise import sanitise_line
from tasks.llm.rules.signatures import load_signatures
from warehouse.metrics.known_bots import DEPENDENCY_BOTS
from warehouse.metrics.people import bot_reason, is_ai_reviewer
from warehouse.metrics.reverts import find_named, is_revert
from warehouse.metrics.size import is_generated

# The number before the plus sign is the version of the rules in code and of the lists of bots.
RULES_VERSION = f"4+{load_signatures().version}"

# Upper bounds of changed lines. From 400 on the metrics call a pull request large.
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
# Names of branches made by dependency bots, whatever account an organisation runs them under.
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
class RuleAnswer:
    """The rules' answer to the questions that a model is asked. `reason` names the rule."""

    reason: str
    work_type: str
    summary: str
    risk: str
    risk_reasons: tuple[str, ...]


@dataclass(frozen=True)
class RuleResults:
    """Results of all rules for one pull request.

    `work_type` is None if the rules cannot tell it. `answer` is None if a model has to read the text.
    """

    is_bot: bool
    is_revert: bool
    reverts_number: int | None
    is_hotfix: bool
    size_lines: int
    size_bucket: str
    languages: tuple[str, ...]
    is_ai_reviewed: bool
    findings: AiFindings
    work_type: str | None
    answer: RuleAnswer | None

    @property
    def evidence(self) -> AiEvidence | None:
        """The strongest evidence of AI assistance, None if there is none."""
        return self.findings.strongest


def apply_rules(pull_request: PullRequest) -> RuleResults:
    """Apply all rules to a pull request."""
    lines = size_lines(pull_request)
    reverts, reverts_number = find_revert(pull_request)
    return RuleResults(
        is_bot=is_bot(pull_request),
        is_revert=reverts,
        reverts_number=reverts_number,
        is_hotfix=is_hotfix(pull_request),
        size_lines=lines,
        size_bucket=size_bucket(lines),
        languages=tuple(detect_languages(pull_request.files)),
        is_ai_reviewed=any(is_ai_reviewer(reviewer.login, reviewer.kind) for reviewer in pull_request.reviewers),
        findings=gather_evidence(pull_request),
        work_type=declared_work_type(pull_request.title),
        answer=answer_by_rule(pull_request, lines),
    )


def is_bot(pull_request: PullRequest) -> bool:
    if pull_request.is_known_bot is not None:
        return pull_request.is_known_bot
    return bot_reason(pull_request.author_login, pull_request.author_kind) is not None


def size_lines(pull_request: PullRequest) -> int:
    """Return the lines added and deleted without generated and lock files; GitHub's total if no file is known."""
    if not pull_request.files:
        return pull_request.additions + pull_request.deletions
    return sum(file.lines for file in pull_request.files if not is_generated(file.path))


def size_bucket(lines: int) -> str:
    return next((name for name, max_lines in SIZE_BUCKETS if lines <= max_lines), "xl")


def find_revert(pull_request: PullRequest) -> tuple[bool, int | None]:
    """Return whether this reverts another pull request, and the other's number if branch, body or title name it."""
    texts = (pull_request.title, pull_request.body, pull_request.head_ref)
    named = find_named(*texts)
    return is_revert(*texts), named[0].number if named else None


def is_hotfix(pull_request: PullRequest) -> bool:
    texts = (pull_request.title, *pull_request.labels)
    return bool(any(_HOTFIX.search(text) for text in texts) or _HOTFIX_BRANCH.search(pull_request.head_ref))


def conventional_work_type(title: str) -> str | None:
    """Return the work type that a conventional-commit title declares, None if it declares none."""
    match = _CONVENTIONAL.match(title.strip())
    if match is None:
        return None
    if _DEPENDENCY_SCOPE.match(match["scope"] or ""):
        return "dependency"
    return CONVENTIONAL_TYPES.get(match["type"].lower())


def declared_work_type(title: str) -> str | None:
    """Return the work type that a title declares; an update from one version to another overrides the type."""
    return "dependency" if _DEPENDENCY_TITLE.match(title.strip()) else conventional_work_type(title)


def is_by_dependency_bot(pull_request: PullRequest) -> bool:
    """Return True if a dependency bot opened it.

    That is decided by login, else by a branch that only such a bot creates if the author is a bot or the title is
    that of an update.
    """
    if bare_login(pull_request.author_login).lower() in DEPENDENCY_BOTS:
        return True
    is_update = is_bot(pull_request) or declared_work_type(pull_request.title) == "dependency"
    return bool(_DEPENDENCY_BRANCH.match(pull_request.head_ref)) and is_update


def answer_by_rule(pull_request: PullRequest, lines: int) -> RuleAnswer | None:
    """Return the complete answer if no model is needed, else None.

    That is so for dependency bots, changes to lock files only, reverts by GitHub's button and tiny changes
    without a text.
    """
    title = plain_title(pull_request.title)
    if is_by_dependency_bot(pull_request):
        return _dependency_answer("dependency bot", title)
    if pull_request.files and all(is_lock_file(file.path) for file in pull_request.files):
        return _dependency_answer("lock files only", title)
    if _is_automatic_revert(pull_request):
        return RuleAnswer("automatic revert", "bugfix", title, "medium", ("reverts_earlier_change",))
    if not pull_request.body.strip() and pull_request.files and lines <= FEW_LINES:
        return RuleAnswer("few lines and no text", _tiny_work_type(pull_request), title, "low", ("small_change",))
    return None


def plain_title(title: str) -> str:
    """Return the title as a summary: one sanitised line without secrets."""
    return redact(sanitise_line(title)).text[:MAX_SUMMARY_LENGTH] or "(no title)"


def is_lock_file(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return is_generated(path) and ("lock" in name or name in {"go.sum", "npm-shrinkwrap.json", "go.work.sum"})


def _dependency_answer(reason: str, title: str) -> RuleAnswer:
    bump = _BUMP.search(title)
    if bump and bump.group(1) != bump.group(2):
        return RuleAnswer(reason, "dependency", title, "medium", ("major_upgrade",))
    return RuleAnswer(reason, "dependency", title, "low", ("dependency_update",))


def _is_automatic_revert(pull_request: PullRequest) -> bool:
    """Return True if GitHub's button made it: by title, and branch or the one line of the body, with nothing added."""
    body = pull_request.body.strip()
    by_button = find_named("", body, pull_request.head_ref)
    return bool(pull_request.title.startswith('Revert "') and by_button and body.count("\n") == 0 and len(body) < 120)


def _tiny_work_type(pull_request: PullRequest) -> str:
    """Return the work type of a tiny change by its title, else by its files."""
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
