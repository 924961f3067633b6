"""Read a drawn part of the answered pull requests a second time, with their fields in another order.

How often the answer is another says how far one answer may be trusted. It is measured once nothing is pending, within
the rate and the caps of all requests.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.llm.errors import AnalysisStopped, LlmError, PullRequestFailed
from tasks.llm.prompt.answer_schema import Answer, parse_answer
from tasks.llm.prompt.answered import ParsedCompletion
from tasks.llm.prompt.prompt import Prompt
from tasks.llm.provider.providers import resolve_price
from tasks.llm.provider.rate_limiter import Clock, Sleep, open_rate_limiter
from tasks.llm.provider.responses import Usage, parse_completion
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.provider.token_estimate import estimate_tokens
from tasks.llm.run.analysis_rows import make_merges
from tasks.llm.run.candidates import Candidate, Row, Versions, read_candidates
from tasks.llm.run.drawn import MAX_A_RUN, is_drawn
from tasks.llm.run.model_client import ModelClient
from tasks.llm.run.replies import read_replies
from tasks.llm.run.sizing import max_concurrency, max_input_bytes
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.schema import second_readings
from warehouse.store import commit


@dataclass(frozen=True)
class SecondReadings:
    """How many were read a second time in this run, and why it stopped early; empty if it did not."""

    read: int = 0
    stopped_because: str = ""


async def read_again(
    warehouse: Warehouse, run: Run, settings: LlmSettings, *, clock: Clock, sleep: Sleep
) -> SecondReadings:
    """Read what is drawn of the run's team and was not read twice yet, and store both answers.

    An error of the model ends it without one: what was read is kept, and the next run goes on.
    """
    drawing = _Drawing(warehouse, run, settings)
    candidates = await asyncio.to_thread(drawing.read_candidates) if settings.second_reading_share else []
    if not candidates:
        return SecondReadings()
    limiter = open_rate_limiter(settings, warehouse.settings.home, clock=clock, sleep=sleep)
    try:
        async with ModelClient(settings, limiter, clock=clock) as client:
            return await _read(client, drawing, candidates, clock)
    except LlmError as error:
        return SecondReadings(0, str(error))
    finally:
        limiter.close()


async def _read(
    client: ModelClient, drawing: "_Drawing", candidates: Sequence[Candidate], clock: Clock
) -> SecondReadings:
    read, began = 0, clock()
    while read < len(candidates):
        size = max_concurrency(drawing.settings, client.latencies)
        batch = candidates[read : read + size]
        if stopped := drawing.find_obstacle(client.usage, batch, clock() - began):
            return SecondReadings(read, stopped)
        answers = await asyncio.gather(*(client.complete(_reorder(each)) for each in batch), return_exceptions=True)
        now = datetime.fromtimestamp(clock(), UTC)
        await asyncio.to_thread(drawing.store, batch, answers, now)
        for answer in answers:
            if isinstance(answer, AnalysisStopped):
                return SecondReadings(read, str(answer))
            if isinstance(answer, BaseException) and not isinstance(answer, PullRequestFailed):
                raise answer
        read += len(batch)
    return SecondReadings(read)


def _reorder(candidate: Candidate) -> Prompt:
    return candidate.prompt.reordered(candidate.prompt.input_hash)


class _Drawing:
    """What is drawn of one team, and the rows that come of it."""

    def __init__(self, warehouse: Warehouse, run: Run, settings: LlmSettings) -> None:
        self._warehouse, self._run, self.settings = warehouse, run, settings
        self._versions = Versions(settings.model).in_language(settings.summary_language)
        self._first: dict[str, Row] = {}

    def read_candidates(self) -> list[Candidate]:
        """Read the drawn pull requests whose text is the one that was answered."""
        versions = self._versions
        parameters = [self._run.team_id, versions.prompt, versions.schema, versions.model]
        rows = self._warehouse.read(_ANSWERED, parameters).iter_rows(named=True)
        share = self.settings.second_reading_share
        self._first = {row["pull_request_id"]: row for row in rows if is_drawn(row["pull_request_id"], share)}
        ids = list(self._first)[:MAX_A_RUN]
        found = read_candidates(self._warehouse, ids, max_input_bytes(self.settings))
        same = [one for one in found if one.prompt.input_hash == self._first[one.pull_request.id]["input_hash"]]
        self._add_levels(same)
        return same

    def find_obstacle(self, used: Usage, batch: Sequence[Candidate], seconds: float) -> str:
        """Say which cap of the run one more batch would exceed; empty if none."""
        settings, price = self.settings, resolve_price(self.settings)
        if settings.max_seconds is not None and seconds > settings.max_seconds:
            return "The run reached PRFLOW_LLM_MAX_SECONDS."
        if settings.max_cost_usd is None or price is None:
            return ""
        row = self._warehouse.read_one("SELECT llm_cost_usd FROM pipeline_runs WHERE run_id = ?", [self._run.run_id])
        spent = float((row or {}).get("llm_cost_usd") or 0.0)
        spent += price.cost(used.prompt_tokens, used.cached_tokens, used.completion_tokens)
        size = sum(len(str(each["content"])) for one in batch for each in one.prompt.messages("", ""))
        more = price.cost(estimate_tokens(size), 0, settings.max_completion_tokens * len(batch))
        return "The run reached PRFLOW_LLM_MAX_COST_USD." if spent + more > settings.max_cost_usd else ""

    def store(
        self, batch: Sequence[Candidate], answers: Sequence[ParsedCompletion | BaseException], now: datetime
    ) -> None:
        """Store both answers, or why there is no second one."""
        rows = [self._row(one, answer, now) for one, answer in zip(batch, answers, strict=True)]
        merges = make_merges([row for row in rows if row is not None], second_readings)
        if merges:
            commit(self._warehouse, *merges)

    def _row(self, candidate: Candidate, answer: ParsedCompletion | BaseException, now: datetime) -> Row | None:
        versions, first = self._versions, self._first[candidate.pull_request.id]
        row = {
            "pull_request_id": candidate.pull_request.id,
            "team_id": self._run.team_id,
            "prompt_version": versions.prompt,
            "schema_version": versions.schema,
            "model": versions.model,
            "input_hash": candidate.prompt.input_hash,
            "run_id": self._run.run_id,
            "read_at": now,
            **{f"first_{name}": first.get(name) for name in ("work_type", "risk", "ai_level")},
        }
        if isinstance(answer, PullRequestFailed):
            usage = Usage(answer.prompt_tokens, 0, answer.completion_tokens)
            return row | self._cost(usage) | {"error_code": answer.code}
        if isinstance(answer, BaseException):
            return None
        second = {f"second_{name}": getattr(answer.answer, name) for name in ("work_type", "risk", "ai_level")}
        return row | self._cost(answer.usage) | second | {"error_code": None}

    def _cost(self, usage: Usage) -> Row:
        price = resolve_price(self.settings)
        cost = price.cost(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) if price else None
        return {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "cost_usd": cost,
        }

    def _add_levels(self, candidates: Sequence[Candidate]) -> None:
        """Add the model's own AI level, which only its reply has: the rules may have decided another."""
        replies = read_replies(self._warehouse, candidates, self._versions)
        for candidate in candidates:
            body = replies.get(candidate.pull_request.id)
            answer = _parse(body, candidate) if body else None
            if answer is not None:
                self._first[candidate.pull_request.id]["ai_level"] = answer.ai_level


def _parse(body: str, candidate: Candidate) -> Answer | None:
    try:
        return parse_answer(parse_completion(body).content, candidate.prompt.text())
    except PullRequestFailed:
        return None


_ANSWERED = """
SELECT a.pull_request_id, a.input_hash, a.work_type_by_model AS work_type, a.risk
FROM pr_analysis a
LEFT JOIN second_readings s ON s.pull_request_id = a.pull_request_id AND s.prompt_version = a.prompt_version
    AND s.model = a.model AND s.input_hash = a.input_hash
WHERE a.team_id = ? AND a.status = 'done' AND a.source = 'llm'
  AND a.prompt_version = ? AND a.schema_version = ? AND a.model = ? AND s.pull_request_id IS NULL
ORDER BY a.analysed_at DESC, a.pull_request_id
"""
