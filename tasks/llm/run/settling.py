"""The part of a run that needs no model: what rules settle, and the rules' part of the rest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime

from tasks.llm.run.pending import Item, read_candidates, read_items
from tasks.llm.run.record import Context, Row, refreshed_row, rule_row
from warehouse.connection import Warehouse
from warehouse.progress import Run

LOADED_AT_ONCE = 500


class Settling:
    """Goes once over what may be pending, newest first; `by_rule` counts what rules have settled."""

    def __init__(
        self,
        warehouse: Warehouse,
        run: Run,
        context: Context,
        budget: int,
        *,
        write: Callable[[Sequence[Row]], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._warehouse, self._run, self._context, self._budget = warehouse, run, context, budget
        self._write, self._now = write, now
        self.by_rule = 0

    async def left_to_model(self) -> AsyncIterator[list[Item]]:
        """In portions, what a model has to read; what rules say of each portion is written before."""
        find = (self._warehouse, self._run.team_id, self._run.phase, self._context.versions)
        ids = await asyncio.to_thread(read_candidates, *find)
        for start in range(0, len(ids), LOADED_AT_ONCE):
            yield await self._settle(ids[start : start + LOADED_AT_ONCE])

    async def _settle(self, ids: Sequence[str]) -> list[Item]:
        items = await asyncio.to_thread(read_items, self._warehouse, ids, self._budget)
        settled = [row for item in items if (row := self._settled_row(item)) is not None]
        fresh = [row for item in items if (row := self._fresh_row(item)) is not None]
        self.by_rule += len(settled)
        if settled or fresh:
            await self._write([*settled, *fresh])
        return [item for item in items if item.needs_model(self._context.versions)]

    def _settled_row(self, item: Item) -> Row | None:
        row = rule_row(item, self._context, self._now())
        return None if row is None or (item.known is not None and item.known.says(row)) else row

    def _fresh_row(self, item: Item) -> Row | None:
        if item.ruling.settled is not None or item.needs_model(self._context.versions):
            return None
        return refreshed_row(item, self._context)
