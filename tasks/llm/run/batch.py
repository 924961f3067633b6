"""Reads the pending pull requests of a team: rules first, then the model, newest first.

Answers are committed at least once a second, together with the claim that they end and with the run's
progress: what a kill can cost is what was in flight. Nothing is held over a call.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tasks.llm.errors import (
    BudgetSpent,
    ProviderDown,
    PullRequestUnread,
    ReadingFailed,
    ReadingPaused,
    ReadingStopped,
)
from tasks.llm.prompt.prompt import BYTES_PER_TOKEN, INSTRUCTIONS
from tasks.llm.provider.client import ModelClient, Reading
from tasks.llm.provider.limiter import Clock, Limiter, Sleep, open_limiter
from tasks.llm.provider.providers import price_of, require_key, require_price
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.earlier import Earlier, read_earlier
from tasks.llm.run.leases import Leases
from tasks.llm.run.ledger import Ledger
from tasks.llm.run.pending import Item, Versions
from tasks.llm.run.record import Context, answer_row, failure_row, reply_row
from tasks.llm.run.settling import Settling
from tasks.llm.run.supply import MAX_PORTION, Supply
from tasks.llm.run.tally import Show, Tally, in_flight, input_bytes
from warehouse.connection import Warehouse
from warehouse.progress import Run

# So many failures without an answer in between: the provider is down or the configuration is wrong.
MAX_CONSECUTIVE_FAILURES = 12
# How long the loop sleeps where nothing happens: commits and waits are looked after in between.
TICK_SECONDS = 0.25
# A wait shorter than this is the rate itself, and not worth a word.
WAIT_WORTH_SAYING_SECONDS = 5.0

Calls = dict["asyncio.Task[Reading]", Item]


async def read_pull_requests(
    warehouse: Warehouse, run: Run, settings: LlmSettings, home: Path, *, clock: Clock, sleep: Sleep, show: Show
) -> Tally:
    """Read what is pending of the run's team and phase. The tally says what came of it.

    ValueError without a key, before anything is sent; ReadingFailed where a person has to act. What was
    read until then is kept in every case. `clock` gives seconds since 1970.
    """
    require_key(settings)
    require_price(settings)
    limiter = open_limiter(settings, home, clock=clock, sleep=sleep)
    try:
        async with ModelClient(settings, limiter, clock=clock) as client:
            return await _Batch(warehouse, run, settings, client, limiter, clock, sleep, show).read_all()
    finally:
        limiter.close()


class _Batch:
    """One run over one team's pending pull requests."""

    def __init__(
        self,
        warehouse: Warehouse,
        run: Run,
        settings: LlmSettings,
        client: ModelClient,
        limiter: Limiter,
        clock: Clock,
        sleep: Sleep,
        show: Show,
    ) -> None:
        self._warehouse, self._run, self._settings = warehouse, run, settings
        self._client, self._limiter, self._clock, self._show = client, limiter, clock, show
        self._versions, self._budget = Versions(settings.model), input_bytes(settings)
        self._context = Context(run.run_id, run.team_id, settings.provider, self._versions, price_of(settings))
        self._leases = Leases(warehouse, run.team_id, run.run_id)
        self._ledger = Ledger(
            warehouse, run, self._leases, clock=clock, now=self._now, progress=self._columns_of_progress
        )
        self._settling = Settling(warehouse, run, self._context, self._budget, write=self._ledger.write, now=self._now)
        self._supply = Supply(
            warehouse, self._leases, self._versions,
            portion=min(settings.rpm // 10, MAX_PORTION), budget=self._budget, now=self._now, sleep=sleep,
        )  # fmt: skip
        self._tally, self._earlier = Tally(), Earlier()
        self._sent = 0
        self._began = 0.0
        self._stop: ReadingStopped | None = None

    async def read_all(self) -> Tally:
        await asyncio.to_thread(self._leases.open, self._now())
        try:
            await self._read_by_rules()
            await self._read_by_model()
            self._judge_last_failures()
        finally:
            self._limiter.waiting_until = None
            if isinstance(self._stop, ReadingFailed):
                self._forget_failures()
            await self._ledger.close()
        if isinstance(self._stop, ReadingFailed):
            raise self._stop
        return self._counted()

    async def _read_by_rules(self) -> None:
        """Settle what needs no model, bring the rules' part of the rest up to date, and count."""
        self._earlier = await asyncio.to_thread(read_earlier, self._warehouse, self._run.run_id)
        async for items in self._settling.left_to_model():
            self._supply.add(items)
        self._tally = Tally(todo=self._settling.by_rule + self._supply.count, by_rule=self._settling.by_rule)
        await self._ledger.write([])
        await self._show(self._tally)

    # --- the model -----------------------------------------------------------------------------------

    async def _read_by_model(self) -> None:
        calls: Calls = {}
        self._began = self._clock()
        try:
            while True:
                self._send_more(calls)
                if not calls and (self._stop is not None or not await self._supply.has_more()):
                    return
                await self._wait_a_little(calls)
                self._collect(calls)
                self._look_at_the_clock()
                if self._ledger.keep_up():
                    await self._show(self._counted())
        finally:
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            await self._supply.close()

    def _send_more(self, calls: Calls) -> None:
        most = in_flight(self._settings, self._client.latencies)
        while self._stop is None and len(calls) < most and not self._is_capped(len(calls)):
            item = self._supply.take()
            if item is None:
                return
            calls[asyncio.create_task(self._client.read(item.prompt))] = item
            self._sent += 1

    async def _wait_a_little(self, calls: Calls) -> None:
        if calls:
            loading = [self._supply.loading] if self._supply.loading else []
            await asyncio.wait([*calls, *loading], timeout=TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    def _look_at_the_clock(self) -> None:
        """What is in flight may end; what waits for its turn does not go any more."""
        most = self._settings.max_seconds
        if self._stop is None and most is not None and self._clock() - self._began > most:
            self._stop_sending(BudgetSpent(f"PRFLOW_LLM_MAX_SECONDS: the model was asked for {most:g} s."))

    def _is_capped(self, flying: int) -> bool:
        """True where one more call could exceed a cap; what is in flight counts as if it were done."""
        if self._settings.limit is not None and self._sent >= self._settings.limit:
            self._stop = BudgetSpent(f"The limit of this run: {self._settings.limit} pull requests for the model.")
        cap, price = self._settings.max_cost_usd, self._context.price
        if cap is not None and price is not None:
            prompt_tokens = int((self._budget + len(INSTRUCTIONS)) / BYTES_PER_TOKEN)
            one = price.cost(prompt_tokens, 0, self._settings.max_completion_tokens)
            if self._cost() + (flying + 1) * one > cap:
                self._stop = BudgetSpent(f"PRFLOW_LLM_MAX_COST_USD: this run has cost {self._cost():.4f} USD.")
        return self._stop is not None

    def _collect(self, calls: Calls) -> None:
        for call in [call for call in calls if call.done()]:
            item = calls.pop(call)
            if call.cancelled():
                continue
            error = call.exception()
            if error is None:
                self._keep_answer(item, call.result())
            elif isinstance(error, PullRequestUnread):
                self._keep_failure(item, error)
            elif isinstance(error, ReadingStopped):
                self._stop_sending(error)
            else:
                raise error

    def _keep_answer(self, item: Item, reading: Reading) -> None:
        self._keep_reply(item, reading.body)
        self._ledger.add_answer(answer_row(item, reading, self._context, self._now()))
        self._tally = replace(self._tally, by_model=self._tally.by_model + 1)

    def _keep_failure(self, item: Item, error: PullRequestUnread) -> None:
        if error.body is not None:
            self._keep_reply(item, error.body)
        row = failure_row(item, error, self._context, self._now())
        if row["status"] == "refused":
            self._ledger.add_answer(row)
            self._tally = replace(self._tally, refused=self._tally.refused + 1)
            return
        self._ledger.failures.append(row)
        self._tally = replace(self._tally, failed=self._tally.failed + 1)
        if len(self._ledger.failures) >= MAX_CONSECUTIVE_FAILURES:
            self._give_up(
                f"{MAX_CONSECUTIVE_FAILURES} pull requests in a row could not be read, the last one: {error}."
            )

    def _keep_reply(self, item: Item, body: str) -> None:
        if self._settings.keeps_replies:
            self._ledger.add_reply(reply_row(item, body, self._context, self._now()))

    def _judge_last_failures(self) -> None:
        """Where nothing at all was answered and the provider was at fault each time, it is down."""
        codes = sorted({str(row["error_code"]) for row in self._ledger.failures})
        if self._stop is not None or not codes or self._tally.by_model or self._tally.refused:
            return
        if all(code in {"unreachable", "timeout"} or code.startswith("http_5") for code in codes):
            self._give_up(f"No pull request could be read: {', '.join(codes)}.")

    def _give_up(self, why: str) -> None:
        self._stop_sending(ProviderDown(why))
        self._forget_failures()

    def _forget_failures(self) -> None:
        """The fault is not these pull requests': none of them is marked failed."""
        self._tally = replace(self._tally, failed=self._tally.failed - len(self._ledger.failures))
        self._ledger.failures = []

    def _stop_sending(self, error: ReadingStopped) -> None:
        """Of several reasons the first is the cause, unless a later one needs a person."""
        if self._stop is None or (isinstance(error, ReadingFailed) and not isinstance(self._stop, ReadingFailed)):
            self._stop = error
        self._limiter.stop()

    # --- progress ------------------------------------------------------------------------------------

    def _columns_of_progress(self) -> dict[str, Any]:
        tally, earlier = self._counted(), self._earlier
        waiting = tally.waiting_until
        return {
            **tally.counts(earlier),
            "llm_requests": earlier.requests + tally.requests,
            "llm_tokens": earlier.tokens + self._client.usage.total,
            "llm_cost_usd": earlier.cost_usd + self._cost() if self._context.price else None,
            "waiting_until": waiting,
            "waiting_for": "llm" if waiting else None,
        }

    def _counted(self) -> Tally:
        usage = self._client.usage
        tally = replace(
            self._tally,
            elsewhere=self._supply.elsewhere,
            requests=self._limiter.requests,
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
            cost_usd=self._cost() if self._context.price else None,
            waiting_until=self._waiting_until(),
        )
        is_paused = isinstance(self._stop, ReadingPaused) and tally.left
        return replace(tally, stopped_because=str(self._stop) if is_paused else None)

    def _waiting_until(self) -> datetime | None:
        until = self._limiter.waiting_until
        if until is None or until - self._clock() < WAIT_WORTH_SAYING_SECONDS:
            return None
        return datetime.fromtimestamp(until, UTC)

    def _cost(self) -> float:
        usage = self._client.usage
        return self._context.cost(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) or 0.0

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
