"""One repository now: the flow that `prflow sync` runs in its own process."""

from dataclasses import replace

from prefect import flow

from flows.lifecycle.begin import begin_sync
from flows.lifecycle.clock import now
from flows.lifecycle.hooks import HOOKS
from flows.lifecycle.issues import read_issues_if_on
from flows.lifecycle.stages import finish
from flows.lifecycle.summary import summarise
from tasks.insights import compute_insights
from tasks.measure import compute_metrics
from tasks.sync import discover, sync_window


@flow(name="sync", flow_run_name="sync/{repository}", **HOOKS)
async def sync(team: str, repository: str) -> None:
    """Fetch what changed in `repository` (OWNER/NAME, followed from now on), and compute the team's metrics again.

    The next refresh analyses what is new, so this needs no key of the model.
    """
    run, status = begin_sync(team, repository)
    found = await discover(team, [repository])
    run = replace(run, team_id=found.team_id)
    synced = await sync_window(run, list(found.repository_ids))
    await read_issues_if_on(run)
    compute_metrics(run, now())
    compute_insights(run, now())
    finish(run, status, is_partial=synced.is_partial)
    await summarise(run)
