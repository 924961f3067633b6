"""Raw replies, kept so that a new check or a new field can read them without another call.

The newest reply of each pull request, prompt version and model is kept, whether it passed or not: a stricter
or a more lenient check judges the same words again.
"""

import asyncio
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

from tasks.llm.errors import PullRequestUnread
from tasks.llm.prompt.answer_schema import parse_answer
from tasks.llm.provider.client import Reading
from tasks.llm.provider.limiter import Clock
from tasks.llm.provider.outcomes import read_completion
from tasks.llm.provider.providers import price_of
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.earlier import Earlier, read_earlier
from tasks.llm.run.pending import Item, Versions
from tasks.llm.run.record import Context, Row, answer_row, merges
from tasks.llm.run.settling import Settling
from tasks.llm.run.tally import Show, Tally, input_bytes
from warehouse.connection import Warehouse
from warehouse.progress import Run, moved
from warehouse.store import commit


def read_replies(warehouse: Warehouse, items: Sequence[Item], versions: Versions) -> dict[str, str]:
    """By pull request, what was answered to this very text under this prompt by this model."""
    rows = warehouse.read(_REPLIES, [[item.pull_request.id for item in items], versions.prompt, versions.model])
    hashes = {item.pull_request.id: item.prompt.input_hash for item in items}
    return {
        row["pull_request_id"]: zlib.decompress(row["body"]).decode()
        for row in rows.iter_rows(named=True)
        if row["input_hash"] == hashes[row["pull_request_id"]]
    }


_REPLIES = """
SELECT pull_request_id, input_hash, body FROM llm_replies
WHERE pull_request_id IN (SELECT unnest(?)) AND prompt_version = ? AND model = ?
"""


async def replay_replies(warehouse: Warehouse, run: Run, settings: LlmSettings, *, clock: Clock, show: Show) -> Tally:
    """Read what is pending of the run's team and phase from stored replies: nothing is sent, no key is needed.

    What has no reply, or one that does not pass today's check, stays pending for a run that may ask.
    """
    replay = _Replay(warehouse, run, settings, clock)
    return await replay.read_all(show)


class _Replay:
    def __init__(self, warehouse: Warehouse, run: Run, settings: LlmSettings, clock: Clock) -> None:
        self._warehouse, self._run, self._clock = warehouse, run, clock
        versions = Versions(settings.model)
        self._context = Context(run.run_id, run.team_id, settings.provider, versions, price_of(settings))
        self._settling = Settling(
            warehouse, run, self._context, input_bytes(settings), write=self._write, now=self._now
        )
        self._tally, self._earlier = Tally(), Earlier()

    async def read_all(self, show: Show) -> Tally:
        todo = by_model = 0
        self._earlier = await asyncio.to_thread(read_earlier, self._warehouse, self._run.run_id)
        async for items in self._settling.left_to_model():
            replies = await asyncio.to_thread(read_replies, self._warehouse, items, self._context.versions)
            rows = [row for item in items if (row := self._row(item, replies.get(item.pull_request.id)))]
            todo, by_model = todo + len(items), by_model + len(rows)
            by_rule = self._settling.by_rule
            self._tally = Tally(by_rule + todo, by_rule, by_model, stopped_because=_why(todo - by_model))
            await self._write(rows)
            await show(self._tally)
        return self._tally

    def _row(self, item: Item, body: str | None) -> Row | None:
        """As when it was answered; how long the call took and how often it was tried stay as they were."""
        if body is None:
            return None
        try:
            completion = read_completion(body)
            answer = parse_answer(completion.content, item.prompt.text())
        except PullRequestUnread:
            return None
        reading = Reading(
            answer, completion.model, completion.request_id, completion.finish_reason, completion.usage,
            latency_ms=0, attempts=1, is_truncated=item.prompt.is_truncated, body=body,
        )  # fmt: skip
        row = answer_row(item, reading, self._context, self._now())
        return {name: value for name, value in row.items() if name not in {"latency_ms", "attempts"}}

    async def _write(self, rows: Sequence[Row]) -> None:
        earlier = self._earlier  # a replay itself costs nothing
        said = {
            **self._tally.counts(earlier),
            "llm_requests": earlier.requests,
            "llm_tokens": earlier.tokens,
            "llm_cost_usd": earlier.cost_usd,
        }
        await asyncio.to_thread(commit, self._warehouse, *merges(rows), moved(self._run, self._now(), **said))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _why(left: int) -> str | None:
    return f"No stored reply of {left:,} pull requests passes: a run that may ask reads them." if left else None
