"""The stage that reads pull requests: the Prefect edge of `tasks/llm`."""

import asyncio
import logging
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from prefect import get_run_logger, task
from prefect.artifacts import acreate_markdown_artifact, acreate_progress_artifact, aupdate_progress_artifact
from prefect.exceptions import PrefectException

from tasks.clock import seconds
from tasks.llm.provider.providers import require_key
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.batch import read_pull_requests
from tasks.llm.run.record import SIMULATED
from tasks.llm.run.replies import replay_replies
from tasks.llm.run.tally import Show, Tally
from tasks.names import slug
from tasks.retries import is_machine_fault
from warehouse.connection import Warehouse
from warehouse.progress import Run
from warehouse.schema import frame, teams
from warehouse.store import Merge, commit

PROGRESS_EVERY_SECONDS = 1.0
LOG_EVERY_SECONDS = 10.0


@dataclass(frozen=True)
class AnalysisSummary:
    """What became of the pending pull requests.

    `is_partial` where a quota or a cap ended it before all were read: `stopped_because` says which, and
    the next run goes on. `cost_usd` is None where the model's price is not known.
    """

    todo: int
    by_rule: int
    by_model: int
    failed: int
    refused: int
    left: int
    requests: int
    tokens: int
    cost_usd: float | None
    is_partial: bool
    stopped_because: str | None


@task(
    name="analyse-pull-requests",
    retries=3,
    retry_delay_seconds=60,
    retry_jitter_factor=0.5,
    retry_condition_fn=is_machine_fault,
)
async def analyse_pull_requests(run: Run, limit: int | None = None, is_replay: bool = False) -> AnalysisSummary:
    """Read what is pending of the run's team in the phases up to the run's.

    `limit` bounds what the model reads, in place of the setting; `is_replay` reads stored replies, and sends nothing.
    ValueError naming the variable where the key is missing; tasks.llm.errors.ReadingFailed where a person
    has to act. What was read until then is kept.
    """
    report = _Report(run, get_run_logger())
    with Warehouse() as warehouse:
        settings = LlmSettings()
        settings = settings.model_copy(update={"limit": limit or settings.limit})
        if is_replay:
            tally = await replay_replies(warehouse, run, settings, clock=seconds, show=report.show)
        else:
            tally = await analyse(warehouse, run, settings, report.show)
    await report.finish(tally)
    return summarise(tally)


async def analyse(warehouse: Warehouse, run: Run, settings: LlmSettings, show: Show) -> Tally:
    """The same without Prefect; `show` is told about once a second how far it is."""
    require_key(settings)
    row = {"team_id": run.team_id, "is_analysis_simulated": settings.provider == SIMULATED}
    await asyncio.to_thread(commit, warehouse, Merge(teams, frame(teams, [row], row)))
    home = warehouse.settings.home
    return await read_pull_requests(warehouse, run, settings, home, clock=seconds, sleep=asyncio.sleep, show=show)


def summarise(tally: Tally) -> AnalysisSummary:
    return AnalysisSummary(
        todo=tally.todo,
        by_rule=tally.by_rule,
        by_model=tally.by_model,
        failed=tally.failed,
        refused=tally.refused,
        left=tally.left,
        requests=tally.requests,
        tokens=tally.prompt_tokens + tally.completion_tokens,
        cost_usd=tally.cost_usd,
        is_partial=tally.is_partial,
        stopped_because=tally.stopped_because,
    )


class _Report:
    """Shows in Prefect's own pages what the warehouse already holds. Where that fails, the run goes on."""

    def __init__(self, run: Run, logger: "logging.Logger | logging.LoggerAdapter[Any]") -> None:
        self._key = f"team-{slug(run.team_id)}-analysis"
        self._logger = logger
        self._artifact: UUID | None = None
        self._shown_at = self._logged_at = 0.0

    async def show(self, tally: Tally) -> None:
        now = time.monotonic()
        if now - self._shown_at >= PROGRESS_EVERY_SECONDS:
            self._shown_at = now
            await self._attempt(self._draw_progress(tally))
        if now - self._logged_at >= LOG_EVERY_SECONDS:
            self._logged_at = now
            self._logger.info("%s", describe(tally))

    async def finish(self, tally: Tally) -> None:
        self._logger.info("%s", describe(tally))
        await self._attempt(self._draw_progress(tally))
        await self._attempt(
            acreate_markdown_artifact(draw_summary(tally), key=f"{self._key}-summary", description="What was read")
        )

    async def _draw_progress(self, tally: Tally) -> None:
        share = 100.0 * tally.done / tally.todo if tally.todo else 100.0
        if self._artifact is None:
            self._artifact = await acreate_progress_artifact(share, key=self._key, description=describe(tally))
        else:
            await aupdate_progress_artifact(self._artifact, share, description=describe(tally))

    async def _attempt(self, write: Awaitable[object]) -> None:
        try:
            await write
        except (PrefectException, httpx.HTTPError, OSError) as error:
            self._logger.debug("Prefect did not take an artifact: %s", type(error).__name__)


def describe(tally: Tally) -> str:
    said = f"{tally.done:,} of {tally.todo:,} pull requests read"
    said += f": {tally.by_rule:,} by rules, {tally.by_model:,} by the model"
    if tally.failed or tally.refused:
        said += f", {tally.failed + tally.refused:,} could not be read"
    if tally.waiting_until is not None:
        said += f"; waiting for the provider's limit until {tally.waiting_until:%H:%M:%S} UTC"
    return f"{said}. {tally.stopped_because}" if tally.stopped_because else f"{said}."


def draw_summary(tally: Tally) -> str:
    """The run as a table in Markdown: numbers only, none of what people wrote."""
    cost = "not known" if tally.cost_usd is None else f"{tally.cost_usd:.4f} USD"
    rows = {
        "Pending when it began": f"{tally.todo:,}",
        "Settled by rules": f"{tally.by_rule:,}",
        "Read by the model": f"{tally.by_model:,}",
        "Failed": f"{tally.failed:,}",
        "Refused by the model": f"{tally.refused:,}",
        "Read by another run meanwhile": f"{tally.elsewhere:,}",
        "Left": f"{tally.left:,}",
        "Calls": f"{tally.requests:,}",
        "Tokens": f"{tally.prompt_tokens:,} sent, {tally.completion_tokens:,} answered",
        "Cost": cost,
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    stopped = [f"\nStopped early: {tally.stopped_because}"] if tally.stopped_because else []
    return "\n".join(["| | |", "|---|---|", *lines, *stopped])
