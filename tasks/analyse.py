"""The stage that reads pull requests: the Prefect edge of `tasks/llm`."""

import asyncio
import time
from dataclasses import dataclass

from prefect import get_run_logger, task

from tasks.clock import seconds
from tasks.llm.provider.choice import is_without_model
from tasks.llm.provider.providers import has_key, require_key
from tasks.llm.provider.settings import LlmSettings
from tasks.llm.run.analysis import analyse_pending
from tasks.llm.run.analysis_rows import SIMULATED
from tasks.llm.run.replies import replay_replies
from tasks.llm.run.second_readings import read_again
from tasks.llm.run.tally import OnProgress, Tally
from tasks.llm.run.without_model import analyse_by_rules
from tasks.names import slug
from tasks.report import Report, draw_table
from tasks.retries import RETRIES
from warehouse.connection import Warehouse
from warehouse.guard.untrusted import escape_markdown
from warehouse.progress import Run
from warehouse.schema import frame, teams
from warehouse.sources import describe_wait
from warehouse.store import Merge, commit
from warehouse.words import plural

LOG_EVERY_SECONDS = 10.0


@dataclass(frozen=True)
class AnalysisSummary:
    """The result for the pending pull requests.

    `is_partial` if a quota or a cap stopped it before all were read: `stopped_because` says which, and the next run
    continues. `cost_usd` is None if the model's price is not known.
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


@task(name="analyse-pull-requests", task_run_name="analyse-pull-requests/{run.team_id}", **RETRIES)
async def analyse_pull_requests(run: Run, limit: int | None = None, is_replay: bool = False) -> AnalysisSummary:
    """Read what is pending of the run's team in the phases up to the run's.

    `limit` bounds what the model reads, in place of the setting; `is_replay` reads stored replies, and sends nothing.
    Raises NotConfigured, naming the variable, if the key is missing, tasks.llm.errors.AnalysisFailed if a person has to
    act. What was read until then is kept.
    """
    report = _AnalysisReport(run)
    with Warehouse() as warehouse:
        settings = LlmSettings()
        settings = settings.model_copy(update={"limit": limit or settings.limit})
        if is_replay:
            tally = await replay_replies(warehouse, run, settings, clock=seconds, on_progress=report.show)
        else:
            tally = await analyse(warehouse, run, settings, report.show)
        await report.finish(tally)
        if not is_replay and not tally.is_partial and settings.limit is None and has_key(settings):
            await _read_again(warehouse, run, settings)
    return summarise(tally)


async def _read_again(warehouse: Warehouse, run: Run, settings: LlmSettings) -> None:
    """Read what is drawn a second time, once nothing is pending any more."""
    again = await read_again(warehouse, run, settings, clock=seconds, sleep=asyncio.sleep)
    if again.read or again.stopped_because:
        words = f"{plural(again.read, 'pull request')} read a second time. {again.stopped_because}".strip()
        get_run_logger().info("%s: %s", run.team_id, words)


async def analyse(warehouse: Warehouse, run: Run, settings: LlmSettings, on_progress: OnProgress) -> Tally:
    """Read pull requests as the task does, without Prefect; `on_progress` is called about once a second.

    A team that chose to begin without a model is read by rules alone as long as there is no key.
    """
    is_alone = await asyncio.to_thread(is_without_model, warehouse, run.team_id, settings)
    if not is_alone:
        require_key(settings)
    row = {
        "team_id": run.team_id,
        "is_analysis_simulated": settings.provider == SIMULATED,
        "is_without_model": is_alone,
    }
    await asyncio.to_thread(commit, warehouse, Merge(teams, frame(teams, [row], row)))
    if is_alone:
        return await analyse_by_rules(warehouse, run, settings, clock=seconds, on_progress=on_progress)
    home = warehouse.settings.home
    return await analyse_pending(
        warehouse, run, settings, home, clock=seconds, sleep=asyncio.sleep, on_progress=on_progress
    )


def summarise(tally: Tally) -> AnalysisSummary:
    return AnalysisSummary(
        todo=tally.todo or 0,
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


class _AnalysisReport:
    """What a person sees of the analysis while it runs: artifacts about once a second, a log line every ten."""

    def __init__(self, run: Run) -> None:
        self._report = Report(f"team-{slug(run.team_id)}-analysis", get_run_logger())
        self._team_id = run.team_id
        self._logged_at = 0.0

    async def show(self, tally: Tally) -> None:
        await self._report.show_progress(tally.done, tally.todo or 0, escape_markdown(describe(tally)))
        now = time.monotonic()
        if now - self._logged_at >= LOG_EVERY_SECONDS:
            self._logged_at = now
            self._report.logger.info("%s: %s", self._team_id, describe(tally))

    async def finish(self, tally: Tally) -> None:
        self._report.logger.info("%s: %s", self._team_id, describe(tally))
        await self._report.show_progress(tally.done, tally.todo or 0, escape_markdown(describe(tally)), is_last=True)
        await self._report.show_summary(draw_summary(tally), "What was read")


def describe(tally: Tally) -> str:
    """Return the progress in one sentence."""
    total = "?" if tally.todo is None else f"{tally.todo:,}"
    text = f"{tally.done:,} of {total} pull requests read"
    text += f": {tally.by_rule:,} by rules, {tally.by_model:,} by the model"
    if tally.failed or tally.refused:
        text += f", {tally.failed + tally.refused:,} could not be read"
    if tally.waiting_until is not None:
        text += f"; waiting for {describe_wait(tally.waiting_for)} until {tally.waiting_until:%H:%M:%S} UTC"
    return f"{text}. {tally.stopped_because}" if tally.stopped_because else f"{text}."


def draw_summary(tally: Tally) -> str:
    """Return the run as a table in Markdown: numbers, and why it stopped, which may quote the model's server."""
    cost = "not known" if tally.cost_usd is None else f"{tally.cost_usd:.4f} USD"
    rows = {
        "Pending when it began": f"{tally.todo or 0:,}",
        "Settled by rules": f"{tally.by_rule:,}",
        "Read by the model": f"{tally.by_model:,}",
        "Failed": f"{tally.failed:,}",
        "Refused by the model": f"{tally.refused:,}",
        "Read by another run meanwhile": f"{tally.by_other_runs:,}",
        "Left": f"{tally.left:,}",
        "Calls": f"{tally.requests:,}",
        "Tokens": f"{tally.prompt_tokens:,} sent, {tally.completion_tokens:,} answered",
        "Cost": cost,
    }
    table = draw_table(rows)
    return f"{table}\n\nStopped early: {escape_markdown(tally.stopped_because)}" if tally.stopped_because else table
