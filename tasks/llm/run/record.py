"""Rows of `pr_analysis`: the rules' part, which every row has, and what a model or its failure adds."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from tasks.llm.errors import AnswerRefused, PullRequestUnread
from tasks.llm.provider.client import Reading
from tasks.llm.provider.providers import Price
from tasks.llm.rules.evidence import FIRST_TOOL_AT
from tasks.llm.run.pending import Item, Versions
from warehouse.schema import frame, pr_analysis
from warehouse.store import Merge

SIMULATED = "simulated"

Row = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """What all rows of a run share. `price` is None where the model's price is not known."""

    run_id: str
    team_id: str
    provider: str
    versions: Versions
    price: Price | None

    def cost(self, prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> float | None:
        return self.price.cost(prompt_tokens, cached_tokens, completion_tokens) if self.price else None


def rule_row(item: Item, context: Context, now: datetime) -> Row | None:
    """The whole row of a pull request that the rules settle; None where they do not."""
    settled = item.ruling.settled
    if settled is None:
        return None
    return {
        **_base(item, context, now),
        **_rule_evidence(item),
        **_no_call(),
        "status": "done",
        "source": "rule",
        "work_type": settled.work_type,
        "work_type_source": "rule",
        "summary": settled.summary,
        "risk": settled.risk,
        "risk_reasons": list(settled.risk_reasons),
        "review_quality": None,
        "technologies": [],
        "confidence": "high",
    }


def answer_row(item: Item, reading: Reading, context: Context, now: datetime) -> Row:
    """The row of an answer; where the rules know better, they win."""
    answer, usage = reading.answer, reading.usage
    return {
        **_base(item, context, now),
        **_call(item, context),
        "status": "done",
        "source": "llm",
        "work_type": item.ruling.work_type or answer.work_type,
        "work_type_source": "rule" if item.ruling.work_type else "llm",
        "summary": answer.summary,
        "risk": answer.risk,
        "risk_reasons": list(answer.risk_reasons),
        "review_quality": None if answer.review_quality == "not_given" else answer.review_quality,
        **_evidence(item, reading),
        "technologies": list(answer.technologies),
        "confidence": answer.confidence,
        "provider": SIMULATED if reading.model == SIMULATED else context.provider,
        "error_code": None,
        "attempts": reading.attempts,
        "failed_runs": 0,
        "prompt_tokens": usage.prompt_tokens,
        "cached_tokens": usage.cached_tokens,
        "completion_tokens": usage.completion_tokens,
        "cost_usd": context.cost(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens),
        "latency_ms": reading.latency_ms,
        "request_id": reading.request_id,
        "finish_reason": reading.finish_reason,
        "is_truncated": reading.is_truncated,
    }


def failure_row(item: Item, error: PullRequestUnread, context: Context, now: datetime) -> Row:
    """Only what the failure changes: an answer of an earlier version stays until a better one comes."""
    failed_before = item.known.failed_runs_on(item.prompt, context.run_id) if item.known else 0
    return {
        **_base(item, context, now),
        **_call(item, context),
        **({} if item.known else _rule_evidence(item)),
        "status": "refused" if isinstance(error, AnswerRefused) else "failed",
        "source": "llm",
        **({"work_type": item.ruling.work_type, "work_type_source": "rule"} if item.ruling.work_type else {}),
        "error_code": error.code,
        "attempts": error.attempts,
        "failed_runs": failed_before + 1,
        "prompt_tokens": error.prompt_tokens,
        "completion_tokens": error.completion_tokens,
        "cost_usd": context.cost(error.prompt_tokens, 0, error.completion_tokens),
    }


def refreshed_row(item: Item, context: Context) -> Row | None:
    """The rules' part anew, where it has changed since the row was written; None where it has not.

    `run_id` and `analysed_at` stay: the answer is as old as it was.
    """
    if item.known is None:
        return None
    fresh = _rules(item, context)
    if item.ruling.evidence is not None and item.ruling.evidence.level != "mentioned":
        fresh |= _rule_evidence(item)
    return None if item.known.says(fresh) else fresh


def reply_row(item: Item, body: str, context: Context, now: datetime) -> Row:
    """A row of `llm_replies`."""
    return {
        "pull_request_id": item.pull_request.id,
        "team_id": context.team_id,
        "prompt_version": context.versions.prompt,
        "schema_version": context.versions.schema,
        "model": context.versions.model,
        "input_hash": item.prompt.input_hash,
        "body": zlib.compress(body.encode()),
        "received_at": now,
    }


def merges(rows: Sequence[Row], table: Table = pr_analysis) -> list[Merge]:
    """One write for each set of columns among the rows."""
    by_columns: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(sorted(row)), []).append(row)
    return [Merge(table, frame(table, group, columns)) for columns, group in by_columns.items()]


def _rules(item: Item, context: Context) -> Row:
    ruling = item.ruling
    return {
        "pull_request_id": item.pull_request.id,
        "team_id": context.team_id,
        "is_bot": ruling.is_bot,
        "is_revert": ruling.is_revert,
        "reverts_number": ruling.reverts_number,
        "is_hotfix": ruling.is_hotfix,
        "size_bucket": ruling.size_bucket,
        "size_lines": ruling.size_lines,
        "languages": list(ruling.languages),
        "is_ai_reviewed": ruling.is_ai_reviewed,
        "rules_version": context.versions.rules,
    }


def _base(item: Item, context: Context, now: datetime) -> Row:
    return {
        **_rules(item, context),
        "input_hash": item.prompt.input_hash,
        "redactions": item.prompt.redactions,
        "is_truncated": item.prompt.is_truncated,
        "is_injection_suspected": item.prompt.is_injection_suspected,
        "run_id": context.run_id,
        "analysed_at": now,
    }


def _call(item: Item, context: Context) -> Row:
    versions = context.versions
    return {
        "prompt_version": versions.prompt,
        "schema_version": versions.schema,
        "model": versions.model,
        "provider": context.provider,
    }


def _no_call() -> Row:
    names = (
        "prompt_version", "schema_version", "model", "provider", "error_code", "prompt_tokens", "cached_tokens",
        "completion_tokens", "cost_usd", "latency_ms", "request_id", "finish_reason",
    )  # fmt: skip
    return {**dict.fromkeys(names), "attempts": 0, "failed_runs": 0}


_NO_EVIDENCE: Row = {
    "ai_level": "none", "ai_tool": None, "ai_evidence": None, "ai_evidence_kind": None, "ai_evidence_place": None,
    "ai_signature": None,
}  # fmt: skip


def _rule_evidence(item: Item) -> Row:
    evidence = item.ruling.evidence
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


def _evidence(item: Item, reading: Reading) -> Row:
    """By the rules where they found that a tool took part; else what the model can quote, never as authored.

    That an agent opened it is a fact of accounts and branches, which only the rules can see.
    """
    answer, evidence, opened = reading.answer, item.ruling.evidence, item.pull_request.created_at
    is_too_early = opened is not None and opened < FIRST_TOOL_AT
    strong = evidence is not None and evidence.level != "mentioned"
    if strong or is_too_early or answer.ai_level == "none" or (evidence and answer.ai_level == "mentioned"):
        return _rule_evidence(item)
    return {
        **_NO_EVIDENCE,
        "ai_level": "mentioned" if answer.ai_level == "mentioned" else "assisted",
        "ai_evidence": answer.ai_evidence,
        "ai_evidence_kind": "llm",
    }
