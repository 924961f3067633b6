"""Classify a pull request by rules: free, exact, and with precedence over the model's answer.

The results are stored for every pull request. Those that the rules answer completely are not sent to a model.
"""

import re
from dataclasses import dataclass

from tasks.llm.rules.ai_evidence import AiEvidence, AiFindings, gather_evidence
from tasks.llm.rules.languages import detect_languages
from tasks.llm.rules.paths import is_lock_file
from tasks.llm.rules.pull_request import PullRequest
from tasks.llm.rules.redact import redact
from tasks.llm.rules.risk_facts import find_risk_facts, is_major_upgrade
from tasks.llm.rules.sanitise import sanitise_line
from tasks.llm.rules.signatures import Signatures, load_signatures
from tasks.llm.rules.work_types import decide_work_type, is_by_dependency_bot, is_security_update
from warehouse.metrics.accounts.people import bot_reason, is_ai_reviewer
from warehouse.metrics.outcomes.revert_text import is_only_revert, read_revert
from warehouse.metrics.size import is_generated

# The number before the plus sign is the version of the rules in code and of the lists of bots.
RULES_VERSION = f"9+{load_signatures().version}"

# Upper bounds of changed lines. From 400 on the metrics call a pull request large.
SIZE_BUCKETS = (("xs", 10), ("s", 100), ("m", 400), ("l", 1000))

_HOTFIX = re.compile(r"(?<![\w-])hot-?fix(?![\w])", re.IGNORECASE)
_HOTFIX_BRANCH = re.compile(r"(^|/)hot-?fix[/_-]", re.IGNORECASE)

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

    `work_type` is None if the rules cannot tell it; `is_work_type_guessed` if it rests on a loose word that a model may
    correct. `answer` is None if a model has to read the text.
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
    is_work_type_guessed: bool
    risk_facts: tuple[str, ...]
    answer: RuleAnswer | None

    @property
    def evidence(self) -> AiEvidence | None:
        """The strongest evidence of AI assistance, None if there is none."""
        return self.findings.strongest


def apply_rules(pull_request: PullRequest, signatures: Signatures | None = None) -> RuleResults:
    """Apply all rules to a pull request, with the signatures that are shipped unless a team has others."""
    lines = size_lines(pull_request)
    reverts, reverts_number = find_revert(pull_request)
    decided = decide_work_type(pull_request)
    return RuleResults(
        is_bot=is_bot(pull_request),
        is_revert=reverts,
        reverts_number=reverts_number,
        is_hotfix=is_hotfix(pull_request),
        size_lines=lines,
        size_bucket=size_bucket(lines),
        languages=tuple(detect_languages(pull_request.files)),
        is_ai_reviewed=any(is_ai_reviewer(reviewer.login, reviewer.kind) for reviewer in pull_request.reviewers),
        findings=gather_evidence(pull_request, signatures),
        work_type=decided.work_type if decided else None,
        is_work_type_guessed=decided.is_guess if decided else False,
        risk_facts=find_risk_facts(pull_request, is_revert=reverts),
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
    said = read_revert(pull_request.title, pull_request.body, pull_request.head_ref)
    if said is None:
        return False, None
    return True, next(iter((*(one.number for one in said.named), *said.squashed)), None)


def is_hotfix(pull_request: PullRequest) -> bool:
    texts = (pull_request.title, *pull_request.labels)
    return bool(any(_HOTFIX.search(text) for text in texts) or _HOTFIX_BRANCH.search(pull_request.head_ref))


def answer_by_rule(pull_request: PullRequest, lines: int) -> RuleAnswer | None:
    """Return the complete answer if no model is needed, else None.

    That is so for dependency bots, changes to lock files only, reverts by GitHub's button or `git revert` and
    tiny changes without a text.
    """
    title = plain_title(pull_request.title)
    if is_by_dependency_bot(pull_request, is_bot=is_bot(pull_request)):
        return _dependency_answer("dependency bot", title, is_security=is_security_update(pull_request))
    if pull_request.files and all(is_lock_file(file.path) for file in pull_request.files):
        return _dependency_answer("lock files only", title, is_security=is_security_update(pull_request))
    if is_only_revert(pull_request.title, pull_request.body, pull_request.head_ref):
        return RuleAnswer("automatic revert", "bugfix", title, "medium", ("reverts_earlier_change",))
    if not pull_request.body.strip() and pull_request.files and lines <= FEW_LINES:
        decided = decide_work_type(pull_request)
        work_type = decided.work_type if decided else "chore"
        return RuleAnswer("few lines and no text", work_type, title, "low", ("small_change",))
    return None


def plain_title(title: str) -> str:
    """Return the title as a summary: one sanitised line without secrets."""
    return redact(sanitise_line(title)).text[:MAX_SUMMARY_LENGTH] or "(no title)"


def _dependency_answer(reason: str, title: str, *, is_security: bool) -> RuleAnswer:
    """Return the answer for an update; one that closes a vulnerability is never a low risk, neither taken nor left."""
    is_major = is_major_upgrade(title)
    return RuleAnswer(
        reason,
        "security" if is_security else "dependency",
        title,
        "medium" if is_major or is_security else "low",
        ("major_upgrade",) if is_major else ("dependency_update",),
    )
