"""Phase 1: a team's newest pull requests, from GitHub to the first page of the dashboard."""

from dataclasses import replace
from datetime import datetime

from prefect import flow

from flows.lifecycle.begin import begin_onboarding, is_new_team
from flows.lifecycle.clock import now
from flows.lifecycle.hooks import HOOKS
from flows.lifecycle.issues import read_issues_if_on
from flows.lifecycle.patience import outlasts_outages
from flows.lifecycle.stages import enter, finish, open_early, start_background, wants_early_numbers
from flows.lifecycle.summary import summarise
from tasks.analyse import analyse_pull_requests
from tasks.insights import compute_insights
from tasks.measure import compute_metrics
from tasks.sync import discover, look_up_owner, sync_window
from tasks.week import word_weeks
from warehouse.progress import Status


@flow(name="onboarding", flow_run_name="onboarding/{team}", **HOOKS)
@outlasts_outages
async def onboarding(
    team: str,
    repositories: list[str] | None = None,
    as_of: datetime | None = None,
    days_back: int | None = None,
    history_days: int | None = None,
    without_model: bool = False,
    early_numbers: bool = False,
) -> None:
    """Fetch, analyse and measure what was updated in the last days of `team`, a GitHub organisation or user.

    Each step runs only if the one before succeeded. A failure raises, and leaves the team `failed` with the cause;
    running it again continues where it stopped. An owner that GitHub does not know becomes no team. `as_of` fixes the
    end of the window. `without_model` lets the rules alone read, until there is a key of a model.
    `early_numbers` opens the pages as soon as all is fetched, with the numbers that need no reading.
    """
    if is_new_team(team, without_model):
        await look_up_owner(team)
    run = begin_onboarding(team, as_of, days_back, history_days, without_model, early_numbers)
    run = replace(run, team_id=(await discover(team, repositories, is_typed=True)).team_id)
    synced = await sync_window(run)

    if wants_early_numbers(run):
        compute_metrics(run, now())
        compute_insights(run, now())
        open_early(run)

    enter(run, Status.LLM_PROCESSING)
    analysed = await analyse_pull_requests(run)
    await read_issues_if_on(run)

    enter(run, Status.COMPUTING_METRICS)
    compute_metrics(run, now())

    enter(run, Status.COMPUTING_INSIGHTS)
    compute_insights(run, now())
    await word_weeks(run)

    finish(run, Status.PHASE1_COMPLETE, is_partial=synced.is_partial or analysed.is_partial)
    await start_background(run)  # before the summary: nothing that fails there may keep the history from coming
    await summarise(run)
