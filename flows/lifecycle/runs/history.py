"""Delete old runs of prflow from a Prefect server that others use, too.

prflow's own server deletes all runs of more than 90 days by itself (Prefect's vacuum); on a server of somebody else
that would delete the runs of other people's flows.
"""

import os
from datetime import datetime, timedelta

from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterEndTime
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from flows.lifecycle.deployments import Deployment
from flows.lifecycle.runs.ours import TAGGED, runs_of

KEPT_FOR = timedelta(days=90)
OWN_SERVER = "PRFLOW_OWN_PREFECT_SERVER"
# The most that a server gives at once, and how often it is asked: one night need not delete years.
PAGE = 200
MAX_PAGES = 25


def trim_history(now: datetime) -> int:
    """Delete the runs of prflow's deployments that ended more than 90 days ago; return how many."""
    if os.environ.get(OWN_SERVER):
        return 0
    deleted = 0
    with get_client(sync_client=True) as client:
        for _ in range(MAX_PAGES):
            runs = client.read_flow_runs(
                **runs_of(list(Deployment)),
                flow_run_filter=FlowRunFilter(end_time=FlowRunFilterEndTime(before_=now - KEPT_FOR), tags=TAGGED),
                sort=FlowRunSort.END_TIME_DESC,
                limit=PAGE,
            )
            for run in runs:
                try:
                    client.delete_flow_run(run.id)
                    deleted += 1
                except ObjectNotFound:  # another worker's maintenance was quicker
                    continue
            if len(runs) < PAGE:
                break
    return deleted
