"""A team without a model: the rules alone read its pull requests, and a model reads them again once there is a key."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tasks.llm.provider.rate_limiter import Clock
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.analysis_rows import RunContext, make_merges, rules_alone_row
from tasks.llm.run.candidates import Candidate, Row, Versions
from tasks.llm.run.prior_attempts import PriorAttempts, read_prior_attempts
from tasks.llm.run.rule_pass import RulePass
from tasks.llm.run.sizing import max_input_bytes
from tasks.llm.run.tally import OnProgress, Tally
from warehouse.connection import Warehouse
from warehouse.progress import Run, moved
from warehouse.store import commit


async def analyse_by_rules(
    warehouse: Warehouse, run: Run, settings: LlmSettings, *, clock: Clock, on_progress: OnProgress
) -> Tally:
    """Read what is pending in the run's team and phase by rules alone, and return the final tally. Nothing is sent.

    The rows have versions of their own, so that they are pending for the first run with a model.
    """
    return await _RulesAlone(warehouse, run, settings, clock).run_all(on_progress)


class _RulesAlone:
    def __init__(self, warehouse: Warehouse, run: Run, settings: LlmSettings, clock: Clock) -> None:
        self._warehouse, self._run, self._clock = warehouse, run, clock
        versions = Versions(settings.model).in_language(settings.summary_language).of_team(warehouse, run.team_id)
        self._context = RunContext(
            run.run_id, run.team_id, settings.provider, replace(versions, rules=f"{versions.rules}-alone"), None
        )
        self._rule_pass = RulePass(
            warehouse, run, self._context, max_input_bytes(settings), write=self._write, now=self._now
        )
        self._tally, self._prior = Tally(), PriorAttempts()

    async def run_all(self, on_progress: OnProgress) -> Tally:
        self._prior = await asyncio.to_thread(read_prior_attempts, self._warehouse, self._run.run_id)
        alone = 0
        async for candidates in self._rule_pass.needing_model():
            rows = [row for candidate in candidates if (row := self._row(candidate)) is not None]
            alone += len(candidates)
            by_rule = self._rule_pass.by_rule + alone
            self._tally = Tally(todo=by_rule, by_rule=by_rule)
            await self._write(rows)
            await on_progress(self._tally)
        if self._tally.todo is None:  # nothing was pending: that is known only now
            self._tally = Tally(todo=0)
            await self._write([])
        return self._tally

    def _row(self, candidate: Candidate) -> Row | None:
        return rules_alone_row(candidate, self._context, self._now())

    async def _write(self, rows: Sequence[Row]) -> None:
        columns = {"llm_requests": 0, "llm_tokens": 0, "llm_cost_usd": 0.0, **self._tally.columns(self._prior)}
        await asyncio.to_thread(commit, self._warehouse, *make_merges(rows), moved(self._run, self._now(), **columns))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
