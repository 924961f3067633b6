"""Analyse the pending pull requests of a team: rules first, then the model, newest first.

Answers are committed about once a second, together with the leases that they end and the progress of the run: a
kill loses only the requests in flight. No transaction is held open over a request.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tasks.llm.errors import (
    AnalysisFailed,
    AnalysisPaused,
    AnalysisStopped,
    AnswersUnusable,
    BudgetExhausted,
    ProviderDown,
    PullRequestFailed,
    RateLimitedTooOften,
)
from tasks.llm.prompt.answered import ParsedCompletion
from tasks.llm.prompt.prompt import INSTRUCTIONS
from tasks.llm.provider.providers import require_key, require_price, resolve_price
from tasks.llm.provider.rate_limiter import Clock, Sleep, open_rate_limiter
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.provider.token_estimate import BYTES_PER_TOKEN
from tasks.llm.run.analysis_rows import POSTPONED, RunContext, answer_row, failure_row, reply_row
from tasks.llm.run.candidates import Candidate, Row, Versions
from tasks.llm.run.leases import Leases
from tasks.llm.run.model_client import ModelClient
from tasks.llm.run.pending_queue import MAX_BATCH_SIZE, PendingQueue
from tasks.llm.run.prior_attempts import PriorAttempts, read_prior_attempts
from tasks.llm.run.result_writer import ResultWriter
from tasks.llm.run.rule_pass import RulePass
from tasks.llm.run.sizing import max_concurrency, max_input_bytes
from tasks.llm.run.tally import OnProgress, Tally
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.sources import MODEL, MODEL_AWAY

# After this many failures without an answer in between, the provider is down or the configuration is wrong.
MAX_CONSECUTIVE_FAILURES = 12
# After this many answers in a row that cannot be read, the model does not do what it is asked to.
MAX_CONSECUTIVE_UNUSABLE = 50
# How long the loop sleeps if nothing happens; commits and waits are looked after in between.
TICK_SECONDS = 0.25
# A shorter wait is just the rate limit at work and not worth showing.
MIN_SHOWN_WAIT_SECONDS = 5.0

Calls = dict["asyncio.Task[ParsedCompletion]", Candidate]


async def analyse_pending(
    warehouse: Warehouse,
    run: Run,
    settings: LlmSettings,
    home: Path,
    *,
    clock: Clock,
    sleep: Sleep,
    on_progress: OnProgress,
) -> Tally:
    """Analyse what is pending in the run's team and phase, and return the final tally.

    NotConfigured without a key, before anything is sent; AnalysisFailed if a person has to act. What was analysed
    until then is kept in every case. `clock` gives seconds since 1970.
    """
    require_key(settings)
    require_price(settings)
    limiter = open_rate_limiter(settings, home, clock=clock, sleep=sleep)
    try:
        async with ModelClient(settings, limiter, clock=clock) as client:
            return await _Analysis(warehouse, run, settings, client, clock, sleep, on_progress).run_all()
    finally:
        limiter.close()


class _Analysis:
    """One run over the pending pull requests of one team."""

    def __init__(
        self,
        warehouse: Warehouse,
        run: Run,
        settings: LlmSettings,
        client: ModelClient,
        clock: Clock,
        sleep: Sleep,
        on_progress: OnProgress,
    ) -> None:
        self._warehouse, self._run, self._settings = warehouse, run, settings
        self._client, self._limiter, self._clock, self._on_progress = client, client.limiter, clock, on_progress
        versions, self._max_bytes = (
            Versions(settings.model).in_language(settings.summary_language).of_team(warehouse, run.team_id),
            max_input_bytes(settings),
        )
        self._context = RunContext(run.run_id, run.team_id, settings.provider, versions, resolve_price(settings))
        self._leases = Leases(warehouse, run.team_id, run.run_id)
        self._writer = ResultWriter(
            warehouse, run, self._leases, clock=clock, now=self._now, progress=self._progress_columns
        )
        self._rule_pass = RulePass(
            warehouse, run, self._context, self._max_bytes, write=self._writer.write, now=self._now
        )
        self._queue = PendingQueue(
            warehouse,
            self._leases,
            versions,
            batch_size=min(settings.rpm // 10, MAX_BATCH_SIZE),
            max_bytes=self._max_bytes,
            now=self._now,
            sleep=sleep,
        )
        self._tally, self._prior = Tally(), PriorAttempts()
        self._sent = self._unusable_in_a_row = 0
        self._started_at = 0.0
        self._stop: AnalysisStopped | None = None

    async def run_all(self) -> Tally:
        await asyncio.to_thread(self._leases.open, self._now())
        try:
            await self._apply_rules()
            await self._ask_model()
            self._check_remaining_failures()
        finally:
            self._limiter.waiting_until = self._client.away_until = None
            if isinstance(self._stop, AnalysisFailed):
                self._discard_failures()
            await self._writer.close()
        if isinstance(self._stop, AnalysisFailed):
            raise self._stop
        return self._current_tally()

    async def _apply_rules(self) -> None:
        """Write what needs no model, update the rules' part of the rest, and count what remains."""
        self._prior = await asyncio.to_thread(read_prior_attempts, self._warehouse, self._run.run_id)
        async for candidates in self._rule_pass.needing_model():
            self._queue.add(candidates)
        self._tally = Tally(todo=self._rule_pass.by_rule + self._queue.count, by_rule=self._rule_pass.by_rule)
        await self._writer.write([])
        await self._on_progress(self._tally)

    # --- the model -----------------------------------------------------------------------------------

    async def _ask_model(self) -> None:
        calls: Calls = {}
        self._started_at = self._clock()
        try:
            while True:
                self._send_more(calls)
                if not calls and (self._stop is not None or not await self._queue.has_more()):
                    return
                await self._wait_for_any(calls)
                self._collect(calls)
                self._check_time_limit()
                if self._writer.commit_if_due():
                    await self._on_progress(self._current_tally())
        finally:
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            await self._queue.close()

    def _send_more(self, calls: Calls) -> None:
        max_calls = max_concurrency(self._settings, self._client.latencies)
        while self._stop is None and len(calls) < max_calls and not self._is_capped(len(calls)):
            candidate = self._queue.take()
            if candidate is None:
                return
            calls[asyncio.create_task(self._client.complete(candidate.prompt))] = candidate
            self._sent += 1

    async def _wait_for_any(self, calls: Calls) -> None:
        if calls:
            loading = [self._queue.loading] if self._queue.loading else []
            await asyncio.wait([*calls, *loading], timeout=TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    def _check_time_limit(self) -> None:
        """Stop sending after `max_seconds`; requests in flight may finish."""
        max_seconds = self._settings.max_seconds
        if self._stop is None and max_seconds is not None and self._clock() - self._started_at > max_seconds:
            self._stop_sending(
                BudgetExhausted(f"The run reached PRFLOW_LLM_MAX_SECONDS: it used the model for {max_seconds:g} s.")
            )

    def _is_capped(self, in_flight: int) -> bool:
        """Return True if one more request could exceed a cap, those in flight counted as done."""
        if self._settings.limit is not None and self._sent >= self._settings.limit:
            self._stop = BudgetExhausted(
                f"The run reached its limit of {self._settings.limit} pull requests for the model."
            )
        cap, price = self._settings.max_cost_usd, self._context.price
        if cap is not None and price is not None:
            prompt_tokens = int((self._max_bytes + len(INSTRUCTIONS)) / BYTES_PER_TOKEN)
            max_cost = price.cost(prompt_tokens, 0, self._settings.max_completion_tokens)
            if self._cost() + (in_flight + 1) * max_cost > cap:
                self._stop = BudgetExhausted(
                    f"The run reached PRFLOW_LLM_MAX_COST_USD: it has cost {self._cost():.4f} USD."
                )
        return self._stop is not None

    def _collect(self, calls: Calls) -> None:
        for call in [call for call in calls if call.done()]:
            candidate = calls.pop(call)
            if call.cancelled():
                continue
            error = call.exception()
            if error is None:
                self._keep_answer(candidate, call.result())
            elif isinstance(error, PullRequestFailed):
                self._keep_failure(candidate, error)
            elif isinstance(error, AnalysisStopped):
                if isinstance(error, RateLimitedTooOften):
                    self._postpone([candidate, *calls.values()])
                self._stop_sending(error)
            else:
                raise error

    def _keep_answer(self, candidate: Candidate, completion: ParsedCompletion) -> None:
        self._keep_reply(candidate, completion.body)
        self._writer.add_answer(answer_row(candidate, completion, self._context, self._now()))
        self._tally = replace(self._tally, by_model=self._tally.by_model + 1)
        self._unusable_in_a_row = 0

    def _keep_failure(self, candidate: Candidate, error: PullRequestFailed) -> None:
        if error.body is not None:
            self._keep_reply(candidate, error.body)
        row = failure_row(candidate, error, self._context, self._now())
        if row["status"] == "refused":
            self._writer.add_answer(row)
            self._tally = replace(self._tally, refused=self._tally.refused + 1)
            return
        self._tally = replace(self._tally, failed=self._tally.failed + 1)
        if error.is_provider_fault:
            self._writer.failures.append(row)
            if len(self._writer.failures) >= MAX_CONSECUTIVE_FAILURES:
                self._give_up(f"{MAX_CONSECUTIVE_FAILURES} consecutive pull requests failed, the last with: {error}.")
            return
        self._writer.add_answer(row)  # there was a response, if not one of use: the provider is not down
        self._unusable_in_a_row += 1
        if self._unusable_in_a_row >= MAX_CONSECUTIVE_UNUSABLE:
            self._stop_sending(AnswersUnusable(f"{self._unusable_in_a_row} consecutive answers failed: {error}."))

    def _postpone(self, candidates: Sequence[Candidate]) -> None:
        """Leave these to the next run, which begins with others: else it would meet the same refusals first."""
        for candidate in candidates:
            postponed = PullRequestFailed(POSTPONED, is_provider_fault=True)
            self._writer.add_answer(failure_row(candidate, postponed, self._context, self._now()))

    def _keep_reply(self, candidate: Candidate, body: str) -> None:
        if self._settings.keeps_replies:
            self._writer.add_reply(reply_row(candidate, body, self._context, self._now()))

    def _check_remaining_failures(self) -> None:
        """Consider the provider down if there was no answer at all and each failure was the provider's fault."""
        codes = sorted({str(row["error_code"]) for row in self._writer.failures})
        if self._stop is not None or not codes or self._tally.by_model or self._tally.refused:
            return
        if all(code in {"unreachable", "timeout"} or code.startswith("http_5") for code in codes):
            self._give_up(f"All pull requests failed: {', '.join(codes)}.")

    def _give_up(self, message: str) -> None:
        self._stop_sending(ProviderDown(message))
        self._discard_failures()

    def _discard_failures(self) -> None:
        """Mark none of the pull requests as failed, since they are not at fault."""
        self._tally = replace(self._tally, failed=self._tally.failed - len(self._writer.failures))
        self._writer.failures = []

    def _stop_sending(self, error: AnalysisStopped) -> None:
        """Stop for the first reason given, unless a later one needs a person."""
        if self._stop is None or (isinstance(error, AnalysisFailed) and not isinstance(self._stop, AnalysisFailed)):
            self._stop = error
        self._limiter.stop()

    # --- progress ------------------------------------------------------------------------------------

    def _progress_columns(self) -> Row:
        tally, prior = self._current_tally(), self._prior
        return {
            **tally.columns(prior),
            "llm_requests": prior.requests + tally.requests,
            "llm_tokens": prior.tokens + self._client.usage.total,
            "llm_cost_usd": prior.cost_usd + self._cost() if self._context.price else None,
            "waiting_until": tally.waiting_until,
            "waiting_for": tally.waiting_for,
        }

    def _current_tally(self) -> Tally:
        usage = self._client.usage
        waiting_until, waiting_for = self._waiting()
        tally = replace(
            self._tally,
            by_other_runs=self._queue.by_other_runs,
            requests=self._limiter.requests,
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
            cost_usd=self._cost() if self._context.price else None,
            waiting_until=waiting_until,
            waiting_for=waiting_for,
        )
        is_paused = isinstance(self._stop, AnalysisPaused) and tally.left
        return replace(tally, stopped_because=str(self._stop) if is_paused else None)

    def _waiting(self) -> tuple[datetime | None, str | None]:
        """Return until when nothing is sent, and for what, if it is for long enough to be shown."""
        waits = ((self._client.away_until, MODEL_AWAY), (self._limiter.waiting_until, MODEL))
        for until, source in waits:
            if until is not None and until - self._clock() >= MIN_SHOWN_WAIT_SECONDS:
                return datetime.fromtimestamp(until, UTC), source
        return None, None

    def _cost(self) -> float:
        usage = self._client.usage
        return self._context.cost(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) or 0.0

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
