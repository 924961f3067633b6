"""Phase 2: the older pull requests of a team, while its dashboard is already in use."""

from prefect import flow

from flows.lifecycle.begin import begin_background
from flows.lifecycle.clock import now
from flows.lifecycle.hooks import HOOKS
from flows.lifecycle.issues import read_issues_if_on
from flows.lifecycle.patience import outlasts_outages
from flows.lifecycle.stages import enter, finish
from flows.lifecycle.steps import Steps
from flows.lifecycle.summary import summarise
from tasks.analyse import analyse_pull_requests
from tasks.insights import compute_insights
from tasks.measure import compute_metrics
from tasks.sync import sync_window
from tasks.week import word_weeks
from warehouse.progress import Status


@flow(name="background", flow_run_name="background/{team}", **HOOKS)
@outlasts_outages
async def background(team: str, history_months: int | None = None) -> None:
    """Fetch and analyse what phase 1 of `team` left out, back to the start of its history; compute all metrics again.

    `history_months` moves that start further back, as `prflow history` does; only what is missing is fetched.
    A failure loses nothing: what is there is measured, the team returns to `phase1_complete`, and the error is stored
    with it.
    """
    run, steps = begin_background(team, history_months), Steps()
    synced = await steps.attempt(sync_window(run))

    enter(run, Status.BACKGROUND_LLM)
    analysed = await steps.attempt(analyse_pull_requests(run))
    await read_issues_if_on(run)
    compute_metrics(run, now())
    compute_insights(run, now())
    await steps.attempt(word_weeks(run))

    steps.raise_first()
    finish(run, Status.COMPLETE, is_partial=any(each and each.is_partial for each in (synced, analysed)))
    await summarise(run)
