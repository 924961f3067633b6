"""Phase 3: what changed in a team's repositories since the last sync."""

from dataclasses import replace

from prefect import flow

from flows.lifecycle.begin import begin_refresh
from flows.lifecycle.clock import now
from flows.lifecycle.hooks import HOOKS
from flows.lifecycle.issues import read_issues_if_on
from flows.lifecycle.patience import outlasts_outages
from flows.lifecycle.stages import finish
from flows.lifecycle.steps import Steps
from flows.lifecycle.summary import summarise
from tasks.analyse import analyse_pull_requests
from tasks.insights import compute_insights
from tasks.measure import compute_metrics
from tasks.sync import discover, follow_team, is_discovery_due, sync_window
from tasks.week import word_weeks
from warehouse.progress import Status


@flow(name="refresh", flow_run_name="refresh/{team}", **HOOKS)
@outlasts_outages
async def refresh(team: str, refetch: bool = False) -> None:
    """Fetch and analyse what changed, and compute the metrics again; the dashboard stays open.

    An owner that was renamed is followed first. `refetch`, once a week, also looks for new repositories (so does a run
    after one whose list ended early), and fetches again what may have changed without a new updatedAt (resolved
    threads do not change it). Metrics and insights are computed whatever could not be fetched or read: the run fails
    after them.
    """
    run, steps = begin_refresh(team), Steps()
    run = replace(run, team_id=await steps.attempt(follow_team(team)) or run.team_id)
    if refetch or is_discovery_due(run):
        await steps.attempt(discover(team))
    synced = await steps.attempt(sync_window(run, is_refetch=refetch))
    analysed = await steps.attempt(analyse_pull_requests(run))
    await read_issues_if_on(run, is_refetch=refetch)
    compute_metrics(run, now())
    compute_insights(run, now())
    await steps.attempt(word_weeks(run))
    steps.raise_first()
    finish(run, Status.COMPLETE, is_partial=any(each and each.is_partial for each in (synced, analysed)))
    await summarise(run)
