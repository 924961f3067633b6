"""The part of a run that needs no model: pull requests that rules answer, and the rules' part of the rest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime

from tasks.llm.run.analysis_rows import RunContext, refreshed_row, rule_row
from tasks.llm.run.candidates import Candidate, Row, read_candidate_ids, read_candidates
from warehouse.connection import Warehouse
from warehouse.progress import Run

LOAD_SIZE = 500


class RulePass:
    """One pass over all candidates, newest first; `by_rule` counts those that rules have answered."""

    def __init__(
        self,
        warehouse: Warehouse,
        run: Run,
        context: RunContext,
        max_bytes: int,
        *,
        write: Callable[[Sequence[Row]], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._warehouse, self._run, self._context, self._max_bytes = warehouse, run, context, max_bytes
        self._write, self._now = write, now
        self.by_rule = 0

    async def needing_model(self) -> AsyncIterator[list[Candidate]]:
        """Yield in batches the candidates that a model has to read, once the rules' results are written."""
        query = (self._warehouse, self._run.team_id, self._run.phase, self._context.versions)
        ids = await asyncio.to_thread(read_candidate_ids, *query)
        for start in range(0, len(ids), LOAD_SIZE):
            yield await self._apply_rules(ids[start : start + LOAD_SIZE])

    async def _apply_rules(self, ids: Sequence[str]) -> list[Candidate]:
        candidates = await asyncio.to_thread(read_candidates, self._warehouse, ids, self._max_bytes)
        answered = [row for candidate in candidates if (row := self._answered_row(candidate)) is not None]
        refreshed = [row for candidate in candidates if (row := self._refreshed_row(candidate)) is not None]
        self.by_rule += len(answered)
        if answered or refreshed:
            await self._write([*answered, *refreshed])
        return [candidate for candidate in candidates if candidate.needs_model(self._context.versions)]

    def _answered_row(self, candidate: Candidate) -> Row | None:
        row = rule_row(candidate, self._context, self._now())
        is_unchanged = row is not None and candidate.stored is not None and candidate.stored.matches(row)
        return None if is_unchanged else row

    def _refreshed_row(self, candidate: Candidate) -> Row | None:
        if candidate.rules.answer is not None or candidate.needs_model(self._context.versions):
            return None
        return refreshed_row(candidate, self._context)
