"""Stored raw responses, so that a new validation or a new field can read them without another request.

The newest response of each pull request, prompt version and model is kept, whether it was valid or not: a stricter
or a more lenient validation reads the same text again.
"""

import asyncio
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

from tasks.llm.errors import PullRequestFailed
from tasks.llm.prompt.answer_schema import parse_answer
from tasks.llm.prompt.answered import ParsedCompletion
from tasks.llm.provider.providers import resolve_price
from tasks.llm.provider.rate_limiter import Clock
from tasks.llm.provider.responses import parse_completion
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.analysis_rows import RunContext, answer_row, make_merges
from tasks.llm.run.candidates import Candidate, Row, Versions
from tasks.llm.run.prior_attempts import PriorAttempts, read_prior_attempts
from tasks.llm.run.rule_pass import RulePass
from tasks.llm.run.sizing import max_input_bytes
from tasks.llm.run.tally import OnProgress, Tally
from warehouse.connection import Warehouse
from warehouse.progress import Run, moved
from warehouse.store import commit


def read_replies(warehouse: Warehouse, candidates: Sequence[Candidate], versions: Versions) -> dict[str, str]:
    """Read by pull request the stored response of this model to this prompt version and this same text."""
    rows = warehouse.read(
        _REPLIES, [[candidate.pull_request.id for candidate in candidates], versions.prompt, versions.model]
    )
    hashes = {candidate.pull_request.id: candidate.prompt.input_hash for candidate in candidates}
    return {
        row["pull_request_id"]: zlib.decompress(row["body"]).decode()
        for row in rows.iter_rows(named=True)
        if row["input_hash"] == hashes[row["pull_request_id"]]
    }


_REPLIES = """
SELECT pull_request_id, input_hash, body FROM llm_replies
WHERE pull_request_id IN (SELECT unnest(?)) AND prompt_version = ? AND model = ?
"""


async def replay_replies(
    warehouse: Warehouse, run: Run, settings: LlmSettings, *, clock: Clock, on_progress: OnProgress
) -> Tally:
    """Analyse what is pending in the run's team and phase from stored responses: nothing is sent, no key is needed.

    Pull requests without a stored response, or with one that is no longer valid, stay pending for a run that sends
    requests.
    """
    replay = _Replay(warehouse, run, settings, clock)
    return await replay.run_all(on_progress)


class _Replay:
    def __init__(self, warehouse: Warehouse, run: Run, settings: LlmSettings, clock: Clock) -> None:
        self._warehouse, self._run, self._clock = warehouse, run, clock
        versions = Versions(settings.model).in_language(settings.summary_language).of_team(warehouse, run.team_id)
        self._context = RunContext(run.run_id, run.team_id, settings.provider, versions, resolve_price(settings))
        self._rule_pass = RulePass(
            warehouse, run, self._context, max_input_bytes(settings), write=self._write, now=self._now
        )
        self._tally, self._prior = Tally(), PriorAttempts()

    async def run_all(self, on_progress: OnProgress) -> Tally:
        todo = by_model = 0
        self._prior = await asyncio.to_thread(read_prior_attempts, self._warehouse, self._run.run_id)
        async for candidates in self._rule_pass.needing_model():
            replies = await asyncio.to_thread(read_replies, self._warehouse, candidates, self._context.versions)
            rows = [
                row for candidate in candidates if (row := self._row(candidate, replies.get(candidate.pull_request.id)))
            ]
            todo, by_model = todo + len(candidates), by_model + len(rows)
            by_rule = self._rule_pass.by_rule
            self._tally = Tally(None, by_rule, by_model)
            await self._write(rows)
            await on_progress(self._tally)
        by_rule = self._rule_pass.by_rule
        self._tally = Tally(by_rule + todo, by_rule, by_model, stopped_because=_stop_reason(todo - by_model))
        await self._write([])
        await on_progress(self._tally)
        return self._tally

    def _row(self, candidate: Candidate, body: str | None) -> Row | None:
        """Make the row of a stored response, without latency and attempts, which stay as they are."""
        if body is None:
            return None
        try:
            completion = parse_completion(body)
            answer = parse_answer(completion.content, candidate.prompt.text())
        except PullRequestFailed:
            return None
        parsed = ParsedCompletion(
            answer=answer,
            model=completion.model,
            request_id=completion.request_id,
            finish_reason=completion.finish_reason,
            usage=completion.usage,
            latency_ms=0,
            attempts=1,
            is_truncated=candidate.prompt.is_truncated,
            body=body,
        )
        row = answer_row(candidate, parsed, self._context, self._now())
        return {name: value for name, value in row.items() if name not in {"latency_ms", "attempts"}}

    async def _write(self, rows: Sequence[Row]) -> None:
        prior = self._prior  # a replay itself costs nothing
        columns = {
            **self._tally.columns(prior),
            "llm_requests": prior.requests,
            "llm_tokens": prior.tokens,
            "llm_cost_usd": prior.cost_usd,
        }
        await asyncio.to_thread(commit, self._warehouse, *make_merges(rows), moved(self._run, self._now(), **columns))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _stop_reason(left: int) -> str | None:
    if not left:
        return None
    return f"{left:,} pull requests have no valid stored response: run `prflow analyse` without --replay for them."
