"""The step that reads issues: the Prefect edge of `tasks/jira`."""

import asyncio

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from tasks.blocks import read_block
from tasks.clock import wall_clock
from tasks.jira.client import Jira
from tasks.jira.connect import NOT_SET, find_connection
from tasks.jira.settings import JiraSettings
from tasks.jira.sync import IssuesSummary, sync_issues
from tasks.retries import RETRIES
from warehouse.connection import Warehouse
from warehouse.errors import NotConfigured
from warehouse.progress import Run


@task(name="read-issues", task_run_name="read-issues/{run.team_id}", **RETRIES, cache_policy=NO_CACHE)
async def read_issues(run: Run, is_refetch: bool = False) -> IssuesSummary:
    """Link the team's pull requests to issues of Jira, and read those. What Jira refuses is in the summary's `error`.

    `is_refetch` asks for every issue, however many there are. Raises only what is wrong with this machine.
    """
    logger = get_run_logger()
    try:
        connection = await find_connection(JiraSettings(), run.team_id, read_block)
        jira = Jira(connection.settings, connection.token, wall_clock)
    except NotConfigured as error:
        logger.warning("%s: no issues are read. %s %s", run.team_id, error, error.hint)
        return IssuesSummary(error=None if str(error) == NOT_SET else error)
    with Warehouse() as warehouse, jira:
        found = await asyncio.to_thread(sync_issues, jira, warehouse, run.team_id, wall_clock(), is_refetch=is_refetch)
    if found.error is not None:
        logger.warning("%s: not all issues could be read. %s", run.team_id, found.error)
    logger.info(
        "%s: %d issues read and %d gone, for %d links of pull requests, with %d requests",
        *(run.team_id, found.issues_count, found.gone_count, found.links_count, found.requests),
    )
    return found
