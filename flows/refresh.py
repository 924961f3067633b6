"""Phase 3: what changed in a team's repositories since the last sync."""

from prefect import flow

from flows.lifecycle.begin import begin_refresh
from flows.lifecycle.clock import now
from flows.lifecycle.hooks import ON_BAD_END
from flows.lifecycle.stages import finish
from flows.lifecycle.summary import summarise
from tasks.analyse import analyse_pull_requests
from tasks.insights import compute_insights
from tasks.llm.provider.providers import require_key
from tasks.llm.provider.settings import LlmSettings
from tasks.measure import compute_metrics
from tasks.sync import discover, sync_window
from warehouse.progress import Status


@flow(name="refresh", flow_run_name="refresh/{team}", **ON_BAD_END)
async def refresh(team: str, refetch: bool = False) -> None:
    """Fetch and analyse what changed, and compute the metrics again; the dashboard stays open.

    `refetch`, once a week, also looks for new repositories, and fetches again what may have changed without a new
    updatedAt (resolved threads do not change it).
    """
    run = begin_refresh(team)
    require_key(LlmSettings())
    if refetch:
        await discover(team)
    synced = await sync_window(run, is_refetch=refetch)
    analysed = await analyse_pull_requests(run)
    compute_metrics(run, now())
    compute_insights(run, now())
    finish(run, Status.COMPLETE, is_partial=synced.is_partial or analysed.is_partial)
    await summarise(run)
