"""Help with the sync of a team: a run that its run of the phase queues, if the sync is in parts."""

from prefect import flow

from flows.lifecycle.hooks import HELPER_HOOKS
from flows.lifecycle.patience import outlasts_outages
from tasks.sync import take_parts


@flow(name="part", flow_run_name="part/{team}", **HELPER_HOOKS)
@outlasts_outages
async def part(team: str, run_id: str) -> None:
    """Take parts of the sync that the run `run_id` of `team` leads, until none is free.

    It works on no team of its own: the run that leads has claimed it, measures once all parts are done, and takes over
    the parts of a helper that dies.
    """
    await take_parts(team, run_id)
