"""Analyse what is pending of a team: after a change of model or version, or a run that stopped early."""

from prefect import flow

from flows.lifecycle.begin import begin_analysis
from flows.lifecycle.clock import now
from flows.lifecycle.hooks import HOOKS
from flows.lifecycle.patience import outlasts_outages
from flows.lifecycle.stages import enter, finish
from flows.lifecycle.summary import summarise
from tasks.analyse import analyse_pull_requests
from tasks.insights import compute_insights
from tasks.llm.provider.providers import require_key
from tasks.llm.provider.settings import LlmSettings
from tasks.measure import compute_metrics
from tasks.week import word_weeks
from warehouse.progress import Status


@flow(name="analysis", flow_run_name="analysis/{team}", **HOOKS)
@outlasts_outages
async def analysis(team: str, limit: int | None = None, replay: bool = False) -> None:
    """Analyse what is pending of `team` and compute its metrics again, without GitHub. The dashboard stays open.

    The model reads at most `limit` pull requests. `replay` uses stored replies and sends nothing.
    """
    run, status = begin_analysis(team)
    if not replay:
        require_key(LlmSettings())
    enter(run, Status.BACKGROUND_LLM)
    analysed = await analyse_pull_requests(run, limit, replay)
    compute_metrics(run, now())
    compute_insights(run, now())
    await word_weeks(run)
    finish(run, status, is_partial=analysed.is_partial)
    await summarise(run)
