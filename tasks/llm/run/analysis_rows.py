"""Make the rows of `pr_analysis`: the rules' part, which every row has, and what the model or its failure adds."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table

from tasks.llm.errors import AnswerRefused, InputTooLong, PullRequestFailed
from tasks.llm.prompt.answered import ParsedCompletion
from tasks.llm.provider.providers import Price
from tasks.llm.rules.ai_evidence import FIRST_TOOL_AT
from tasks.llm.rules.rules import plain_title
from tasks.llm.run.candidates import MAX_FAILED_RUNS, Candidate, Row, Versions
from warehouse.schema import frame, pr_analysis
from warehouse.store import Merge

SIMULATED = "simulated"
POSTPONED = "postponed"
"""The error code of a pull request that a run left to the next one, which is to begin with others."""


@dataclass(frozen=True)
class RunContext:
    """Values that all rows of a run share. `price` is None if the price of the model is not known."""

    run_id: str
    team_id: str
    provider: str
    versions: Versions
    price: Price | None

    def cost(self, prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> float | None:
        return self.price.cost(prompt_tokens, cached_tokens, completion_tokens) if self.price else None


def rule_row(candidate: Candidate, context: RunContext, now: datetime) -> Row | None:
    """Make the complete row of a pull request that the rules answer; None if they do not."""
    answer = candidate.rules.answer
    if answer is None:
        return None
    return {
        **_base(candidate, context, now),
        **_rule_evidence(candidate),
        **_no_call(),
        "status": "done",
        "source": "rule",
        "work_type": answer.work_type,
        "work_type_source": "rule",
        "work_type_by_rule": answer.work_type,
        "work_type_by_model": None,
        "summary": answer.summary,
        "risk": answer.risk,
        "risk_reasons": list(answer.risk_reasons),
        "review_quality": None,
        "technologies": [],
        "confidence": "high",
    }


def rules_alone_row(candidate: Candidate, context: RunContext, now: datetime) -> Row | None:
    """Make the row of a pull request that only a model could answer, for a team without one.

    It has no risk, and no work type unless the rules tell it. An answer that a model gave earlier stays: only the
    rules' part of its row is made again, None if that has not changed.
    """
    if candidate.stored is not None and candidate.stored.row["source"] == "llm":
        return refreshed_row(candidate, context)
    return {
        **_base(candidate, context, now),
        **_rule_evidence(candidate),
        **_no_call(),
        **_work_type(candidate, None, None),
        "status": "done",
        "source": "rule",
        "work_type_source": "rule",
        "summary": plain_title(candidate.pull_request.title),
        "risk": None,
        "risk_reasons": list(candidate.rules.risk_facts),
        "review_quality": None,
        "technologies": [],
        "confidence": None,
    }


def answer_row(candidate: Candidate, completion: ParsedCompletion, context: RunContext, now: datetime) -> Row:
    """Make the row of an answer; the rules take precedence if they know better."""
    answer, usage = completion.answer, completion.usage
    return {
        **_base(candidate, context, now),
        **_call(candidate, context),
        "status": "done",
        "source": "llm",
        **_work_type(candidate, answer.work_type, answer.confidence),
        "summary": answer.summary,
        "risk": answer.risk,
        "risk_reasons": list(dict.fromkeys([*answer.risk_reasons, *candidate.rules.risk_facts])),
        "review_quality": None,
        **_evidence(candidate, completion),
        "technologies": list(answer.technologies),
        "confidence": answer.confidence,
        "provider": SIMULATED if completion.model == SIMULATED else context.provider,
        "error_code": None,
        "attempts": completion.attempts,
        "failed_runs": 0,
        "prompt_tokens": usage.prompt_tokens,
        "cached_tokens": usage.cached_tokens,
        "completion_tokens": usage.completion_tokens,
        "cost_usd": context.cost(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens),
        "latency_ms": completion.latency_ms,
        "request_id": completion.request_id,
        "finish_reason": completion.finish_reason,
        "is_truncated": completion.is_truncated,
    }


def failure_row(candidate: Candidate, error: PullRequestFailed, context: RunContext, now: datetime) -> Row:
    """Make a row of only what the failure changes: an answer of an earlier version stays until there is a new one.

    An input that is too long is final. One whose turn did not come for a rate limit has not failed in this run.
    """
    failed_before = candidate.stored.failed_runs_on(candidate.prompt, context.run_id) if candidate.stored else 0
    failed_runs = MAX_FAILED_RUNS if isinstance(error, InputTooLong) else failed_before + (error.code != POSTPONED)
    return {
        **_base(candidate, context, now),
        **_call(candidate, context),
        **({} if candidate.stored else _rule_evidence(candidate)),
        "status": "refused" if isinstance(error, AnswerRefused) else "failed",
        "source": "llm",
        **(_work_type(candidate, None, None) if candidate.rules.work_type else {}),
        "error_code": error.code,
        "attempts": error.attempts,
        "failed_runs": failed_runs,
        "prompt_tokens": error.prompt_tokens,
        "completion_tokens": error.completion_tokens,
        "cost_usd": context.cost(error.prompt_tokens, 0, error.completion_tokens),
    }


def refreshed_row(candidate: Candidate, context: RunContext) -> Row | None:
    """Make a row of the rules' part if it has changed since the row was written, else return None.

    `run_id` and `analysed_at` stay, since the answer is as old as before.
    """
    if candidate.stored is None:
        return None
    row = _rules(candidate, context)
    by_model, confidence = candidate.stored.work_type_by_model()
    if by_model or candidate.rules.work_type:
        row |= _work_type(candidate, by_model, confidence)
    if _is_decided(candidate) or candidate.stored.row["ai_evidence_kind"] != "llm":
        row |= _rule_evidence(candidate)
    return None if candidate.stored.matches(row) else row


def reply_row(candidate: Candidate, body: str, context: RunContext, now: datetime) -> Row:
    """Make a row of `llm_replies`."""
    return {
        "pull_request_id": candidate.pull_request.id,
        "team_id": context.team_id,
        "prompt_version": context.versions.prompt,
        "schema_version": context.versions.schema,
        "model": context.versions.model,
        "input_hash": candidate.prompt.input_hash,
        "body": zlib.compress(body.encode()),
        "received_at": now,
    }


def make_merges(rows: Sequence[Row], table: Table = pr_analysis) -> list[Merge]:
    """Make one write for each set of columns among the rows."""
    by_columns: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_columns.setdefault(tuple(sorted(row)), []).append(row)
    return [Merge(table, frame(table, group, columns)) for columns, group in by_columns.items()]


def _rules(candidate: Candidate, context: RunContext) -> Row:
    rules = candidate.rules
    return {
        "pull_request_id": candidate.pull_request.id,
        "team_id": context.team_id,
        "is_bot": rules.is_bot,
        "is_revert": rules.is_revert,
        "reverts_number": rules.reverts_number,
        "is_hotfix": rules.is_hotfix,
        "size_bucket": rules.size_bucket,
        "size_lines": rules.size_lines,
        "languages": list(rules.languages),
        "is_ai_reviewed": rules.is_ai_reviewed,
        "ai_tools": list(rules.findings.tools),
        "ai_signatures": list(rules.findings.signatures),
        "ai_commit_share": rules.findings.commit_share,
        "rules_version": context.versions.rules,
    }


def _base(candidate: Candidate, context: RunContext, now: datetime) -> Row:
    return {
        **_rules(candidate, context),
        "input_hash": candidate.prompt.input_hash,
        "redactions": candidate.prompt.redactions,
        "is_truncated": candidate.prompt.is_truncated,
        "is_injection_suspected": candidate.prompt.is_injection_suspected,
        "run_id": context.run_id,
        "analysed_at": now,
    }


def _call(candidate: Candidate, context: RunContext) -> Row:
    versions = context.versions
    return {
        "prompt_version": versions.prompt,
        "schema_version": versions.schema,
        "model": versions.model,
        "provider": context.provider,
    }


_CALL_COLUMNS = (
    "prompt_version",
    "schema_version",
    "model",
    "provider",
    "error_code",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "cost_usd",
    "latency_ms",
    "request_id",
    "finish_reason",
)


def _no_call() -> Row:
    return {**dict.fromkeys(_CALL_COLUMNS), "attempts": 0, "failed_runs": 0}


_NO_EVIDENCE: Row = {
    "ai_level": "none",
    "ai_tool": None,
    "ai_evidence": None,
    "ai_evidence_kind": None,
    "ai_evidence_place": None,
    "ai_signature": None,
}


def _rule_evidence(candidate: Candidate) -> Row:
    evidence = candidate.rules.evidence
    if evidence is None:
        return _NO_EVIDENCE
    return {
        "ai_level": evidence.level,
        "ai_tool": evidence.tool,
        "ai_evidence": evidence.quote,
        "ai_evidence_kind": evidence.kind,
        "ai_evidence_place": evidence.where,
        "ai_signature": evidence.signature,
    }


def _work_type(candidate: Candidate, by_model: str | None, confidence: str | None) -> Row:
    """Combine the rules' work type with the model's: what the rules only guess, a model that is sure may correct."""
    by_rule = candidate.rules.work_type
    is_sure = by_model not in {None, "unclear"} and confidence != "low"
    is_by_rule = by_rule is not None and not (candidate.rules.is_work_type_guessed and is_sure)
    return {
        "work_type": by_rule if is_by_rule else by_model,
        "work_type_source": "rule" if is_by_rule else "llm",
        "work_type_by_rule": by_rule,
        "work_type_by_model": by_model,
    }


def _is_decided(candidate: Candidate) -> bool:
    """Return True if the rules found more than a mention: the model has no say then."""
    return candidate.rules.evidence is not None and candidate.rules.evidence.level != "mentioned"


def _evidence(candidate: Candidate, completion: ParsedCompletion) -> Row:
    """Return the rules' evidence if it says more than a mention, else the model's quote, never as `authored`.

    Whether an agent opened the pull request shows in accounts and branches, which only the rules see.
    """
    answer, evidence, created_at = completion.answer, candidate.rules.evidence, candidate.pull_request.created_at
    is_too_early = created_at is not None and created_at < FIRST_TOOL_AT
    if (
        _is_decided(candidate)
        or is_too_early
        or answer.ai_level == "none"
        or (evidence and answer.ai_level == "mentioned")
    ):
        return _rule_evidence(candidate)
    return {
        **_NO_EVIDENCE,
        "ai_level": "mentioned" if answer.ai_level == "mentioned" else "assisted",
        "ai_evidence": answer.ai_evidence,
        "ai_evidence_kind": "llm",
    }
