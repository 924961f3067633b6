"""Progress and summaries in Prefect's own pages, drawn from what the warehouse already holds."""

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import httpx
from prefect.artifacts import acreate_markdown_artifact, acreate_progress_artifact, aupdate_progress_artifact
from prefect.exceptions import PrefectException

Logger = logging.Logger | logging.LoggerAdapter[Any]

PROGRESS_EVERY_SECONDS = 1.0
# Prefect's client tries for minutes to reach a server that is away. The work must not wait for an artifact.
MAX_SECONDS = 10.0


class Report:
    """The artifacts of one task run: a progress bar under `key`, a summary under `<key>-summary`.

    If Prefect does not take an artifact, the run goes on without it.
    """

    def __init__(self, key: str, logger: Logger) -> None:
        self.logger = logger
        self._key = key
        self._artifact: UUID | None = None
        self._shown_at = float("-inf")

    async def show_progress(self, done: int, total: int, description: str, *, is_last: bool = False) -> None:
        """Draw the progress bar, at most once a second unless `is_last`; a total of 0 is a full bar."""
        now = time.monotonic()
        if not is_last and now - self._shown_at < PROGRESS_EVERY_SECONDS:
            return
        self._shown_at = now
        await self._attempt(self._draw(100.0 * done / total if total else 100.0, description))

    async def show_summary(self, markdown: str, description: str) -> None:
        await self._attempt(acreate_markdown_artifact(markdown, key=f"{self._key}-summary", description=description))

    async def _draw(self, percent: float, description: str) -> None:
        if self._artifact is None:
            self._artifact = await acreate_progress_artifact(percent, key=self._key, description=description)
        else:
            await aupdate_progress_artifact(self._artifact, percent, description=description)

    async def _attempt(self, write: Awaitable[object]) -> None:
        try:
            async with asyncio.timeout(MAX_SECONDS):
                await write
        except (PrefectException, httpx.HTTPError, OSError) as error:
            self.logger.debug("Prefect did not take an artifact: %s", type(error).__name__)


def draw_table(rows: dict[str, str]) -> str:
    """Return a table of two columns in Markdown, without a header."""
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])
